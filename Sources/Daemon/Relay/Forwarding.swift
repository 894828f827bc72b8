internal import ChatRoutes
internal import HTTPTypes
internal import LocalServer
internal import WireFormats

/// What passes between a client and upstream: everything but what belongs to one hop (RFC 9110 §7.6.1).
struct Forwarding: Sendable {
  /// Added to requests that carry no credential of their own.
  let apiKey: Live<Secret?>

  /// Fields of one hop, and `Host`, which names the next one.
  private static let hopByHop: Set<String> = [
    "connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade", "host", "content-length", "expect",
  ]
  private static let tokenField = "x-chatroutesd-token"
  static let authorization = HTTPField.Name.authorization

  /// The request that goes upstream: target verbatim, end-to-end fields in order, duplicates kept.
  func request(from head: RequestHead, body: TransportRequest.Body) -> TransportRequest {
    TransportRequest(
      method: head.method, target: String(decoding: head.originForm, as: UTF8.self), fields: requestFields(head),
      body: body)
  }

  /// The fields that go back to the client.
  static func responseFields(_ fields: HTTPFields) -> HTTPFields {
    endToEnd(fields, named: fields[values: .connection])
  }

  /// The body as it comes, for requests that nobody needs to read here.
  static func streamed(_ body: ClientBody) -> TransportRequest.Body {
    switch body.framing {
    case .none: .none
    case .length(let count): .stream(length: Int64(count), body)
    case .chunked: .stream(length: nil, body)
    }
  }

  /// The body as bytes, for requests that the mirror reads too.
  static func collected(_ request: Request, upTo limit: Int) async throws -> TransportRequest.Body {
    if case .none = request.body.framing { return .none }
    return .bytes(try await request.body.collect(upTo: limit))
  }

  private func requestFields(_ head: RequestHead) -> HTTPFields {
    let all = head.httpFields()
    var fields = Self.endToEnd(all, named: all[values: .connection])
    if all.contains(.cookie) { Self.removePageCookie(from: &fields) }
    if let apiKey = apiKey.current, !all.contains(Self.authorization), head.count("x-api-key") == 0 {
      fields.append(HTTPField(name: Self.authorization, value: "ApiKey \(apiKey.revealed)"))
    }
    return fields
  }

  private static func endToEnd(_ fields: HTTPFields, named connection: [String]) -> HTTPFields {
    var dropped = hopByHop
    for value in connection {
      for option in value.split(separator: ",") {
        dropped.insert(option.lowercased().filter { $0 != " " && $0 != "\t" })
      }
    }
    dropped.insert(tokenField)
    var kept = HTTPFields()
    for field in fields where !dropped.contains(field.name.canonicalName) { kept.append(field) }
    return kept
  }

  /// The pages' cookie is between the browser and this daemon; upstream has no business with it.
  private static func removePageCookie(from fields: inout HTTPFields) {
    let kept = fields[values: .cookie].compactMap { value -> String? in
      let pairs = value.split(separator: ";").filter { !$0.drop { $0 == " " }.hasPrefix(PageAccess.cookieName + "=") }
      return pairs.isEmpty ? nil : pairs.joined(separator: ";")
    }
    fields[values: .cookie] = kept
  }
}
