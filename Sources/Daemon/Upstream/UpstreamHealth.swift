/// Whether upstream can be reached, as far as the last answers tell. A value: it changes synchronously and knows no clock.
public struct UpstreamHealth: Sendable {
  public enum State: Sendable, Equatable {
    case online
    /// One soft failure: reads with a copy are answered at once, the network is still tried.
    case suspect
    case offline
  }

  /// What went wrong, by how much it proves.
  public enum Failure: Sendable, Equatable {
    /// Refused, unreachable, no such name, TLS: one is enough. `cause` names the kind.
    case definite(cause: String)
    /// No answer in time, or 502/503/504. `silent`: nothing came back at all.
    case soft(cause: String, silent: Bool)
  }

  /// Two soft failures within this time mean offline.
  public static let softWindow = Duration.seconds(30)
  public static let silencesApart = Duration.seconds(1)
  public static let firstProbe = Duration.seconds(1)
  public static let probeMax = Duration.seconds(15)

  public private(set) var state = State.online
  /// Why the state is not online.
  public private(set) var cause: String?
  /// Since when it is not online.
  public private(set) var since: ContinuousClock.Instant?
  /// When the next probe is due; `nil` while online.
  public private(set) var nextProbe: ContinuousClock.Instant?
  /// A handshake proves the end of a definite outage only: a silent server still accepts connections.
  public private(set) var handshakeProves = false
  /// Nothing came back, twice and at different times: waiting long for the next answer would be waiting for nothing.
  public private(set) var isSilent = false

  /// How long all outages lasted that are over.
  public private(set) var pastOutages = Duration.zero

  private var lastSoftFailure: ContinuousClock.Instant?
  private var lastSilence: ContinuousClock.Instant?
  private var interval = UpstreamHealth.firstProbe

  public init() {}

  /// Whether reads with a copy are answered without waiting for upstream.
  public var prefersMirror: Bool { state != .online }

  /// Takes note of a failure.
  /// - Returns: whether the state changed.
  @discardableResult
  public mutating func failed(_ failure: Failure, at now: ContinuousClock.Instant) -> Bool {
    let before = state
    switch failure {
    case .definite(let cause):
      state = .offline
      (self.cause, handshakeProves, isSilent) = (cause, true, false)
    case .soft(let cause, let silent):
      let isSecond = lastSoftFailure.map { now - $0 <= Self.softWindow } ?? false
      lastSoftFailure = now
      if state != .offline { state = isSecond ? .offline : .suspect }
      (self.cause, handshakeProves, isSilent) = (cause, false, silent && isConfirmed(silenceAt: now))
    }
    if before == .online { since = now }
    if before != state || nextProbe == nil { restartProbes(at: now) }
    return before != state
  }

  /// Takes note of an answer: the first one means online.
  @discardableResult
  public mutating func succeeded(at now: ContinuousClock.Instant) -> Bool {
    guard state != .online else { return false }
    let outages = pastOutages + (since.map { now - $0 } ?? .zero)
    self = UpstreamHealth()
    pastOutages = outages
    return true
  }

  /// Whether a probe is due; when it is, the next one is put off by the doubled interval.
  public mutating func takeProbe(at now: ContinuousClock.Instant) -> Bool {
    guard let due = nextProbe, now >= due else { return false }
    nextProbe = now + interval
    interval = min(interval * 2, Self.probeMax)
    return true
  }

  /// The next probe is due at once, and a failure of it starts from the shortest interval again.
  public mutating func probeNow(at now: ContinuousClock.Instant) {
    guard state != .online else { return }
    (nextProbe, interval) = (now, Self.firstProbe)
  }

  /// Requests of one moment that all hang are one silence.
  private mutating func isConfirmed(silenceAt now: ContinuousClock.Instant) -> Bool {
    guard let earlier = lastSilence, now - earlier <= Self.softWindow else {
      lastSilence = now
      return false
    }
    return now - earlier >= Self.silencesApart
  }

  private mutating func restartProbes(at now: ContinuousClock.Instant) {
    interval = Self.firstProbe * 2
    nextProbe = now + Self.firstProbe
  }
}
