/// What a read of the API asks for; ids are percent-decoded.
public enum MirrorRead: Hashable, Sendable {
  case conversations(page: Int?, limit: Int?, filter: String?)
  case conversation(String)
  case tree(String)
  case messages(conversation: String, branch: String?)
  case branches(conversation: String)
  case branchMessages(conversation: String, branch: String)
  case checkpoints(conversation: String, branch: String?)

  /// nil: the read is about the list of conversations.
  public var conversationID: String? {
    switch self {
    case .conversations: nil
    case .conversation(let id), .tree(let id), .messages(let id, _), .branches(let id), .branchMessages(let id, _),
      .checkpoints(let id, _):
      id
    }
  }

  /// What kind of answer this read gives: staleness is decided by kind.
  enum Kind: String, CaseIterable {
    case conversations, conversation, tree, messages, branches, checkpoints
  }

  var kind: Kind {
    switch self {
    case .conversations: .conversations
    case .conversation: .conversation
    case .tree: .tree
    case .messages, .branchMessages: .messages
    case .branches: .branches
    case .checkpoints: .checkpoints
    }
  }

  /// One text for one read: the key of its verbatim answer. Parts are JSON strings, so no id can imitate another read.
  var canonicalText: String {
    switch self {
    case .conversations(let page, let limit, let filter):
      "conversations \(Self.part(page)) \(Self.part(limit)) \(Self.part(filter))"
    case .conversation(let id): "conversation \(Self.part(id))"
    case .tree(let id): "tree \(Self.part(id))"
    case .messages(let id, let branch): "messages \(Self.part(id)) \(Self.part(branch))"
    case .branches(let id): "branches \(Self.part(id))"
    case .branchMessages(let id, let branch): "branch-messages \(Self.part(id)) \(Self.part(branch))"
    case .checkpoints(let id, let branch): "checkpoints \(Self.part(id)) \(Self.part(branch))"
    }
  }

  private static func part(_ number: Int?) -> String {
    number.map(String.init) ?? "-"
  }

  private static func part(_ text: String?) -> String {
    text.map { String(decoding: jsonString($0.replacing("\0", with: "\\0")), as: UTF8.self) } ?? "-"
  }
}
