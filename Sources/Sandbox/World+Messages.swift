extension World {
  func listMessages(_ conversationID: String, branchID: String?, _ account: String) throws(Problem) -> Reply {
    let conversation = try conversation(conversationID, account)
    let branch = try branchID.map { id throws(Problem) in try conversation.branch(id) } ?? conversation.main
    return payload(["messages": conversation.messagesJSON(of: branch)])
  }

  mutating func updateMessage(_ call: Call, _ id: String, _ account: String) throws(Problem) -> Reply {
    let home = try home(ofMessage: id, account)
    let content = try call.object().requiredText("content")
    accounts[account]!.conversations[home]!.rewrite(id, content: content, at: clock.tick())
    return payload(["message": try conversation(home, account).message(id).json])
  }

  mutating func deleteMessage(_ id: String, _ account: String) throws(Problem) -> Reply {
    let home = try home(ofMessage: id, account)
    accounts[account]!.conversations[home]!.delete(id, at: clock.tick())
    return payload(.object([]))
  }

  /// The conversation of a message that exists and is not deleted.
  private func home(ofMessage id: String, _ account: String) throws(Problem) -> String {
    guard let home = accounts[account]?.homeOfMessage[id] else { throw .notFound("message") }
    _ = try conversation(home, account).message(id)
    return home
  }

  // MARK: Sending

  /// Checks a message to be sent and composes the answer to it; nothing is recorded yet.
  func generation(for call: Call, _ ids: [String], _ account: String) throws(Problem) -> Generation {
    let conversation = try conversation(ids[0], account)
    let body = try call.object()
    let branchID = ids.count > 1 ? ids[1] : try body.optionalText("branchId")
    let branch = try branchID.map { id throws(Problem) in try conversation.branch(id) } ?? conversation.main
    let prompt = try body.requiredText("content")
    let model = LanguageModel.version(of: try body.model() ?? conversation.model)
    let temperature = try body.temperature() ?? conversation.settings["temperature"]?.number ?? 0.7
    let maxTokens = try body.maxTokens() ?? conversation.settings["maxTokens"]?.int ?? 2_048
    guard conversation.messages.count + 2 <= configuration.messagesPerConversationMax else {
      throw .validation("the conversation holds \(configuration.messagesPerConversationMax) messages: start another")
    }
    let context = conversation.shown(branch)
    let reply = LanguageModel.tokens(
      of: LanguageModel.reply(to: prompt, historyLength: context.count, seed: configuration.seed))
    let promptTokens = LanguageModel.tokens(of: prompt).count + context.reduce(0) { $0 + $1.tokenCount }
    return Generation(
      accountID: account, conversationID: conversation.id, branchID: branch.id, prompt: prompt, model: model,
      temperature: temperature, maxTokens: maxTokens, tokens: Array(reply.prefix(maxTokens)),
      finishReason: reply.count > maxTokens ? "length" : "stop", promptTokens: promptTokens,
      contextMessageCount: context.count + 1,
      usedCheckpoint: conversation.checkpoints.contains { $0.branchID == branch.id })
  }

  /// Records a generation's two messages and answers the call that asked for it.
  mutating func finish(_ generation: Generation, for call: Call, now: Timestamp) -> Reply {
    clock.observe(now)
    do {
      let (user, assistant) = try record(generation)
      let messages: JSON =
        switch configuration.sendShape {
        case .message: ["message": assistant.json]
        case .userAndAssistant: ["userMessage": user.json, "assistantMessage": assistant.json]
        }
      let tail: JSON = ["usage": generation.usage, "model": .string(generation.model)]
      return finished(payload(messages.merging(tail)), for: call)
    } catch {
      return finished(error.reply, for: call)
    }
  }

  /// Records a generation's two messages and gives the stream's last events, `complete` and `[DONE]`.
  mutating func finishStream(_ generation: Generation, now: Timestamp) -> [[UInt8]] {
    clock.observe(now)
    do {
      let (_, assistant) = try record(generation)
      let complete: JSON = [
        "type": "complete",
        "message": configuration.completeMessage == .full ? assistant.json : assistant.shortJSON,
        "usage": generation.usage, "model": .string(generation.model),
      ]
      return [Generation.event(complete), Generation.done]
    } catch {
      return [Generation.event((["type": "error"] as JSON).merging(error.json)), Generation.done]
    }
  }

  /// - Throws: not found, when the conversation or branch was deleted while the text was generated.
  private mutating func record(_ generation: Generation) throws(Problem) -> (user: Message, assistant: Message) {
    let account = generation.accountID
    let conversation = try conversation(generation.conversationID, account)
    let branch = try conversation.branch(generation.branchID)
    let user = Message(
      id: random.identifier("msg"), conversationID: conversation.id, branchID: branch.id,
      parentID: conversation.shown(branch).last?.id ?? branch.forkPointID, role: "user", content: generation.prompt,
      model: nil, metadata: nil, createdAt: clock.tick())
    let assistant = Message(
      id: random.identifier("msg"), conversationID: conversation.id, branchID: branch.id, parentID: user.id,
      role: "assistant", content: generation.content, model: generation.model, metadata: generation.metadata,
      createdAt: clock.tick())
    for message in [user, assistant] {
      accounts[account]!.conversations[generation.conversationID]!.append(message)
      accounts[account]!.homeOfMessage[message.id] = generation.conversationID
    }
    return (user, assistant)
  }
}
