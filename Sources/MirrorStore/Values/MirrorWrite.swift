/// What a write to the API does; ids are percent-decoded.
public enum MirrorWrite: Hashable, Sendable {
  case createConversation
  case updateConversation(String)
  case deleteConversation(String)
  /// `branch`: from the path; nil: the request body's `branchId`, else the main branch.
  case send(conversation: String, branch: String?)
  case updateMessage(String)
  case deleteMessage(String)
  case createBranch(conversation: String)
  case fork(conversation: String)
  case updateBranch(conversation: String, branch: String)
  case deleteBranch(conversation: String, branch: String)
  case mergeBranch(conversation: String, branch: String)
  case createCheckpoint(conversation: String)
  case deleteCheckpoint(String)
  case recreateCheckpoint(String)

  /// nil: a new conversation, or one that only the mirror can name (see `MirrorStore.conversationID(of:account:)`).
  public var conversationID: String? {
    switch self {
    case .createConversation, .updateMessage, .deleteMessage, .deleteCheckpoint, .recreateCheckpoint: nil
    case .updateConversation(let id), .deleteConversation(let id), .send(let id, _), .createBranch(let id),
      .fork(let id), .updateBranch(let id, _), .deleteBranch(let id, _), .mergeBranch(let id, _),
      .createCheckpoint(let id):
      id
    }
  }
}
