import NIOCore
import Synchronization

/// One attempt to send a request: what the caller and the connection that carries it must agree on.
final class Attempt: Sendable {
  /// The target to write, byte for byte.
  let target: String
  /// Whether the request goes without any body, as opposed to an empty one.
  let hasNoBody: Bool
  let headTimeout: TimeAmount
  let bodyIdleTimeout: TimeAmount
  /// Held until the response is over or nobody waits for it any more.
  private let place: Places.Place?

  private enum Progress { case waiting, written, abandoned }
  private struct State {
    var progress = Progress.waiting
    var isOnReusedConnection = false
    var hasAnswer = false
    var silence: TransportError.Kind?
  }
  private let state = Mutex(State())
  /// The body's pieces that are on their way to who iterates it, and who is asked before one joins them.
  private struct Queue {
    var bytes = 0
    var shortcut: TransportBody.Shortcut?
  }
  private let queue = Mutex(Queue())

  init(_ request: TransportRequest, on place: Places.Place? = nil) {
    self.place = place
    target = request.target
    hasNoBody = if case .none = request.body { true } else { false }
    headTimeout = TimeAmount(request.headTimeout)
    bodyIdleTimeout = TimeAmount(request.bodyIdleTimeout)
  }

  /// Asked by the connection before the first byte; false: the caller has given up, nothing may be written.
  func claim(onReusedConnection reused: Bool) -> Bool {
    state.withLock { state in
      guard state.progress == .waiting else { return false }
      state = State(progress: .written, isOnReusedConnection: reused)
      return true
    }
  }

  /// Gives up; true: nothing was written, and nothing will be. `claim` and `abandon` exclude each other, so that exactly
  /// one of "it was sent" and "it was not" is ever told.
  func abandon() -> Bool {
    state.withLock { state in
      if state.progress == .waiting { state.progress = .abandoned }
      return state.progress == .abandoned
    }
  }

  /// Told by the connection when the origin has begun to answer, be it half a head.
  func answerHasBegun() { state.withLock { $0.hasAnswer = true } }

  /// Told by the connection when it gives the origin up for its silence.
  func stopped(by silence: TransportError.Kind) { state.withLock { $0.silence = silence } }

  /// Told by the body when it has ended: its connection is free for others.
  func isOver() { place?.giveBack() }

  // MARK: The pieces of the body

  /// Asks this closure first, from now on.
  func offerPieces(to shortcut: @escaping TransportBody.Shortcut) { queue.withLock { $0.shortcut = shortcut } }

  /// Asked by the connection for each piece. Only what finds nothing before it may take the shortcut, or it would overtake;
  /// and as this is the only place where the queue grows, that holds until the shortcut returns.
  /// - Returns: Whether the piece is dealt with; false: it goes the usual way.
  func offer(_ piece: ByteBuffer) -> Bool {
    if let shortcut = queue.withLock({ $0.bytes == 0 ? $0.shortcut : nil }), shortcut(Array(piece.readableBytesView)) {
      return true
    }
    queue.withLock { $0.bytes += piece.readableBytes }
    return false
  }

  /// Told by who iterates the body when it comes back for more: what it had is dealt with.
  func dealtWith(_ byteCount: Int) { queue.withLock { $0.bytes -= byteCount } }

  /// What an error of AsyncHTTPClient means: a silence counts before the errors that closing the connection brings about.
  func failure(_ error: any Error) -> TransportError {
    let nothingWasWritten = abandon()
    let cause = state.withLock { $0.silence.map(ConnectionWatchError.init(kind:)) } ?? error
    return TransportError(classifying: cause, requestMayHaveTakenEffect: !nothingWasWritten)
  }

  /// Whether the request went out on a connection that had carried others before, and nothing at all came back.
  var metStaleConnection: Bool { state.withLock { $0.isOnReusedConnection && !$0.hasAnswer } }
}

/// The attempts under way, by the number that stands for them in ``fieldName``.
///
/// AsyncHTTPClient offers no way to hand anything to a connection except the request head, and derives the target from a
/// Foundation URL, which rewrites it. So a request leaves for `/` with a number in a private field, and `ConnectionWatch`
/// at the other end of AsyncHTTPClient takes the field out and puts the real target in.
final class Attempts: Sendable {
  static let fieldName = "chatroutes-attempt"

  private struct State {
    var attempts: [UInt64: Attempt] = [:]
    var lastNumber: UInt64 = 0
  }
  private let state = Mutex(State())

  func add(_ attempt: Attempt) -> UInt64 {
    state.withLock { state in
      state.lastNumber += 1
      state.attempts[state.lastNumber] = attempt
      return state.lastNumber
    }
  }

  func remove(_ number: UInt64) {
    state.withLock { _ = $0.attempts.removeValue(forKey: number) }
  }

  subscript(number: UInt64) -> Attempt? { state.withLock { $0.attempts[number] } }
}

extension TimeAmount {
  /// Saturates at 100 years: `Duration` reaches further than NIO's clock.
  init(_ duration: Duration) {
    let bounded = min(max(duration, .zero), .seconds(100 * 365 * 86_400))
    let (seconds, attoseconds) = bounded.components
    self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
