extension World {
  func listCheckpoints(_ call: Call, _ conversationID: String, _ account: String) throws(Problem) -> Reply {
    let conversation = try conversation(conversationID, account)
    var checkpoints = conversation.checkpoints
    if let branchID = call.query["branchId"] {
      _ = try conversation.branch(branchID)
      checkpoints.removeAll { $0.branchID != branchID }
    }
    return payload(["checkpoints": .array(checkpoints.map(\.json))])
  }

  mutating func createCheckpoint(_ call: Call, _ conversationID: String, _ account: String) throws(Problem) -> Reply {
    let conversation = try conversation(conversationID, account)
    let body = try call.object()
    let branch = try conversation.branch(try body.requiredText("branchId"))
    let anchor = try body.requiredText("anchorMessageId")
    let summary = try conversation.summary(of: branch, upTo: anchor)
    guard conversation.checkpoints.count < configuration.branchesPerConversationMax else {
      throw .validation("the conversation holds too many checkpoints: delete some")
    }
    let checkpoint = Checkpoint(
      id: random.identifier("chk"), conversationID: conversationID, branchID: branch.id, anchorID: anchor,
      summary: summary, createdAt: clock.tick())
    accounts[account]!.conversations[conversationID]!.checkpoints.append(checkpoint)
    accounts[account]!.homeOfCheckpoint[checkpoint.id] = conversationID
    return payload(["checkpoint": checkpoint.json], status: 201)
  }

  mutating func deleteCheckpoint(_ id: String, _ account: String) throws(Problem) -> Reply {
    let (home, index) = try place(ofCheckpoint: id, account)
    accounts[account]!.conversations[home]!.checkpoints.remove(at: index)
    accounts[account]!.homeOfCheckpoint[id] = nil
    return payload(.object([]))
  }

  /// Summarises again, from the messages as they are now, under the same identifier.
  mutating func recreateCheckpoint(_ id: String, _ account: String) throws(Problem) -> Reply {
    let (home, index) = try place(ofCheckpoint: id, account)
    let conversation = try conversation(home, account)
    var checkpoint = conversation.checkpoints[index]
    checkpoint.summary = try conversation.summary(
      of: try conversation.branch(checkpoint.branchID), upTo: checkpoint.anchorID)
    checkpoint.createdAt = clock.tick()
    accounts[account]!.conversations[home]!.checkpoints[index] = checkpoint
    return payload(["checkpoint": checkpoint.json])
  }

  private func place(ofCheckpoint id: String, _ account: String) throws(Problem) -> (home: String, index: Int) {
    guard let home = accounts[account]?.homeOfCheckpoint[id],
      let index = try conversation(home, account).checkpoints.firstIndex(where: { $0.id == id })
    else { throw .notFound("checkpoint") }
    return (home, index)
  }
}

extension Conversation {
  /// - Throws: not found, when the branch does not show the anchor message.
  fileprivate func summary(of branch: Branch, upTo anchor: String) throws(Problem) -> String {
    let shown = shown(branch)
    guard let end = shown.firstIndex(where: { $0.id == anchor }) else { throw .notFound("anchor message") }
    return LanguageModel.summary(of: Array(shown[...end]))
  }
}
