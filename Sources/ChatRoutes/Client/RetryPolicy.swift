/// When a failed call is made again, and after how long.
///
/// A call that may have taken effect is never repeated: it could be billed and recorded twice.
public struct RetryPolicy: Sendable, Hashable {
  /// How often a call is repeated at most.
  public var attempts: Int
  /// The pause before the first repetition; each further one is twice as long.
  public var firstDelay: Duration
  /// The longest pause. A server that asks for a longer one gets no repetition: the caller is told instead.
  public var delayMax: Duration

  /// The defaults are those of the official clients.
  public init(attempts: Int = 3, firstDelay: Duration = .seconds(1), delayMax: Duration = .seconds(60)) {
    self.attempts = attempts
    self.firstDelay = firstDelay
    self.delayMax = delayMax
  }

  /// The pause before repetition `number` (from 0) of a call.
  /// - Parameters:
  ///   - isSafe: whether the method promises to change nothing (GET, HEAD, OPTIONS).
  ///   - jitter: 0...1; spreads clients that failed together over half a delay.
  /// - Returns: nil: the call must not, or need not, be repeated.
  func delay(before number: Int, after error: ChatRoutesError, isSafe: Bool, jitter: Double) -> Duration? {
    guard number < attempts, Self.mayRepeat(after: error, isSafe: isSafe) else { return nil }
    let doubled = firstDelay * (number < 30 ? 1 << number : 1 << 30)
    let backOff = min(doubled, delayMax) * (0.75 + jitter / 2)
    guard let asked = error.retryAfter else { return backOff }
    return asked <= delayMax ? max(asked, backOff) : nil
  }

  private static func mayRepeat(after error: ChatRoutesError, isSafe: Bool) -> Bool {
    switch error.kind {
    // The server says that it did nothing.
    case .rateLimit: true
    case .server: isSafe
    case .network(let kind): kind.isPassing && (isSafe || !error.requestMayHaveTakenEffect)
    case .authentication, .validation, .notFound, .other: false
    }
  }
}

extension TransportError.Kind {
  /// Whether another try may fare better.
  fileprivate var isPassing: Bool {
    switch self {
    case .refused, .unreachable, .dns, .tls, .proxy, .connectTimeout, .headTimeout, .bodyIdle, .connectionLost,
      .exhausted:
      true
    case .cancelled, .badRequest, .requestBody, .badResponse: false
    }
  }
}
