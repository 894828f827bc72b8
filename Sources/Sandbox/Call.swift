import Foundation

/// One received request as a value: what the pure part of the sandbox decides by.
struct Call: Sendable {
  var method: String
  /// As received; only the log shows it.
  var target: String
  /// Percent-decoded segments of the path, without empty ones at its ends.
  var segments: [String]
  /// Decoded query; of repeated names the first counts.
  var query: [String: String]
  /// The API key or token of `Authorization: ApiKey|Bearer` or `X-API-Key`, whichever comes first in this order.
  var credential: String?
  var ifNoneMatch: String?
  /// The text of `X-Sandbox-Fault`.
  var fault: String?
  var body: [UInt8]

  init(
    method: String, target: String, authorization: String? = nil, apiKey: String? = nil,
    ifNoneMatch: String? = nil, fault: String? = nil, body: [UInt8] = []
  ) {
    self.method = method
    self.target = target
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    segments = Call.segments(of: parts[0])
    query = parts.count > 1 ? Call.query(of: parts[1]) : [:]
    credential = authorization.flatMap(Call.credential) ?? apiKey
    self.ifNoneMatch = ifNoneMatch
    self.fault = fault
    self.body = body
  }

  /// HEAD is answered as GET; the server leaves the body out.
  var routedMethod: String { method == "HEAD" ? "GET" : method }

  /// The body as a JSON object; an absent body is an empty object, since the Python SDK sends none for `{}`.
  func object() throws(Problem) -> JSON {
    if body.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) { return .object([]) }
    guard let json = JSON(parsing: body) else { throw .validation("the body is not valid JSON") }
    guard case .object = json else { throw .validation("the body must be a JSON object") }
    return json
  }

  private static func segments(of path: Substring) -> [String] {
    path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
  }

  private static func query(of text: Substring) -> [String: String] {
    let pairs = text.split(separator: "&").map { pair in
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(decoded)
      return (sides[0], sides.count > 1 ? sides[1] : "")
    }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  private static func decoded(_ text: Substring) -> String {
    let spaced = text.replacing("+", with: " ")
    return spaced.removingPercentEncoding ?? String(spaced)
  }

  private static func credential(of authorization: String) -> String? {
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, ["apikey", "bearer"].contains(parts[0].lowercased()) else { return nil }
    return parts[1].trimmingCharacters(in: .whitespaces)
  }
}
