import Glibc
import Testing

@testable import Daemon
@testable import LocalServer

@Suite struct RelayPipeTests {
  private func nextEvents(_ pipe: RelayPipe, hold: Duration = .seconds(60)) async throws
    -> String?
  {
    try await pipe.nextEvents(hold: hold, bytesMax: 64).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func bytesComeOutInOrderAndThenTheEnd() async throws {
    let pipe = RelayPipe()
    _ = await pipe.push(Array("ab".utf8))
    _ = await pipe.push(Array("cd".utf8))
    pipe.finish()
    #expect(try await pipe.next() == Array("abcd".utf8))
    #expect(try await pipe.next() == nil)
  }

  @Test func aFailureComesAfterTheBytesBeforeIt() async throws {
    struct Broken: Error {}
    let pipe = RelayPipe()
    _ = await pipe.push([1])
    pipe.finish(failure: Broken())
    #expect(try await pipe.next() == [1])
    await #expect(throws: Broken.self) { try await pipe.next() }
  }

  @Test func aFullPipeHoldsTheProducerUntilThereIsRoom() async throws {
    let pipe = RelayPipe()
    let full = [UInt8](repeating: 7, count: RelayPipe.capacity)
    _ = await pipe.push(full)
    let producer = Task { await pipe.push([8]) }
    #expect(try await pipe.next() == full)
    #expect(await producer.value)
    #expect(try await pipe.next() == [8])
  }

  @Test func aConsumerThatLeavesFreesTheProducer() async {
    let pipe = RelayPipe()
    _ = await pipe.push([UInt8](repeating: 7, count: RelayPipe.capacity))
    let producer = Task { await pipe.push([8]) }
    pipe.abandon()
    #expect(await producer.value == false)
    #expect(await pipe.push([9]) == false)
  }

  @Test func aWholeEventGoesAtOnceAndAPartIsHeld() async throws {
    let pipe = RelayPipe()
    _ = await pipe.push(Array("data: 1\n\ndata: 2".utf8))
    #expect(try await nextEvents(pipe) == "data: 1\n\n")
    _ = await pipe.push(Array("\n\n".utf8))
    #expect(try await nextEvents(pipe) == "data: 2\n\n")
  }

  @Test func aPartIsHeldOnlySoLong() async throws {
    let pipe = RelayPipe()
    _ = await pipe.push(Array("data: 1".utf8))
    #expect(try await nextEvents(pipe, hold: .milliseconds(1)) == "data: 1")
    _ = await pipe.push(Array("\n\n".utf8))
    #expect(try await nextEvents(pipe) == "\n\n")
  }

  /// Bytes that keep dribbling in do not put the release off.
  @Test func newBytesDoNotStartTheHoldAnew() async throws {
    let pipe = RelayPipe()
    let dribble = Task {
      while await pipe.push([UInt8(ascii: "x")]) { try? await Task.sleep(for: .milliseconds(1)) }
    }
    let released = try await pipe.nextEvents(hold: .milliseconds(20), bytesMax: 1 << 20)
    #expect((released?.count ?? 0) < 1000)
    pipe.abandon()
    await dribble.value
  }

  @Test func aConsumerThatSaysNothingIsGivenUp() async {
    let pipe = RelayPipe(consumerSilenceMax: .milliseconds(1))
    _ = await pipe.push([UInt8](repeating: 7, count: RelayPipe.capacity))
    #expect(await pipe.push([8]) == false)
    #expect(pipe.isAbandoned)
  }

  @Test func aCancelledProducerDoesNotWaitForRoom() async {
    let pipe = RelayPipe()
    _ = await pipe.push([UInt8](repeating: 7, count: RelayPipe.capacity))
    let producer = Task { await pipe.push([8]) }
    producer.cancel()
    #expect(await producer.value == false)
  }

  @Test func aPartIsHeldOnlyUpToSoManyBytes() async throws {
    let pipe = RelayPipe()
    let long = "data: " + String(repeating: "x", count: 80)
    _ = await pipe.push(Array(long.utf8))
    #expect(try await nextEvents(pipe) == long)
  }

  @Test func theEndLetsAPartGo() async throws {
    let pipe = RelayPipe()
    _ = await pipe.push(Array("data: 1\n\ndata: 2".utf8))
    pipe.finish()
    #expect(try await nextEvents(pipe) == "data: 1\n\n")
    #expect(try await nextEvents(pipe) == "data: 2")
    #expect(try await nextEvents(pipe) == nil)
  }

  /// However the bytes come in, they come out the same, and every write but the last ends with an event.
  @Test(arguments: 1...12)
  func cutsNeverChangeTheBytes(piece: Int) async throws {
    let text = "data: one\r\n\r\ndata: two\n\n: ping\n\ndata: drei ü\r\rdata: x\n\n"
    let pipe = RelayPipe()
    let bytes = Array(text.utf8)
    let producer = Task {
      for start in stride(from: 0, to: bytes.count, by: piece) {
        _ = await pipe.push(Array(bytes[start..<min(start + piece, bytes.count)]))
      }
      pipe.finish()
    }
    var out: [UInt8] = []
    while let events = try await pipe.nextEvents(hold: .seconds(60), bytesMax: 1024) { out += events }
    await producer.value
    #expect(out == bytes)
  }

  // MARK: The way past the buffer

  private static let event = Array("data: 1\n\n".utf8)

  @Test func wholeEventsGoStraightToTheClientWhileTheWayIsOpen() throws {
    let (pipe, socket) = (RelayPipe(), SocketPair())
    #expect(!pipe.deliver(Self.event))
    pipe.lend(socket.writer)
    #expect(pipe.deliver(Self.event) && pipe.deliver(Self.event + Self.event))
    pipe.lend(nil)
    #expect(!pipe.deliver(Self.event))
    #expect(socket.received() == Self.event + Self.event + Self.event)
  }

  @Test func nothingIsDeliveredPastTheBuffer() async throws {
    let (pipe, socket) = (RelayPipe(), SocketPair())
    _ = await pipe.push(Array("data: 0\n\n".utf8))
    pipe.lend(socket.writer)
    #expect(!pipe.deliver(Self.event))
    #expect(try await nextEvents(pipe) == "data: 0\n\n")
    #expect(pipe.deliver(Self.event))
  }

  /// What ends in the middle of an event is held by the consumer, together with what came before and after.
  @Test func partsAreNotDelivered() async throws {
    let (pipe, socket) = (RelayPipe(), SocketPair())
    pipe.lend(socket.writer)
    for part in ["data", "data: 1\n", "data: 1\n\ndata: 2", "\r\n\r"] {
      #expect(!pipe.deliver(Array(part.utf8)))
    }
    #expect(socket.received().isEmpty)
    _ = await pipe.push(Array("data: 1\n".utf8))
    let rest = Task { await pipe.push(Array("\n".utf8)) }
    #expect(try await nextEvents(pipe) == "data: 1\n\n")
    #expect(await rest.value)
    // The state of the line ends went along: a lone LF now ends nothing but itself.
    #expect(pipe.deliver(Array("\n".utf8)))
  }

  @Test func nothingIsDeliveredAfterTheEnd() {
    for end in [{ $0.finish() }, { $0.abandon() }] as [(RelayPipe) -> Void] {
      let (pipe, socket) = (RelayPipe(), SocketPair())
      pipe.lend(socket.writer)
      end(pipe)
      #expect(!pipe.deliver(Self.event))
      pipe.lend(socket.writer)
      #expect(!pipe.deliver(Self.event))
      #expect(socket.received().isEmpty)
    }
  }

  /// A client that takes no more closes the way and wakes the consumer; what was taken is not offered again.
  @Test func aFullSocketEndsTheLoan() async {
    let (pipe, socket) = (RelayPipe(), SocketPair())
    pipe.lend(socket.writer)
    var count = 0
    while pipe.isLent, count < 1_000_000, pipe.deliver(Self.event) { count += 1 }
    #expect(!pipe.isLent && count < 1_000_000)
    #expect(!pipe.deliver(Self.event))
    let rest = socket.writer.close()
    #expect(!rest.isEmpty)
    #expect(socket.received().count + rest.count == count * Self.event.count)
  }
}

/// Two sockets that do not block, one for a writer and one to read what came.
private final class SocketPair {
  private let descriptors: [CInt]
  let writer: DirectWriter

  init() {
    var descriptors: [CInt] = [0, 0]
    precondition(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &descriptors) == 0)
    self.descriptors = descriptors
    writer = DirectWriter(descriptors[0], isChunked: false)
  }

  deinit { for descriptor in descriptors { close(descriptor) } }

  func received() -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = recv(descriptors[1], &buffer, buffer.count, 0), count > 0 { bytes += buffer[..<count] }
    return bytes
  }
}
