/// Why a call of the API failed.
///
/// The server's own words are passed on without anything that looks like a credential.
public struct ChatRoutesError: Error, Sendable, Hashable {
  /// What kind of failure it is: what a caller decides by.
  public enum Kind: Sendable, Hashable {
    /// 401: the credential is missing, wrong or expired.
    case authentication
    /// 429: too many calls. `retryAfter`: how long the server asks to wait, if it says so.
    case rateLimit(retryAfter: Duration?)
    /// 400: the server does not accept the request, or (status 0) this library does not.
    case validation
    /// 404: there is no such thing.
    case notFound
    /// 5xx: the server failed.
    case server
    /// No complete answer was had.
    case network(TransportError.Kind)
    /// Another status, or an answer that is not what the API promises.
    case other
  }

  public var kind: Kind
  /// The HTTP status; 0: there was no answer.
  public var status: Int
  /// A word for programs, such as `RATE_LIMIT_EXCEEDED`.
  public var code: String
  /// A sentence for people, in the server's words if it had any.
  public var message: String
  /// What else the server said.
  public var details: JSONValue?
  /// Whether the server may have done what it was asked in spite of the error.
  public var requestMayHaveTakenEffect: Bool
  /// How long the server asks to wait (429, 503).
  var retryAfter: Duration?

  init(
    _ kind: Kind, status: Int = 0, code: String, message: String, details: JSONValue? = nil,
    requestMayHaveTakenEffect: Bool, retryAfter: Duration? = nil
  ) {
    self.kind = kind
    self.status = status
    self.code = code
    self.message = message
    self.details = details
    self.requestMayHaveTakenEffect = requestMayHaveTakenEffect
    self.retryAfter = retryAfter
  }
}

extension ChatRoutesError: CustomStringConvertible {
  /// What failed, and what to do next.
  public var description: String {
    let origin = status == 0 ? code : "\(status) \(code)"
    return "\(origin): \(message)\(advice.map { " \($0)" } ?? "")"
  }

  private var advice: String? {
    switch kind {
    case .authentication: "Check the API key or sign in again."
    case .rateLimit(let wait?): "Try again in \(wait)."
    case .rateLimit(nil): "Try again later."
    case .network(.refused), .network(.unreachable), .network(.dns): "Check the network and the base URL."
    case .network(.tls): "Check the base URL and the system's clock and certificates."
    case .network, .validation, .notFound, .server, .other: nil
    }
  }
}

extension ChatRoutesError {
  init(_ error: TransportError) {
    self.init(
      .network(error.kind), code: "NETWORK_ERROR", message: "\(error).",
      requestMayHaveTakenEffect: error.requestMayHaveTakenEffect)
  }

  static func invalidResponse(status: Int, _ message: String) -> ChatRoutesError {
    ChatRoutesError(
      .other, status: status, code: "INVALID_RESPONSE", message: message, requestMayHaveTakenEffect: true)
  }

  static func invalidRequest(_ message: String) -> ChatRoutesError {
    ChatRoutesError(.validation, code: "VALIDATION_ERROR", message: message, requestMayHaveTakenEffect: false)
  }

  static let cancelled = ChatRoutesError(TransportError(.cancelled, requestMayHaveTakenEffect: false))
}
