extension World {
  /// Forks at `baseNodeId`, or at the last message of the main branch when the body names none.
  mutating func createBranch(_ call: Call, _ conversationID: String, _ account: String) throws(Problem) -> Reply {
    let conversation = try conversation(conversationID, account)
    let body = try call.object()
    let base = try body.optionalText("baseNodeId") ?? conversation.shown(conversation.main).last?.id
    return try addBranch(body, forkPoint: base, to: conversation, account)
  }

  mutating func fork(_ call: Call, _ conversationID: String, _ account: String) throws(Problem) -> Reply {
    let conversation = try conversation(conversationID, account)
    let body = try call.object()
    let forkPoint = try body.requiredText("forkPointMessageId")
    return try addBranch(body, forkPoint: forkPoint, to: conversation, account)
  }

  private mutating func addBranch(
    _ body: JSON, forkPoint: String?, to conversation: Conversation, _ account: String
  ) throws(Problem) -> Reply {
    let title = try body.requiredText("title")
    let mode = try body.contextMode() ?? .full
    if let forkPoint { _ = try conversation.message(forkPoint) }
    guard conversation.branches.count < configuration.branchesPerConversationMax else {
      throw .validation("the conversation holds \(configuration.branchesPerConversationMax) branches: delete some")
    }
    let parent = forkPoint.flatMap(conversation.owner) ?? conversation.main
    let moment = clock.tick()
    let branch = Branch(
      id: random.identifier("branch"), parentID: parent.id, forkPointID: forkPoint, title: title,
      description: try body.optionalText("description"), contextMode: mode, createdAt: moment, updatedAt: moment)
    accounts[account]!.conversations[conversation.id]!.add(branch)
    return try branchReply(branch.id, conversation.id, account, status: 201)
  }

  mutating func updateBranch(
    _ call: Call, _ conversationID: String, _ id: String, _ account: String
  ) throws(Problem) -> Reply {
    let old = try conversation(conversationID, account).branch(id)
    let body = try call.object()
    let title = try body.optionalText("title") ?? old.title
    let description = try body.optionalText("description") ?? old.description
    let mode = try body.contextMode() ?? old.contextMode
    let isActive = try body.flag("isActive") ?? old.isActive
    accounts[account]!.conversations[conversationID]!.change(id, at: clock.tick()) { branch in
      branch.title = title
      branch.description = description
      branch.contextMode = mode
      branch.isActive = isActive
    }
    return try branchReply(id, conversationID, account)
  }

  mutating func deleteBranch(_ conversationID: String, _ id: String, _ account: String) throws(Problem) -> Reply {
    let conversation = try conversation(conversationID, account)
    guard try !conversation.branch(id).isMain else { throw .validation("the main branch cannot be deleted") }
    let removed = accounts[account]!.conversations[conversationID]!.remove(id, at: clock.tick())
    let kept = Set(accounts[account]!.conversations[conversationID]!.checkpoints.map(\.id))
    accounts[account]!.forget(messages: removed, checkpoints: conversation.checkpoints.filter { !kept.contains($0.id) })
    return payload(.object([]))
  }

  mutating func mergeBranch(_ conversationID: String, _ id: String, _ account: String) throws(Problem) -> Reply {
    let branch = try conversation(conversationID, account).branch(id)
    guard !branch.isMain else { throw .validation("the main branch has no parent to merge into") }
    accounts[account]!.conversations[conversationID]!.merge(branch, at: clock.tick())
    return try branchReply(id, conversationID, account)
  }

  private func branchReply(
    _ id: String, _ conversationID: String, _ account: String, status: Int = 200
  ) throws(Problem) -> Reply {
    let conversation = try conversation(conversationID, account)
    return payload(["branch": conversation.json(of: try conversation.branch(id))], status: status)
  }
}

extension JSON {
  fileprivate func contextMode() throws(Problem) -> ContextMode? {
    guard let text = try optionalText("contextMode") else { return nil }
    guard let mode = ContextMode(rawValue: text) else {
      throw .validation("contextMode must be FULL, PARTIAL or MINIMAL", field: "contextMode")
    }
    return mode
  }
}
