internal import HTTPTypes
internal import WireFormats

/// One request and its answer: how far the body was read, what the client still waits for, what follows the answer.
///
/// It changes at once and says what to do; whoever asks does the I/O afterwards.
struct Exchange {
  /// Tells the requests of a connection apart: bodies and writers that outlive theirs are refused.
  let number: UInt64
  let toHead: Bool
  let version: HTTPVersion
  private let clientKeepsConnection: Bool
  private(set) var isOver = false
  private var headIsOut = false
  private var body: Body
  /// nil: chunked.
  private var unreadBytes: UInt64?

  private enum Body: Equatable {
    case untouched(clientWaits: Bool)
    case underWay
    case complete
    case broken(ConnectionError)
  }

  init(number: UInt64, head: RequestHead, framing: BodyFraming) {
    self.number = number
    toHead = head.hasMethod("HEAD")
    version = head.version
    clientKeepsConnection = head.keepsAlive
    switch framing {
    case .none, .length(0): (body, unreadBytes) = (.complete, 0)
    case .length(let length): (body, unreadBytes) = (.untouched(clientWaits: head.expectsContinue), length)
    case .chunked: (body, unreadBytes) = (.untouched(clientWaits: head.expectsContinue), nil)
    }
  }

  /// The exchange that answers bytes which were no request: the connection ends with it.
  /// - Parameter toHead: Whether what came of them begins a HEAD request.
  init(refusalNumber number: UInt64, toHead: Bool = false) {
    self.number = number
    self.toHead = toHead
    version = .http1_1
    clientKeepsConnection = false
    body = .complete
  }

  // MARK: The request's body

  enum BodyStep: Equatable {
    case read
    case sendContinueThenRead
    case complete
    case refuse(ConnectionError)
  }

  /// - Parameter bytesAreThere: The client did not wait: part of the body arrived already (RFC 9110 §10.1.1).
  mutating func bodyAsked(of number: UInt64, bytesAreThere: Bool) -> BodyStep {
    guard number == self.number, !isOver else { return .refuse(.requestOver) }
    switch body {
    case .complete: return .complete
    case .broken(let error): return .refuse(error)
    case .underWay: return .read
    case .untouched(let clientWaits):
      body = .underWay
      return clientWaits && !bytesAreThere && !headIsOut ? .sendContinueThenRead : .read
    }
  }

  mutating func bodyArrived(byteCount: Int) {
    body = .underWay
    if let unread = unreadBytes { unreadBytes = unread - UInt64(byteCount) }
  }

  mutating func bodyEnded() {
    body = .complete
    unreadBytes = 0
  }

  /// - Returns: The error, for the reader.
  mutating func bodyBroke(_ error: ConnectionError) -> ConnectionError {
    body = .broken(error)
    return error
  }

  // MARK: The answer

  /// Decides how the answer is sent, knowing what of the request is still to come.
  /// - Parameter serverKeepsConnection: Neither a drain nor a limit ends the connection here.
  /// - Parameter bytesAreThere: As for `bodyAsked`.
  /// - Parameter discardBytesMax: What may be read and thrown away for the sake of the connection.
  mutating func answerBegins(
    status: HTTPResponse.Status, bodyLength: Int64??, serverKeepsConnection: Bool, bytesAreThere: Bool,
    discardBytesMax: Int
  ) -> AnswerPlan {
    headIsOut = true
    return AnswerPlan(
      status: status, bodyLength: bodyLength, toHead: toHead, version: version,
      mayKeepConnection: clientKeepsConnection && serverKeepsConnection
        && canReachNextRequest(bytesAreThere: bytesAreThere, discardBytesMax: discardBytesMax))
  }

  /// A client that still waits for 100 may send the body or not: where its next request begins is unknown.
  private func canReachNextRequest(bytesAreThere: Bool, discardBytesMax: Int) -> Bool {
    switch body {
    case .complete: true
    case .broken: false
    case .untouched(clientWaits: true) where !bytesAreThere: false
    case .untouched, .underWay: unreadBytes.map { $0 <= UInt64(discardBytesMax) } ?? true
    }
  }

  enum Sequel: Equatable {
    case nextRequest
    case discardBody
    case close
  }

  mutating func answerEnded(_ plan: AnswerPlan) -> Sequel {
    isOver = true
    guard plan.keepsConnection else { return .close }
    switch body {
    case .complete: return .nextRequest
    case .broken: return .close
    case .untouched, .underWay: return .discardBody
    }
  }
}
