internal import WireFormats

/// Which of the daemon's own pages a path names.
enum PageAddress: Equatable {
  case list, search, usage, overview
  case conversation(String)
  case tree(String)
  case compare(String)
  case export(String)
  case messageText(String, message: String)

  /// nil: none of them.
  init?(path: String) {
    switch path {
    case "/": self = .list
    case "/search": self = .search
    case "/usage": self = .usage
    case "/overview": self = .overview
    default:
      guard let address = Self.ofConversation(path) else { return nil }
      self = address
    }
  }

  /// `/conversations/ID`, with what may follow. Ids are decoded after the path was cut: they may hold a slash.
  private static func ofConversation(_ path: String) -> PageAddress? {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .dropFirst().map { String($0) ?? "" }
    guard parts.count >= 2, parts[0] == "conversations", let id = decoded(parts[1]) else { return nil }
    switch parts.count {
    case 2: return .conversation(id)
    case 3 where parts[2] == "tree": return .tree(id)
    case 3 where parts[2] == "compare": return .compare(id)
    case 3 where parts[2] == "export": return .export(id)
    case 4 where parts[2] == "messages": return decoded(parts[3]).map { .messageText(id, message: $0) }
    default: return nil
    }
  }

  private static func decoded(_ part: String) -> String? {
    FormText.decoded(Array(part.utf8)[...], plusIsSpace: false).flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// The query of a page's address.
struct PageQuery {
  private let parameters: [String: String]

  init(_ head: RequestHead) {
    parameters = FormText.parameters(head.query ?? [])
  }

  subscript(name: String) -> String? { parameters[name] }

  /// A parameter that says something.
  func text(_ name: String) -> String? { parameters[name].flatMap { $0.isEmpty ? nil : $0 } }

  /// From 1; what is no number is the first page.
  var page: Int { min(max(1, parameters["page"].flatMap { Int($0) } ?? 1), 1_000_000) }
}
