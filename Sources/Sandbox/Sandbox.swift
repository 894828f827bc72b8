import Foundation
public import LocalServer
import Synchronization
import WireFormats

/// A ChatRoutes API of one's own: stateful, in memory, on local sockets, with faults on request.
///
/// Make it, `bind`, then `run` once; `drain` ends the run. The API is below `/api/v1`. Requests may carry
/// `X-Sandbox-Fault: status=503 | hang | cut | cut-after=N | slow=MS | garbage | refuse[=MS]`. Outside the API there are
/// `GET /sandbox/healthz`, `GET` and `DELETE /sandbox/log` (what was received: methods, targets, counts), and `POST` and
/// `DELETE /sandbox/faults` (`{"path"?, "method"?, "fault", "times"?}`: faults for requests to come).
public final class Sandbox: Sendable {
  /// The API key that is accepted by default. It opens nothing but sandboxes.
  public static let demoKey = "cr_prod_sk_" + String(repeating: "5a9dbc01", count: 8)

  let configuration: SandboxConfiguration
  let world: Mutex<World>
  private let listening = Mutex(Listening())

  private struct Listening {
    var server: LocalServer?
    /// With their real ports, so that an outage ends where it began.
    var addresses: [ListenAddress] = []
    var outage: Duration?
    var pause: Task<Void, Never>?
    var isDraining = false
  }

  public init(configuration: SandboxConfiguration = SandboxConfiguration()) {
    self.configuration = configuration
    world = Mutex(World(configuration: configuration, now: Self.now(configuration)))
  }

  /// Opens the configured listening sockets.
  /// - Returns: The addresses with their real ports.
  /// - Throws: `ListenError`, which says which address cannot be had and why.
  public func bind() throws -> [ListenAddress] {
    let server = makeServer()
    let addresses = try server.bind(configuration.listen)
    listening.withLock {
      $0.server = server
      $0.addresses = addresses
    }
    return addresses
  }

  /// Serves until drained, through outages that a `refuse` fault makes. Cancelling the task cuts everything at once.
  /// - Precondition: `bind` succeeded.
  public func run() async {
    while let server = listening.withLock({ $0.server }) {
      await server.run()
      guard await waitForEndOfOutage() else { return }
    }
  }

  /// Stops accepting and lets requests finish until the deadline.
  public func drain(deadline: Duration) {
    let server = listening.withLock { listening in
      listening.isDraining = true
      listening.pause?.cancel()
      return listening.server
    }
    server?.drain(deadline: deadline)
  }

  /// API requests received so far, known endpoints or not, faults included; `/sandbox/…` does not count.
  public var callCount: Int { world.withLock { $0.log.total } }

  /// Requests received so far for one endpoint, faults included.
  public func callCount(of endpoint: Endpoint) -> Int { world.withLock { $0.log.byEndpoint[endpoint] ?? 0 } }

  /// Requests received so far, by endpoint.
  public var callCounts: [Endpoint: Int] { world.withLock { $0.log.byEndpoint } }

  // MARK: Outages

  /// Cuts every connection and refuses new ones for a while, then listens on the same addresses again.
  public func refuseConnections(for outage: Duration) {
    let server = listening.withLock { listening -> LocalServer? in
      guard !listening.isDraining, listening.outage == nil else { return nil }
      listening.outage = outage
      return listening.server
    }
    server?.drain(deadline: .zero)
  }

  /// - Returns: Whether there was an outage that is over; false: the run ends.
  private func waitForEndOfOutage() async -> Bool {
    guard let outage = listening.withLock({ $0.outage }) else { return false }
    await pause(for: outage)
    while !Task.isCancelled, !listening.withLock({ $0.isDraining }) {
      if reopen() { return true }
      await pause(for: .milliseconds(100))  // somebody else took the address: the outage lasts until they give it back
    }
    return false
  }

  private func pause(for duration: Duration) async {
    // A drain or a cancelled run ends the pause early, which is all that a failed sleep means.
    let pause = Task { _ = try? await Task.sleep(for: duration) }
    let isDraining = listening.withLock {
      $0.pause = pause
      return $0.isDraining
    }
    if isDraining { pause.cancel() }
    await withTaskCancellationHandler {
      await pause.value
    } onCancel: {
      pause.cancel()
    }
  }

  private func reopen() -> Bool {
    let server = makeServer()
    let addresses = listening.withLock { $0.addresses }
    guard (try? server.bind(addresses)) != nil else { return false }  // the caller tries again
    return listening.withLock {
      $0.server = server
      $0.outage = nil
      return !$0.isDraining
    }
  }

  // MARK: Serving

  private func makeServer() -> LocalServer {
    var settings = ServerConfiguration()
    settings.limits.bodyBytesMax = UInt64(configuration.bodyBytesMax)
    settings.serverFailure = { failure in
      Response(Problem.status(failure.status, message: failure.message).reply)
    }
    return LocalServer(configuration: settings) { [self] request in try await answer(request) }
  }

  var now: Timestamp { Self.now(configuration) }

  private static func now(_ configuration: SandboxConfiguration) -> Timestamp {
    Timestamp(milliseconds: configuration.fixedTime ?? Int64(Date().timeIntervalSince1970 * 1_000))
  }
}
