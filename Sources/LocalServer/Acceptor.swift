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
        var supply = Supply()
        while let accepted = await next(from: socket, &supply) {
          start(accepted, in: &connections)
          if socket.isDueForOthers { await socket.letOthersRun() }
        }
        takeLeftOvers(of: socket, in: &connections)
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

  /// What is known of the descriptors that are left.
  private struct Supply {
    var lastDescriptor: CInt = 0
    /// Whether they ran out and that was said. It counts as over when nobody waits any more.
    var isShort = false
  }

  /// The next connection; nil: a drain began.
  private func next(from socket: Socket, _ supply: inout Supply) async -> Accepted? {
    while !loop.isDraining {
      guard hasDescriptors(&supply) else {
        await waitForDescriptors(socket, &supply, "few descriptors are left")
        continue
      }
      var address = sockaddr_storage()
      switch socket.accept(from: &address) {
      case .done(let descriptor):
        supply.lastDescriptor = CInt(descriptor)
        return Accepted(descriptor: CInt(descriptor), peer: Peer(address, descriptor: CInt(descriptor)))
      case .wouldBlock:
        supply.isShort = false
        _ = await socket.waitReadable(until: .never)
      case .failed(let code) where Self.isLackOfResources(code):
        await waitForDescriptors(socket, &supply, System.text(code))
      case .failed:
        // The client gave up while it waited (ECONNABORTED and its kin): the next one may be fine.
        await loop.yieldTurn()
      }
    }
    return nil
  }

  /// Whether a further connection leaves the process the descriptors that it needs itself. Only where the last one was
  /// already high is the kernel asked: others may have become free.
  private func hasDescriptors(_ supply: inout Supply) -> Bool {
    let reserve = server.configuration.descriptorsReserved
    guard DescriptorLimit.isReserved(supply.lastDescriptor, reserve: reserve) else { return true }
    guard let free = DescriptorLimit.lowestFree(besides: listener.descriptor) else { return false }
    supply.lastDescriptor = free
    return !DescriptorLimit.isReserved(free, reserve: reserve)
  }

  /// The connection stays in the backlog and would be reported again at once.
  private func waitForDescriptors(_ socket: Socket, _ supply: inout Supply, _ trouble: String) async {
    if !supply.isShort { log("cannot accept connections for now: \(trouble). Raise the limit (ulimit -n)") }
    supply.isShort = true
    _ = await socket.pauseReading(until: loop.now.after(Self.shortagePause))
  }

  /// Serves the clients whose connection the kernel accepted before the drain: closing the listener would reset them, with
  /// their request on its way. Those of an inherited socket are for the next process.
  private func takeLeftOvers(of socket: Socket, in connections: inout DiscardingTaskGroup) {
    guard !listener.isInherited else { return }
    // New ones may keep coming until the listener is closed.
    for _ in 0..<server.configuration.listenBacklog {
      var address = sockaddr_storage()
      guard case .done(let descriptor) = socket.accept(from: &address) else { return }
      start(Accepted(descriptor: CInt(descriptor), peer: Peer(address, descriptor: CInt(descriptor))), in: &connections)
    }
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
