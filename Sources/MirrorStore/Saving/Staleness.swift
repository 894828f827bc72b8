/// Which answers a write makes old: the one table that decides it.
enum Staleness {
  struct Effect {
    /// Verbatim answers that no longer show the truth, whether the write's outcome is known or not.
    let stale: Set<MirrorRead.Kind>
    /// Lists that can no longer say what does not exist when the write's outcome is unknown.
    let doubted: Set<ListKind>
  }

  static let ofWrite: [MirrorWrite.Kind: Effect] = [
    .createConversation: Effect(stale: [.conversations], doubted: [.conversations]),
    .updateConversation: Effect(stale: [.conversations, .conversation, .tree], doubted: []),
    .deleteConversation: Effect(stale: Set(MirrorRead.Kind.allCases), doubted: [.conversations]),
    .send: Effect(
      stale: [.conversations, .conversation, .tree, .messages, .branches, .checkpoints],
      doubted: [.messages, .checkpoints]),
    .updateMessage: Effect(stale: [.conversations, .conversation, .tree, .messages, .branches], doubted: [.messages]),
    .deleteMessage: Effect(stale: [.conversations, .conversation, .tree, .messages, .branches], doubted: [.messages]),
    .createBranch: Effect(stale: [.conversations, .conversation, .tree, .branches], doubted: [.branches]),
    .fork: Effect(stale: [.conversations, .conversation, .tree, .branches], doubted: [.branches]),
    .updateBranch: Effect(stale: [.conversation, .tree, .branches], doubted: []),
    .deleteBranch: Effect(
      stale: [.conversations, .conversation, .tree, .messages, .branches, .checkpoints],
      doubted: [.messages, .branches, .checkpoints]),
    .mergeBranch: Effect(
      stale: [.conversations, .conversation, .tree, .messages, .branches, .checkpoints],
      doubted: [.messages, .branches, .checkpoints]),
    .createCheckpoint: Effect(stale: [.checkpoints], doubted: [.checkpoints]),
    .deleteCheckpoint: Effect(stale: [.checkpoints], doubted: [.checkpoints]),
    .recreateCheckpoint: Effect(stale: [.checkpoints], doubted: [.checkpoints]),
  ]

  /// Which answers show a facet of a conversation: they go stale when another answer shows it changed.
  static let readsShowing: [Changes.Facet: Set<MirrorRead.Kind>] = [
    .conversation: [.conversations, .conversation, .tree],
    .messages: [.conversation, .tree, .messages],
    .branches: [.conversation, .tree, .branches],
    .checkpoints: [.checkpoints],
  ]
}

extension MirrorWrite {
  enum Kind: CaseIterable {
    case createConversation, updateConversation, deleteConversation, send, updateMessage, deleteMessage, createBranch
    case fork, updateBranch, deleteBranch, mergeBranch, createCheckpoint, deleteCheckpoint, recreateCheckpoint
  }

  var kind: Kind {
    switch self {
    case .createConversation: .createConversation
    case .updateConversation: .updateConversation
    case .deleteConversation: .deleteConversation
    case .send: .send
    case .updateMessage: .updateMessage
    case .deleteMessage: .deleteMessage
    case .createBranch: .createBranch
    case .fork: .fork
    case .updateBranch: .updateBranch
    case .deleteBranch: .deleteBranch
    case .mergeBranch: .mergeBranch
    case .createCheckpoint: .createCheckpoint
    case .deleteCheckpoint: .deleteCheckpoint
    case .recreateCheckpoint: .recreateCheckpoint
    }
  }
}
