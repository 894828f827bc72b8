/// The calls about branches.
public struct BranchesResource: Sendable {
  let caller: APICaller

  /// The branches of a conversation.
  public func list(in conversationID: String) async throws(ChatRoutesError) -> [Branch] {
    try await caller.answer(to: .get("conversations", conversationID, "branches")).list("branches")
  }

  /// Creates a branch.
  public func create(
    in conversationID: String, _ request: CreateBranchRequest
  ) async throws(ChatRoutesError) -> Branch {
    try await caller.answer(to: .post("conversations", conversationID, "branches", body: request)).object("branch")
  }

  /// Forks a branch off at a message.
  public func fork(
    in conversationID: String, _ request: ForkConversationRequest
  ) async throws(ChatRoutesError) -> Branch {
    try await caller.answer(to: .post("conversations", conversationID, "fork", body: request)).object("branch")
  }

  /// Changes a branch.
  public func update(
    _ id: String, in conversationID: String, _ request: UpdateBranchRequest
  ) async throws(ChatRoutesError) -> Branch {
    try await caller.answer(to: .patch("conversations", conversationID, "branches", id, body: request))
      .object("branch")
  }

  /// Deletes a branch.
  public func delete(_ id: String, in conversationID: String) async throws(ChatRoutesError) {
    try await caller.perform(.delete("conversations", conversationID, "branches", id))
  }

  /// The messages of a branch.
  public func getMessages(_ id: String, in conversationID: String) async throws(ChatRoutesError) -> [Message] {
    try await caller.answer(to: .get("conversations", conversationID, "branches", id, "messages")).list("messages")
  }

  /// Sends a message to a branch and waits for the whole answer.
  public func sendMessage(
    to id: String, in conversationID: String, _ request: SendMessageRequest
  ) async throws(ChatRoutesError) -> SendMessageResponse {
    try await caller.answer(to: .post("conversations", conversationID, "branches", id, "messages", body: request))
      .payload()
  }

  /// Merges a branch into its parent.
  public func merge(_ id: String, in conversationID: String) async throws(ChatRoutesError) -> Branch {
    try await caller.answer(to: .post("conversations", conversationID, "branches", id, "merge")).object("branch")
  }
}
