internal import Glibc
internal import Synchronization
public import WireFormats

/// An HTTP/1.1 server on local sockets: event loops that accept, read, have requests answered by one handler, and write.
///
/// Make it, `bind` or `adopt` sockets, then `run` once; `drain` ends the run.
public final class LocalServer: Sendable {
  public typealias Handler = @Sendable (Request) async throws -> Response
  /// Answers a request from memory, without waiting for anything, or leaves it to the handler (nil).
  public typealias ReadyHandler = @Sendable (RequestHead) -> ReadyAnswer?

  let configuration: ServerConfiguration
  let handler: Handler
  let readyHandler: ReadyHandler?
  let timeouts: Timeouts
  /// Connections that are served.
  let openConnections = Atomic<Int>(0)
  /// Connections that are only told that there is no room.
  let turnedAway = Atomic<Int>(0)
  private let state = Mutex(State())
  private let ended = Atomic<Bool>(false)

  private struct State {
    var loops: [EventLoop] = []
    var listeners: [ListeningSocket] = []
    var isRunning = false
    /// Set by a drain.
    var end: LoopTime?
  }

  /// - Parameter handler: Answers requests, on the event loop of their connection: it must not block. It is cancelled when
  ///   its client is reset or the drain's deadline passes, and may throw: the configuration says what is answered then.
  /// - Parameter ready: Asked before the handler about each request that has neither a body nor an `Expect` field: what
  ///   it answers costs no task switch. It runs on the event loop and must be quick.
  public init(
    configuration: ServerConfiguration, ready: ReadyHandler? = nil, handler: @escaping Handler
  ) {
    precondition(configuration.loops.map { $0 > 0 } ?? true, "a server needs at least one event loop")
    self.configuration = configuration
    readyHandler = ready
    self.handler = handler
    timeouts = Timeouts(configuration)
  }

  /// Opens listening sockets, all or none. From then on clients can connect; they are served once `run` is called.
  /// - Returns: The addresses with their real ports; `localhost` gives one for each loopback address.
  /// - Throws: An error that says which address cannot be had, why, and what to do.
  /// - Precondition: Not running yet.
  public func bind(_ addresses: [ListenAddress]) throws(ListenError) -> [ListenAddress] {
    var listeners: [ListeningSocket] = []
    for address in addresses {
      listeners += try ListeningSocket.open(address, backlog: configuration.listenBacklog)
    }
    try add(listeners)
    return listeners.map(\.address)
  }

  /// Serves a listening socket that another process opened, like systemd. The descriptor is closed when the run ends.
  /// - Precondition: Not running yet.
  public func adopt(descriptor: CInt) throws(ListenError) -> ListenAddress {
    let listener = try ListeningSocket.adopt(descriptor)
    try add([listener])
    return listener.address
  }

  /// Serves until drained; returns when every connection is over. Cancelling the task cuts everything at once.
  /// - Precondition: Called once.
  public func run() async {
    let (loops, listeners) = begin()
    for (index, loop) in loops.enumerated() { loop.start(name: "\(configuration.name)-loop-\(index)") }
    await withTaskCancellationHandler {
      await withDiscardingTaskGroup { group in
        for loop in loops {
          for listener in listeners {
            let acceptor = Acceptor(listener: listener, loop: loop, loops: loops, server: self)
            group.addTask(executorPreference: loop) { await acceptor.run() }
          }
        }
      }
    } onCancel: {
      drain(deadline: .zero)
    }
    ended.store(true, ordering: .relaxed)
    for loop in loops { loop.stop() }
  }

  /// Stops accepting, closes idle connections at once and the others after their current answer. Clients whose connection
  /// the kernel had already accepted on a socket of ours are served their first request. What is left at the deadline is cut and its handlers are cancelled. May be called from any thread, and again with a shorter deadline.
  public func drain(deadline: Duration) {
    let end = LoopTime.now().after(LoopTime.Span(deadline))
    let loops = state.withLock { state in
      state.end = end
      return state.loops
    }
    for loop in loops { loop.execute { $0.drain(until: end) } }
  }

  /// Counts since the server was made. Each is exact; they are not taken at one moment.
  public var statistics: ServerStatistics {
    var total = ServerStatistics()
    for loop in state.withLock({ $0.loops }) { loop.statistics.add(to: &total) }
    return total
  }

  /// The loops that prove that they turn.
  var loopsForPulse: [EventLoop] { state.withLock { $0.loops } }

  /// Whether the run is over: its loops turn no more.
  public var hasEnded: Bool { ended.load(ordering: .relaxed) }

  private func add(_ listeners: [ListeningSocket]) throws(ListenError) {
    try state.withLock { state throws(ListenError) in
      precondition(!state.isRunning, "a listening socket was added to a running server")
      while state.loops.count < (configuration.loops ?? Self.defaultLoops) {
        let loop = try EventLoop(shortestTimeout: timeouts.shortest)
        if let end = state.end { loop.execute { $0.drain(until: end) } }
        state.loops.append(loop)
      }
      state.listeners += listeners
    }
  }

  /// Hands the listeners over to the loops: from here on the last loop to leave one closes it.
  private func begin() -> ([EventLoop], [ListeningSocket]) {
    state.withLock { state in
      precondition(!state.isRunning, "a server was run twice")
      state.isRunning = true
      for listener in state.listeners {
        for _ in state.loops { listener.retainForLoop() }
      }
      defer { state.listeners = [] }
      return (state.loops, state.listeners)
    }
  }

  /// Half as many as there are active cores, from 1 to 4: see `ServerConfiguration.loops`.
  public static var defaultLoops: Int { min(max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)) / 2), 4) }
}
