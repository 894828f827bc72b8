public import ChatRoutes
internal import Foundation
internal import HTTPTypes
internal import Logging
internal import Synchronization

/// The way to the API: sends requests through the SDK core's transport and keeps account of how that goes.
public final class Upstream: Sendable {
  public let origin: String
  let health = Mutex(UpstreamHealth())
  private let transport: any Transport
  private let limits: UpstreamLimits
  private let counters = UpstreamCounters()
  let tally = UpstreamTally()
  private let logger: Logger
  private let clock = ContinuousClock()
  private let mode: CurrentMode
  /// Kept when there is a reason to look at once whether a probe is due, so that probing need not poll.
  private let nudge = Mutex(Promise<Void>())

  init(origin: String, transport: any Transport, limits: UpstreamLimits, mode: CurrentMode, logger: Logger) {
    (self.origin, self.transport, self.limits, self.mode, self.logger) = (origin, transport, limits, mode, logger)
  }

  /// The state of upstream now.
  public var currentHealth: UpstreamHealth { health.withLock { $0 } }
  public var counts: UpstreamCounts { counters.snapshot }

  /// How long a caller should wait for an answer; `nil`: as long as it takes. The request itself goes on: upstream may be
  /// slow rather than silent, and the answer is then paid for.
  var patience: Duration? {
    health.withLock { $0.state == .offline && $0.isSilent ? limits.knownOutage : nil }
  }

  /// Sends a request and judges the outcome for offline detection.
  /// - Parameters:
  ///   - request: its time-outs are set here.
  ///   - endpoint: what kind of call it is.
  ///   - isBrief: give up when the caller's patience ends, for requests that nobody would go on waiting for.
  public func send(
    _ request: TransportRequest, as endpoint: Endpoint, isBrief: Bool = false
  ) async throws(TransportError) -> TransportResponse {
    var request = request
    let isOut = currentHealth.state == .offline
    request.connectTimeout = isOut ? min(limits.knownOutage, limits.connect) : limits.connect
    request.headTimeout = isBrief ? min(patience ?? limits.head, limits.head) : limits.head
    request.bodyIdleTimeout = limits.bodyIdle
    // The one way out: whoever decided to ask upstream before the mode changed ends here.
    guard mode.current != .offline else { throw .offlineMode }
    counters.calls.add(1, ordering: .relaxed)
    let start = clock.now
    let response: TransportResponse
    do throws(TransportError) { response = try await transport.send(request) } catch {
      tally.add(endpoint, outcome: "\(error.kind)", after: clock.now - start)
      note(error)
      throw error
    }
    tally.add(endpoint, outcome: String(response.status), after: clock.now - start)
    note(status: response.status)
    // Nothing here asks for an upgrade (RFC 9110 §15.2.2), and no client can be handed one.
    guard response.status >= 200 else {
      let error = TransportError(.badResponse, requestMayHaveTakenEffect: true)
      note(error)
      throw error
    }
    return response
  }

  /// A read took longer than the soft deadline.
  func noteSlowRead() {
    record(.soft(cause: "no answer within the soft deadline", silent: true))
  }

  /// Whether reads with a copy are answered without asking upstream.
  var prefersMirror: Bool { health.withLock { $0.prefersMirror } }

  /// How long upstream has been out; `nil`: it is not.
  var outage: Duration? {
    let now = clock.now
    return health.withLock { $0.since.map { now - $0 } }
  }

  /// For how long upstream was not online since the daemon started, a present outage included.
  var outageTotal: Duration {
    let now = clock.now
    return health.withLock { $0.pastOutages + ($0.since.map { now - $0 } ?? .zero) }
  }

  /// Whether the next read of the mirror should also send a fetch.
  var probeByFetchIsDue: Bool {
    let now = clock.now
    return health.withLock { !$0.handshakeProves && ($0.nextProbe.map { now >= $0 } ?? false) }
  }

  /// Whether the fetch behind a read that the mirror just answered should go out as a probe.
  func takeProbeByFetch() -> Bool {
    let now = clock.now
    return health.withLock { !$0.handshakeProves && $0.takeProbe(at: now) }
  }

  /// Runs until cancelled: after a definite failure, TCP and TLS handshakes tell when upstream is back.
  public func probeWhileOffline() async {
    while !Task.isCancelled {
      // Taken before the look at the state: a change that comes after it ends the wait.
      let nudge = nudge.withLock { $0 }
      if let wait = waitForHandshake() {
        if wait > .zero, await nudge.value(within: wait) != nil { continue }
      } else {
        _ = await nudge.value()
        continue
      }
      let now = clock.now
      guard health.withLock({ $0.handshakeProves && $0.takeProbe(at: now) }) else { continue }
      await probeOnce()
    }
  }

  /// `nil`: there is no handshake to wait for.
  private func waitForHandshake() -> Duration? {
    guard mode.current != .offline else { return nil }
    let now = clock.now
    return health.withLock { health in
      guard health.handshakeProves, let due = health.nextProbe else { return nil }
      return max(due - now, .zero)
    }
  }

  /// Something may have changed: the network came up, or the mode lets requests out again. Whatever probe comes next is due
  /// at once.
  func lookAgain() {
    let now = clock.now
    health.withLock { $0.probeNow(at: now) }
    wakeProbes()
  }

  private func wakeProbes() {
    let waiting = nudge.withLock { nudge in
      defer { nudge = Promise() }
      return nudge
    }
    waiting.keep(())
  }

  private func probeOnce() async {
    counters.probes.add(1, ordering: .relaxed)
    do throws(TransportError) {
      try await transport.probe(timeout: limits.knownOutage)
      succeed(by: "handshake")
    } catch {
      logger.debug("upstream still unreachable", metadata: ["cause": "\(error.kind)"])
    }
  }

  private func note(status: Int) {
    if [502, 503, 504].contains(status) {
      counters.failures.add(1, ordering: .relaxed)
      record(.soft(cause: "upstream answered \(status)", silent: false))
    } else {
      succeed(by: "answer")
    }
  }

  private func note(_ error: TransportError) {
    counters.failures.add(1, ordering: .relaxed)
    if error.isDefiniteOutage {
      record(.definite(cause: "\(error.kind)"))
    } else if ![.cancelled, .badRequest, .requestBody, .exhausted].contains(error.kind) {
      let silent = [.headTimeout, .connectTimeout].contains(error.kind)
      record(.soft(cause: "\(error.kind)", silent: silent))
    }
  }

  private func record(_ failure: UpstreamHealth.Failure) {
    let now = clock.now
    let (changed, health) = health.withLock { health in (health.failed(failure, at: now), health) }
    if health.handshakeProves { wakeProbes() }
    guard changed else { return }
    logger.warning("upstream is \(health.state)", metadata: ["cause": "\(health.cause ?? "")"])
  }

  private func succeed(by proof: String) {
    let now = clock.now
    if health.withLock({ $0.succeeded(at: now) }) {
      logger.notice("upstream is online again", metadata: ["proof": "\(proof)"])
    }
  }
}

/// Bounds of one upstream call.
public struct UpstreamLimits: Sendable {
  public var connect: Duration
  /// Until the response head: a model may think long before its first byte.
  public var head: Duration
  public var bodyIdle: Duration
  /// Bound for connecting, and for a caller's wait on a silent server, while upstream is known to be out: callers were promised an answer
  /// within 2 s, and the rest of the way needs some of it.
  public var knownOutage = Duration.milliseconds(1700)

  public init(connect: Duration, head: Duration, bodyIdle: Duration) {
    (self.connect, self.head, self.bodyIdle) = (connect, head, bodyIdle)
  }
}

/// How often upstream was asked, and how often that failed.
public struct UpstreamCounts: Sendable, Equatable {
  public var calls: UInt64
  public var failures: UInt64
  public var probes: UInt64
}

private final class UpstreamCounters: Sendable {
  let calls = Atomic<UInt64>(0)
  let failures = Atomic<UInt64>(0)
  let probes = Atomic<UInt64>(0)

  var snapshot: UpstreamCounts {
    UpstreamCounts(
      calls: calls.load(ordering: .relaxed), failures: failures.load(ordering: .relaxed),
      probes: probes.load(ordering: .relaxed))
  }
}

extension TransportError {
  /// `offline` mode: nothing was dialled.
  fileprivate static let offlineMode = TransportError(
    .cancelled, "the daemon is in offline mode", requestMayHaveTakenEffect: false)
}
