/// The calls about checkpoints.
public struct CheckpointsResource: Sendable {
  let caller: APICaller

  /// The checkpoints of a branch; nil: of the whole conversation.
  public func list(in conversationID: String, branchID: String? = nil) async throws(ChatRoutesError) -> [Checkpoint] {
    let query = branchID.map { [("branchId", $0)] } ?? []
    return try await caller.answer(to: .get("conversations", conversationID, "checkpoints", query: query))
      .list("checkpoints")
  }

  /// Creates a checkpoint.
  public func create(
    in conversationID: String, _ request: CheckpointCreateRequest
  ) async throws(ChatRoutesError) -> Checkpoint {
    try await caller.answer(to: .post("conversations", conversationID, "checkpoints", body: request))
      .object("checkpoint")
  }

  /// Deletes a checkpoint.
  public func delete(_ id: String) async throws(ChatRoutesError) {
    try await caller.perform(.delete("checkpoints", id))
  }

  /// Writes the summary of a checkpoint anew.
  public func recreate(_ id: String) async throws(ChatRoutesError) -> Checkpoint {
    try await caller.answer(to: .post("checkpoints", id, "recreate")).object("checkpoint")
  }
}
