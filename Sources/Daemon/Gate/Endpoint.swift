public import MirrorStore
internal import WireFormats

/// Which call of the API a request is. What is not in this table is forwarded untouched and never mirrored.
public enum Endpoint: Sendable, Equatable {
  case read(MirrorRead)
  case write(MirrorWrite)
  /// A message whose answer comes as an event stream.
  case stream(conversation: String)
  case unknown

  /// What kind of call it is, without any id.
  var kind: String {
    switch self {
    case .read(let read): "read \(read.phrase)"
    case .write(let write): "write \(String(describing: write).prefix { $0 != "(" })"
    case .stream: "stream"
    case .unknown: "other call"
    }
  }

  /// Reads method and target; ids are percent-decoded, the target itself is never rewritten.
  public static func classify(method: String, target: ArraySlice<UInt8>) -> Endpoint {
    guard let request = APITarget(target) else { return .unknown }
    return switch method {
    case "GET": read(request).map(Endpoint.read) ?? .unknown
    case "POST": request.parameters.isEmpty ? post(request.path) : .unknown
    case "PATCH", "PUT": request.parameters.isEmpty ? update(request.path) : .unknown
    case "DELETE": request.parameters.isEmpty ? delete(request.path) : .unknown
    default: .unknown
    }
  }

  private static func read(_ request: APITarget) -> MirrorRead? {
    let given = request.parameters
    let path = request.path
    switch (path.count, path.first) {
    case (1, "conversations"): return conversationList(given)
    case (2, "conversations") where given.isEmpty: return .conversation(path[1])
    case (3, "conversations"):
      switch path[2] {
      case "tree" where given.isEmpty: return .tree(path[1])
      case "branches" where given.isEmpty: return .branches(conversation: path[1])
      case "messages" where given.hasOnly("branchId"):
        return .messages(conversation: path[1], branch: given["branchId"].meant)
      case "checkpoints" where given.hasOnly("branchId"):
        return .checkpoints(conversation: path[1], branch: given["branchId"].meant)
      default: return nil
      }
    case (5, "conversations") where path[2] == "branches" && path[4] == "messages" && given.isEmpty:
      return .branchMessages(conversation: path[1], branch: path[3])
    default: return nil
    }
  }

  private static func conversationList(_ given: [String: String]) -> MirrorRead? {
    guard given.hasOnly("page", "limit", "filter") else { return nil }
    let page = given["page"].meant
    let limit = given["limit"].meant
    // Upstream decides what `page=x` or a page beyond all bounds means: such a read is forwarded and not mirrored.
    guard [page, limit].allSatisfy({ $0.map { (1...pageNumberMax).contains(Int($0) ?? 0) } ?? true }) else {
      return nil
    }
    return .conversations(
      page: page.flatMap { Int($0) }, limit: limit.flatMap { Int($0) }, filter: given["filter"].meant)
  }

  /// Far above what anybody pages through, far below where arithmetic ends.
  private static let pageNumberMax = 1_000_000

  private static func post(_ path: [String]) -> Endpoint {
    switch (path.count, path.first) {
    case (1, "conversations"): return .write(.createConversation)
    case (3, "conversations"):
      switch path[2] {
      case "messages": return .write(.send(conversation: path[1], branch: nil))
      case "branches": return .write(.createBranch(conversation: path[1]))
      case "fork": return .write(.fork(conversation: path[1]))
      case "checkpoints": return .write(.createCheckpoint(conversation: path[1]))
      default: return .unknown
      }
    case (4, "conversations") where path[2] == "messages" && path[3] == "stream":
      return .stream(conversation: path[1])
    case (5, "conversations") where path[2] == "branches":
      switch path[4] {
      case "messages": return .write(.send(conversation: path[1], branch: path[3]))
      case "merge": return .write(.mergeBranch(conversation: path[1], branch: path[3]))
      default: return .unknown
      }
    case (3, "checkpoints") where path[2] == "recreate": return .write(.recreateCheckpoint(path[1]))
    default: return .unknown
    }
  }

  private static func update(_ path: [String]) -> Endpoint {
    switch (path.count, path.first) {
    case (2, "conversations"): .write(.updateConversation(path[1]))
    case (2, "messages"): .write(.updateMessage(path[1]))
    case (4, "conversations") where path[2] == "branches": .write(.updateBranch(conversation: path[1], branch: path[3]))
    default: .unknown
    }
  }

  private static func delete(_ path: [String]) -> Endpoint {
    switch (path.count, path.first) {
    case (2, "conversations"): .write(.deleteConversation(path[1]))
    case (2, "messages"): .write(.deleteMessage(path[1]))
    case (2, "checkpoints"): .write(.deleteCheckpoint(path[1]))
    case (4, "conversations") where path[2] == "branches": .write(.deleteBranch(conversation: path[1], branch: path[3]))
    default: .unknown
    }
  }
}

/// A target under `/api/v1/`, cut into decoded path segments and query parameters.
struct APITarget {
  var path: [String] = []
  var parameters: [String: String] = [:]

  /// The conversation that the target is about or below.
  var conversation: String? { path.count >= 2 && path[0] == "conversations" ? path[1] : nil }

  /// `nil`: not below `/api/v1/`, or written in a way that only upstream should judge (empty or dot segments, a
  /// parameter given twice, broken percent signs).
  init?(_ target: ArraySlice<UInt8>) {
    let prefix = Array("/api/v1/".utf8)
    guard target.starts(with: prefix) else { return nil }
    let rest = target.dropFirst(prefix.count)
    let question = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
    for segment in rest[..<question].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard let text = FormText.decoded(segment, plusIsSpace: false), !text.isEmpty, text != ".", text != "..",
        !text.utf8.contains(UInt8(ascii: "/"))
      else { return nil }
      path.append(text)
    }
    for pair in FormText.pairs(rest[question...].dropFirst()) {
      guard let pair, parameters.updateValue(pair.value, forKey: pair.name) == nil else { return nil }
    }
  }
}

extension [String: String] {
  fileprivate func hasOnly(_ names: String...) -> Bool { keys.allSatisfy(names.contains) }
}

extension String? {
  /// The value, unless it says nothing: the TypeScript SDK writes `undefined` for what its caller left out.
  fileprivate var meant: String? { flatMap { ["", "undefined", "null"].contains($0) ? nil : $0 } }
}
