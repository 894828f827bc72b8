internal import HTTPTypes
public import WireFormats

/// Why the server itself has to answer, instead of the handler.
public struct ServerFailure: Sendable {
  public enum Reason: Sendable {
    /// The bytes are no request that is accepted here.
    case malformedRequest(HTTPParseError)
    /// The head was not complete in time.
    case headTimeout
    /// The handler could not read the body.
    case unreadableBody(ConnectionError)
    /// An `Expect` other than 100-continue (RFC 9110 §10.1.1).
    case expectationFailed
    /// The handler threw something else; its text may be unfit for a client.
    case handlerThrew(any Error)
    /// More connections than `ServerConfiguration.connectionsMax`.
    case tooManyConnections
  }

  public let reason: Reason

  public init(_ reason: Reason) {
    self.reason = reason
  }

  /// The status to answer with.
  public var status: Int {
    switch reason {
    case .malformedRequest(let error): error.status
    case .headTimeout: 408
    case .unreadableBody(.bodyMalformed(let error)): error.status
    case .unreadableBody(.bodyTooLong): 413
    case .unreadableBody(.bodyStalled): 408
    case .unreadableBody: 400
    case .expectationFailed: 417
    case .handlerThrew: 500
    case .tooManyConnections: 503
    }
  }

  /// What failed, in a sentence that holds nothing of the request.
  public var message: String {
    switch reason {
    case .malformedRequest(let error): error.message
    case .headTimeout: "the request's head did not arrive in time"
    case .unreadableBody(let error): error.description
    case .expectationFailed: "the only expectation that can be met is 100-continue"
    case .handlerThrew: "answering the request failed"
    case .tooManyConnections: "too many connections are open; close some or try again later"
    }
  }

  /// Seconds for a `Retry-After` field, where waiting can help.
  public var retryAfter: Int? {
    if case .tooManyConnections = reason { 1 } else { nil }
  }

  /// The answer used unless the configuration makes its own: the message as text.
  public static func plainAnswer(_ failure: ServerFailure) -> Response {
    var fields: HTTPFields = [.contentType: "text/plain; charset=utf-8"]
    if let seconds = failure.retryAfter { fields[.retryAfter] = String(seconds) }
    return Response(
      status: .init(code: failure.status), fields: fields, body: .bytes(Array("\(failure.message)\n".utf8)))
  }
}
