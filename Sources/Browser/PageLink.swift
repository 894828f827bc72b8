/// The addresses of the pages, as relative references that are safe whatever the ids hold.
enum PageLink {
  static let list = "/"
  static let usage = "/usage"
  static let overview = "/overview"
  static let styleSheet = "/assets/style.css"
  static let icon = "/assets/icon.svg"
  static let script = "/assets/page.js"

  static func list(page: Int, filter: ListFilter = ListFilter()) -> String {
    let plain = ListFilter()
    var query: [String] = []
    if filter.title != plain.title { query.append("title=\(encoded(filter.title))") }
    if filter.model != plain.model { query.append("model=\(encoded(filter.model))") }
    if filter.state != plain.state { query.append("state=\(encoded(filter.state))") }
    if filter.order != plain.order { query.append("sort=\(encoded(filter.order))") }
    if page > 1 { query.append("page=\(page)") }
    return query.isEmpty ? list : list + "?" + query.joined(separator: "&")
  }

  static func conversation(_ id: String, branch: String? = nil, page: Int = 1) -> String {
    var query: [String] = []
    if let branch { query.append("branch=\(encoded(branch))") }
    if page > 1 { query.append("page=\(page)") }
    var link = "/conversations/\(encoded(id))"
    if !query.isEmpty { link += "?" + query.joined(separator: "&") }
    return link
  }

  /// A message on the page of its branch that shows it, whichever that is.
  static func message(_ message: String, of id: String, branch: String? = nil) -> String {
    let query = (branch.map { "branch=\(encoded($0))&" } ?? "") + "message=\(encoded(message))"
    return "/conversations/\(encoded(id))?\(query)" + fragment(ofMessage: message)
  }

  /// The text of one message, as it is.
  static func text(ofMessage message: String, of id: String) -> String {
    "/conversations/\(encoded(id))/messages/\(encoded(message))"
  }

  static func compare(_ id: String, left: String? = nil, right: String? = nil) -> String {
    let query = [left.map { "left=\(encoded($0))" }, right.map { "right=\(encoded($0))" }].compactMap(\.self)
    return "/conversations/\(encoded(id))/compare" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
  }

  /// A file to keep.
  /// - Parameter format: `md`, `json` or `html`.
  static func export(_ id: String, format: String) -> String {
    "/conversations/\(encoded(id))/export?format=\(format)"
  }

  static func tree(_ id: String, branch: String? = nil) -> String {
    "/conversations/\(encoded(id))/tree" + (branch.map { "?branch=\(encoded($0))" } ?? "")
  }

  static func search(_ text: String, bestFirst: Bool = false, page: Int = 1) -> String {
    "/search?q=\(encoded(text))" + (bestFirst ? "&sort=best" : "") + (page > 1 ? "&page=\(page)" : "")
  }

  /// `#message-ID`: a browser decodes it before it looks for the element's id.
  static func fragment(ofMessage id: String) -> String { "#message-\(encoded(id))" }

  /// Percent-encodes everything but the unreserved characters (RFC 3986 §2.3), so that one id stays one segment.
  static func encoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if isUnreserved(byte) {
        bytes.append(byte)
      } else {
        bytes += percentEncoded(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `%2F` (RFC 3986 §2.1).
  static func percentEncoded(_ byte: UInt8) -> [UInt8] {
    [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
  }

  private static let hexDigits = Array("0123456789ABCDEF".utf8)

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
    default: false
    }
  }
}
