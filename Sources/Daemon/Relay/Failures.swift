internal import ChatRoutes
internal import Foundation
internal import HTTPTypes
internal import LocalServer
internal import MirrorStore

/// An error that this daemon answers itself, in the API's envelope and never as HTML or an empty body.
struct Failure: Error, Sendable {
  var status: Int
  /// One of the API's codes where one fits.
  var code: String
  /// What failed and what to do next.
  var message: String
  var details: [(name: String, value: String)] = []
  /// RFC 9209 error type, such as `connection_refused`.
  var proxyError: String?
  /// Seconds.
  var retryAfter: Int?
  var closesConnection = false
  /// Methods that would do (RFC 9110 §15.5.6).
  var allow: String?
  /// For answers that do not pass through `Routes`, which gives all others an id.
  var requestID: String?
  /// What the log must tell because the client is told no details.
  var unexpected: String?

  /// The answer: `{"error","message","details"}`.
  var response: Response {
    var fields = HTTPFields()
    fields[.contentType] = "application/json; charset=utf-8"
    fields[.cacheControl] = "no-store"
    if let proxyError { fields[.proxyStatus] = "chatroutesd; error=\(proxyError)" }
    if let retryAfter { fields[.retryAfter] = String(retryAfter) }
    if let allow { fields[.allow] = allow }
    if let requestID { fields[.requestID] = requestID }
    if closesConnection { fields[.connection] = "close" }
    return Response(
      head: HTTPResponse(status: .init(code: status), headerFields: fields), body: .bytes(json))
  }

  private var json: [UInt8] {
    var text = "{\"error\":\(JSONText.quoted(code)),\"message\":\(JSONText.quoted(message))"
    if !details.isEmpty {
      let members = details.map { "\(JSONText.quoted($0.name)):\(JSONText.quoted($0.value))" }
      text += ",\"details\":{" + members.joined(separator: ",") + "}"
    }
    if let retryAfter { text += ",\"retryAfter\":\(retryAfter)" }
    return Array((text + "}\n").utf8)
  }
}

extension Failure {
  /// The one place where errors become answers.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as TransportError: self = .upstream(error, offlineSince: nil)
    case let error as ConnectionError:
      let failure = ServerFailure(.unreadableBody(error))
      self = .server(status: failure.status, message: failure.message)
      closesConnection = true
    case is CancellationError: self = .goingDown
    default:
      self.init(
        status: 500, code: "SERVER_ERROR",
        message: "chatroutesd failed on this request (\(type(of: error))). See its log.",
        proxyError: "proxy_internal_error", unexpected: Self.describe(error))
    }
  }

  /// The text of the errors that are known to hold nothing of what passes through; of others, their type.
  private static func describe(_ error: any Error) -> String {
    (error as? MirrorError)?.description ?? "\(type(of: error))"
  }

  /// Upstream gave no answer to a request that only it can answer.
  static func upstream(_ error: TransportError, offlineSince: Duration?) -> Failure {
    if [.requestBody, .badRequest].contains(error.kind) {
      return .server(
        status: 400,
        message:
          "the request cannot be passed on: \(error.kind == .badRequest ? "its target or a field is malformed" : "its body broke off or is malformed")."
      )
    }
    if error.kind == .exhausted { return .noConnectionLeft }
    let couldNotConnect = !error.requestMayHaveTakenEffect
    var failure = Failure(
      status: isTimeout(error) && !couldNotConnect ? 504 : 502,
      code: "NETWORK_ERROR",
      message: couldNotConnect
        ? "the ChatRoutes API cannot be reached (\(error.kind)). Nothing was sent; try again when the network is back."
        : "the ChatRoutes API gave no answer (\(error.kind)). The request may have taken effect; look before repeating it."
    )
    failure.proxyError = proxyErrorType(error)
    failure.retryAfter = 2
    if let offlineSince { failure.details.append(("offlineForSeconds", String(offlineSince.components.seconds))) }
    return failure
  }

  /// The drain has begun and nothing new is sent, or its time is over.
  private static let goingDown = Failure(
    status: 503, code: "SERVER_ERROR", message: "chatroutesd is shutting down. Try again when it is back.",
    proxyError: "proxy_internal_error", retryAfter: 1, closesConnection: true)

  /// This daemon, not upstream, is at its end.
  private static let noConnectionLeft = Failure(
    status: 503, code: "SERVER_ERROR",
    message:
      "chatroutesd has no connection left for this request: too many run at once. Nothing was sent; try again in a moment, or raise its limit of open files (ulimit -n).",
    proxyError: "connection_limit_reached", retryAfter: 1)

  /// Nothing stored and no way to fetch it.
  static func notStored(_ what: String, why: String, proxyError: String, offlineSince: Duration?) -> Failure {
    var failure = Failure(
      status: 504, code: "NETWORK_ERROR",
      message: "\(what) is not in the local mirror, and \(why). Read it once while online and it will be here.")
    failure.details.append(("missing", what))
    if let offlineSince { failure.details.append(("offlineForSeconds", String(offlineSince.components.seconds))) }
    failure.proxyError = proxyError
    failure.retryAfter = 2
    return failure
  }

  /// A request that the gate does not let in.
  static func refused(_ refusal: Refusal) -> Failure {
    Failure(
      status: refusal.status, code: "FORBIDDEN", message: refusal.message, proxyError: "http_request_denied",
      closesConnection: true)
  }

  /// What the server itself must say: malformed requests, time-outs, too many connections.
  static func server(status: Int, message: String) -> Failure {
    Failure(
      status: status, code: status < 500 ? "VALIDATION_ERROR" : "SERVER_ERROR", message: message,
      proxyError: status < 500 ? "http_request_error" : "proxy_internal_error",
      retryAfter: status == 503 ? 1 : nil)
  }

  private static func isTimeout(_ error: TransportError) -> Bool {
    [.headTimeout, .bodyIdle, .connectTimeout].contains(error.kind)
  }

  /// RFC 9209 §2.3.
  static func proxyErrorType(_ error: TransportError) -> String {
    switch error.kind {
    case .refused: "connection_refused"
    case .unreachable: "destination_ip_unroutable"
    case .dns: "dns_error"
    case .tls: "tls_protocol_error"
    case .proxy: "destination_unavailable"
    case .connectTimeout: "connection_timeout"
    case .headTimeout: "http_response_timeout"
    case .bodyIdle: "connection_read_timeout"
    case .connectionLost: "connection_terminated"
    case .badResponse: "http_protocol_error"
    case .exhausted: "connection_limit_reached"
    default: "proxy_internal_error"
    }
  }
}

extension HTTPField.Name {
  static let cacheStatus = HTTPField.Name("Cache-Status")!
  static let proxyStatus = HTTPField.Name("Proxy-Status")!
}

/// JSON strings for the few answers that this daemon writes itself (RFC 8259 §7).
enum JSONText {
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case let control where control.value < 0x20 || control.value == 0x7F:
        out += "\\u00" + (control.value < 16 ? "0" : "") + String(control.value, radix: 16)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

extension TransportError {
  /// A caller's patience with a silent upstream ended; the request goes on.
  static var noAnswerInTime: TransportError {
    TransportError(.headTimeout, "upstream is silent", requestMayHaveTakenEffect: true)
  }
}
