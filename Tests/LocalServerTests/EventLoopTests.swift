import Glibc
import Testing

@testable import LocalServer

@Suite(.timeLimit(.minutes(1)))
struct EventLoopTests {
  @Test func tasksRunOnTheLoopAndComeBackToIt() async throws {
    try await withLoop { _ in
      #expect(threadName() == "loop")
      await Task.detached {}.value
      #expect(threadName() == "loop")
      let childName = await withTaskGroup(of: String.self) { group in
        group.addTask { threadName() }
        return await group.next()
      }
      #expect(childName == "loop")
    }
  }

  /// What waits already is served in the first turn, as with an inherited socket.
  @Test func firstTurnKnowsTheTime() async throws {
    let loop = try newLoop()
    let made = LoopTime.now()
    let seen = await withUnsafeContinuation { (seen: UnsafeContinuation<(date: [UInt8], now: LoopTime), Never>) in
      loop.execute { seen.resume(returning: ($0.dateLine, $0.now)) }
      loop.start(name: "loop")
    }
    loop.stop()
    #expect(seen.date.starts(with: "Date: ".utf8))
    #expect(seen.now >= made)
  }

  @Test func tasksTakeTurns() async throws {
    try await withLoop { loop in
      let order = await withTaskGroup(of: Void.self, returning: [Int].self) { group in
        let log = Log()
        for number in 1...3 {
          group.addTask {
            for _ in 1...2 {
              log.numbers.append(number)
              await loop.yieldTurn()
            }
          }
        }
        await group.waitForAll()
        return log.numbers
      }
      #expect(order.prefix(3).sorted() == [1, 2, 3] && order.suffix(3).sorted() == [1, 2, 3])
    }
  }

  @Test func jobsAfterTheEndRunElsewhere() async throws {
    let loop = try newLoop()
    loop.start(name: "loop")
    await withTaskExecutorPreference(loop) { #expect(threadName() == "loop") }
    loop.stop()
    // Whichever side of the end each of these meets, it runs.
    for _ in 1...200 { await withTaskExecutorPreference(loop) { await Task.yield() } }
  }

  @Test func waitEndsWhenBytesCome() async throws {
    try await withSocket { socket, peer in
      guard case .wouldBlock = socket.receive() else {
        Issue.record("bytes from nowhere")
        return
      }
      async let wake = socket.waitReadable(until: .never)
      await socket.loop.yieldTurn()
      #expect(send(peer, "hi", 2, 0) == 2)
      #expect(await wake == .ready)
      guard case .bytes(let bytes) = socket.receive() else {
        Issue.record("no bytes")
        return
      }
      #expect(bytes.elementsEqual("hi".utf8))
    }
  }

  @Test func waitEndsAtItsDeadline() async throws {
    try await withSocket { socket, _ in
      _ = socket.receive()
      let deadline = LoopTime.now().after(LoopTime.Span(.milliseconds(20)))
      #expect(await socket.waitReadable(until: deadline) == .timedOut)
      #expect(LoopTime.now() >= deadline)
    }
  }

  @Test func deadlineOfAnEarlierWaitIsForgotten() async throws {
    try await withSocket { socket, peer in
      _ = socket.receive()
      let first = LoopTime.now().after(LoopTime.Span(.seconds(100)))
      async let earlier = socket.waitReadable(until: first)
      await socket.loop.yieldTurn()
      #expect(send(peer, "x", 1, 0) == 1)
      #expect(await earlier == .ready)
      _ = socket.receive()

      let second = first.after(LoopTime.Span(.seconds(100)))
      async let later = socket.waitReadable(until: second)
      await socket.loop.yieldTurn()
      #expect(socket.expire(at: first) == second)
      _ = socket.expire(at: second)
      #expect(await later == .timedOut)
    }
  }

  @Test func cutEndsAllWaitsAndRefusesNewOnes() async throws {
    try await withSocket { socket, _ in
      _ = socket.receive()
      async let reader = socket.waitReadable(until: .never)
      async let writer: ConnectionError? = {
        socket.append { $0.append(contentsOf: [UInt8](repeating: 0, count: 4 << 20)) }
        do throws(ConnectionError) {
          try await socket.flush(stall: LoopTime.Span(.seconds(3600)))
          return nil
        } catch {
          return error
        }
      }()
      for _ in 1...3 { await socket.loop.yieldTurn() }
      socket.cut()
      socket.cut()
      #expect(await reader == .cut)
      #expect(await writer == .clientGone)
      #expect(await socket.waitReadable(until: .never) == .cut)
    }
  }

  @Test func closeEndsAWaitingReader() async throws {
    try await withSocket { socket, _ in
      _ = socket.receive()
      async let reader = socket.waitReadable(until: .never)
      await socket.loop.yieldTurn()
      socket.close()
      #expect(await reader == .cut)
    }
  }

  @Test func queuedBytesLeaveWhenTheTaskWaits() async throws {
    try await withSocket { socket, peer in
      socket.append { $0.append(contentsOf: Array("later".utf8)) }
      socket.flushLater()
      var buffer = [UInt8](repeating: 0, count: 10)
      #expect(recv(peer, &buffer, buffer.count, CInt(MSG_DONTWAIT)) == -1)
      await Task.detached {}.value
      while recv(peer, &buffer, buffer.count, CInt(MSG_DONTWAIT)) != 5 { await socket.loop.yieldTurn() }
      #expect(buffer.prefix(5).elementsEqual("later".utf8))
    }
  }

  @Test func queuedBytesFollowWhenAFullSocketDrains() async throws {
    try await withSocket { socket, peer in
      let size = 4 << 20
      socket.append { $0.append(contentsOf: [UInt8](repeating: 1, count: size)) }
      socket.flushLater()
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      var received = 0
      while received < size {
        let count = recv(peer, &buffer, buffer.count, CInt(MSG_DONTWAIT))
        if count > 0 { received += count }
        await socket.loop.yieldTurn()
      }
      #expect(received == size)
    }
  }

  /// A drain may come in the very turn in which an answer was given at once.
  @Test func queuedBytesLeaveBeforeADrainCutsTheirSocket() async throws {
    try await withSocket { socket, peer in
      socket.socket.isIdle = true
      socket.append { $0.append(contentsOf: Array("answer".utf8)) }
      socket.flushLater()
      socket.loop.drain(until: .never)
      #expect(socket.isCut)
      var buffer = [UInt8](repeating: 0, count: 10)
      #expect(recv(peer, &buffer, buffer.count, CInt(MSG_DONTWAIT)) == 6)
      #expect(recv(peer, &buffer, buffer.count, CInt(MSG_DONTWAIT)) == 0)
    }
  }

  @Test func drainLeavesASocketWhoseAnswerIsStuckToItsTask() async throws {
    try await withSocket { socket, peer in
      socket.socket.isIdle = true
      _ = socket.receive()  // nothing is there: the next look has to wait
      async let reader = socket.waitForOffer()
      await socket.loop.yieldTurn()
      socket.append { $0.append(contentsOf: [UInt8](repeating: 1, count: 4 << 20)) }
      socket.flushLater()
      socket.loop.drain(until: .never)
      #expect(!socket.isCut)
      #expect(await reader == .ready, "whoever waits for requests has to send the rest")
    }
  }

  @Test func lateEventsFindNoSocket() throws {
    let loop = try newLoop()
    var table = SocketTable()
    let first = Socket(-1, on: loop)
    first.token = table.insert(first)
    table.remove(first.token)
    let second = Socket(-1, on: loop)
    second.token = table.insert(second)
    #expect(table[first.token] == nil)
    #expect(table[second.token] === second)
    #expect(table[UInt64.max] == nil)
  }

  /// Touched on one loop only.
  private final class Log: @unchecked Sendable {
    // @unchecked: all tasks that use it run on the same loop.
    var numbers: [Int] = []
  }

  private func newLoop() throws -> EventLoop {
    try EventLoop(shortestTimeout: LoopTime.Span(.milliseconds(80)))
  }

  private func withLoop(_ body: (EventLoop) async throws -> Void) async throws {
    let loop = try newLoop()
    loop.start(name: "loop")
    defer { loop.stop() }
    try await withTaskExecutorPreference(loop) { try await body(loop) }
  }

  private func withSocket(_ body: (OnLoop, CInt) async throws -> Void) async throws {
    try await withLoop { loop in
      let (descriptor, peer) = try socketPair()
      defer { close(peer) }
      let socket = OnLoop(Socket(descriptor, on: loop))
      #expect(loop.add(socket.socket))
      try await body(socket, peer)
      socket.close()
    }
  }

  /// Lets child tasks of the same loop share a socket.
  @dynamicMemberLookup
  private struct OnLoop: @unchecked Sendable {
    // @unchecked: all tasks that use it run on the socket's loop.
    let socket: Socket

    init(_ socket: Socket) { self.socket = socket }

    subscript<Value>(dynamicMember path: KeyPath<Socket, Value>) -> Value { socket[keyPath: path] }
    func receive() -> Socket.Arrival { socket.receive() }
    func waitReadable(until deadline: LoopTime) async -> Socket.Wake { await socket.waitReadable(until: deadline) }
    func waitForOffer() async -> Socket.Wake { await socket.waitReadable(until: .never, offeringFirst: true) }
    func expire(at now: LoopTime) -> LoopTime { socket.expire(at: now) }
    func append(_ body: (inout [UInt8]) -> Void) { socket.append(body) }
    func flush(stall: LoopTime.Span) async throws(ConnectionError) { try await socket.flush(stall: stall) }
    func flushLater() { socket.flushLater() }
    func cut() { socket.cut() }
    func close() { if socket.descriptor >= 0 { socket.close() } }
  }
}
