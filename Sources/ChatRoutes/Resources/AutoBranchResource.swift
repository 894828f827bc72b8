/// The calls about suggestions for branches.
public struct AutoBranchResource: Sendable {
  let caller: APICaller

  /// Looks for topics in a text that are worth a branch of their own.
  public func suggestBranches(
    _ request: SuggestBranchesRequest
  ) async throws(ChatRoutesError) -> SuggestBranchesResponse {
    try await caller.answer(to: .post("autobranch", "suggest-branches", body: request)).payload()
  }

  /// Looks for topics in a text, with the defaults of the service.
  public func analyzeText(_ text: String) async throws(ChatRoutesError) -> SuggestBranchesResponse {
    try await suggestBranches(SuggestBranchesRequest(text: text))
  }

  /// The state of the service.
  public func health() async throws(ChatRoutesError) -> HealthResponse {
    try await caller.answer(to: .get("autobranch", "health")).payload()
  }
}
