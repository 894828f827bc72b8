/// The calls about messages.
public struct MessagesResource: Sendable {
  let caller: APICaller

  /// Sends a message and waits for the whole answer.
  public func send(
    to conversationID: String, _ request: SendMessageRequest
  ) async throws(ChatRoutesError) -> SendMessageResponse {
    try await caller.answer(to: .post("conversations", conversationID, "messages", body: request)).payload()
  }

  /// Sends a message and gives the answer as it is written.
  ///
  /// Returns once the server has begun to answer. Leaving the loop over the stream early closes the connection.
  public func stream(
    to conversationID: String, _ request: SendMessageRequest
  ) async throws(ChatRoutesError) -> MessageStream {
    let call = Call.post("conversations", conversationID, "messages", "stream", body: request)
    return MessageStream(
      body: try await caller.stream(call), conversationID: conversationID, branchID: request.branchId)
  }

  /// Sends a message, hands over each event of the answer, and gives the whole answer at the end.
  /// - Returns: nil: the server ended the stream in good order without a whole message.
  @discardableResult
  public func stream(
    to conversationID: String, _ request: SendMessageRequest, onChunk: (StreamChunk) async -> Void
  ) async throws(ChatRoutesError) -> SendMessageResponse? {
    var chunks = try await stream(to: conversationID, request).makeAsyncIterator()
    var completion: SendMessageResponse?
    while let chunk = try await chunks.next() {
      await onChunk(chunk)
      completion = chunk.completion ?? completion
    }
    return completion
  }

  /// The messages of a branch; nil: of the main branch.
  public func list(in conversationID: String, branchID: String? = nil) async throws(ChatRoutesError) -> [Message] {
    let query = branchID.map { [("branchId", $0)] } ?? []
    return try await caller.answer(to: .get("conversations", conversationID, "messages", query: query)).list("messages")
  }

  /// Makes a new version of a message.
  public func update(_ id: String, content: String) async throws(ChatRoutesError) -> Message {
    try await caller.answer(to: .patch("messages", id, body: ["content": content.json])).object("message")
  }

  /// Deletes a message.
  public func delete(_ id: String) async throws(ChatRoutesError) {
    try await caller.perform(.delete("messages", id))
  }
}
