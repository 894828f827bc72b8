internal import Glibc
internal import Logging
internal import Synchronization

/// Takes connections from one listening socket on one loop and serves each in a task of its own.
struct Acceptor: Sendable {
  let listener: ListeningSocket
  let loop: EventLoop
  let loops: [EventLoop]
  let server: LocalServer

  /// Accepts until the loop drains; returns when the last connection is over. Runs on the loop.
  func run() async {
    let socket = Socket(listener.descriptor, on: loop, isListener: true)
    await withDiscardingTaskGroup { connections in
      if loop.addListener(socket) {
        socket.isIdle = true
        var isShort = false
        while let accepted = await next(from: socket, isShort: &isShort) {
          start(accepted, in: &connections)
          if socket.isDueForOthers { await socket.letOthersRun() }
        }
      } else {
        log("cannot wait for connections: \(System.text(errno))")
      }
      socket.close()
      listener.releaseFromLoop()
    }
  }

  private struct Accepted {
    let descriptor: CInt
    let peer: Peer
  }

  /// The next connection; nil: a drain began.
  /// - Parameter isShort: Whether descriptors ran out and that was said. It counts as over when nobody waits any more.
  private func next(from socket: Socket, isShort: inout Bool) async -> Accepted? {
    while !loop.isDraining {
      var address = sockaddr_storage()
      switch socket.accept(from: &address) {
      case .done(let descriptor):
        return Accepted(descriptor: CInt(descriptor), peer: Peer(address, descriptor: CInt(descriptor)))
      case .wouldBlock:
        isShort = false
        _ = await socket.waitReadable(until: .never)
      case .failed(let code) where Self.isLackOfResources(code):
        // Without a descriptor the connection stays in the backlog and would be reported again at once.
        if !isShort { log("cannot accept connections for now: \(System.text(code)). Raise the limit (ulimit -n)") }
        isShort = true
        _ = await socket.pauseReading(until: loop.now.after(Self.shortagePause))
      case .failed:
        // The client gave up while it waited (ECONNABORTED and its kin): the next one may be fine.
        await loop.yieldTurn()
      }
    }
    return nil
  }

  private func log(_ trouble: String) {
    server.configuration.logger.error("\(trouble)", metadata: ["address": "\(listener.address)"])
  }

  private static let shortagePause = LoopTime.Span(.milliseconds(100))

  private static func isLackOfResources(_ code: CInt) -> Bool {
    code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
  }

  private func start(_ accepted: Accepted, in connections: inout DiscardingTaskGroup) {
    let isWelcome = Self.take(server.openConnections, upTo: server.configuration.connectionsMax)
    guard isWelcome || Self.take(server.turnedAway, upTo: Self.turnedAwayMax) else {
      close(accepted.descriptor)
      return
    }
    let target = leastBusyLoop()
    target.statistics.openConnections.add(1, ordering: .relaxed)
    target.statistics.acceptedConnections.add(1, ordering: .relaxed)
    let connection = Connection(accepted.descriptor, peer: accepted.peer, loop: target, server: server)
    connections.addTask(executorPreference: target) { await connection.serve(isWelcome: isWelcome) }
  }

  /// The kernel prefers the loop that waited last; a loop that is ahead of another hands the connection over.
  private func leastBusyLoop() -> EventLoop {
    var (best, fewest) = (loop, loop.statistics.openConnections.load(ordering: .relaxed))
    for other in loops {
      let count = other.statistics.openConnections.load(ordering: .relaxed)
      if count < fewest { (best, fewest) = (other, count) }
    }
    return best
  }

  /// Takes a place, if there is one.
  private static func take(_ places: borrowing Atomic<Int>, upTo limit: Int) -> Bool {
    guard places.add(1, ordering: .relaxed).newValue > limit else { return true }
    places.subtract(1, ordering: .relaxed)
    return false
  }

  /// How many connections beyond the limit are told so; more are closed without a word.
  private static let turnedAwayMax = 64
}
