/// The calls about conversations.
public struct ConversationsResource: Sendable {
  let caller: APICaller

  /// Creates a conversation.
  public func create(_ request: CreateConversationRequest) async throws(ChatRoutesError) -> Conversation {
    try await caller.answer(to: .post("conversations", body: request)).object("conversation")
  }

  /// One page of the conversations.
  public func list(
    _ params: ListConversationsParams = ListConversationsParams()
  ) async throws(ChatRoutesError) -> PaginatedResponse<Conversation> {
    try await caller.answer(to: .get("conversations", query: params.query)).page("conversations")
  }

  /// A conversation, with the messages of its main branch and its branches.
  public func get(_ id: String) async throws(ChatRoutesError) -> Conversation {
    try await caller.answer(to: .get("conversations", id)).object("conversation")
  }

  /// Changes a conversation.
  public func update(
    _ id: String, _ request: UpdateConversationRequest
  ) async throws(ChatRoutesError) -> Conversation {
    try await caller.answer(to: .patch("conversations", id, body: request)).object("conversation")
  }

  /// Deletes a conversation.
  public func delete(_ id: String) async throws(ChatRoutesError) {
    try await caller.perform(.delete("conversations", id))
  }

  /// A conversation with all its branches.
  public func getTree(_ id: String) async throws(ChatRoutesError) -> ConversationTree {
    try await caller.answer(to: .get("conversations", id, "tree")).payload()
  }
}
