extension World {
  mutating func createConversation(_ call: Call, _ account: String) throws(Problem) -> Reply {
    let body = try call.object()
    let title = try body.requiredText("title")
    let model = try body.model() ?? LanguageModel.names[0]
    guard accounts[account]!.conversations.count < configuration.conversationsPerAccountMax else {
      throw .validation("the account holds \(configuration.conversationsPerAccountMax) conversations: delete some")
    }
    var conversation = Conversation(
      id: random.identifier("conv"), userID: account, title: title, model: model, mainID: random.identifier("branch"),
      at: clock.tick())
    conversation.settings = try conversation.settings.setting(from: body)
    accounts[account]!.conversations[conversation.id] = conversation
    let json = conversation.json.adding("branches", conversation.branchesJSON)
    return payload(["conversation": json], status: 201)
  }

  /// Newest change first. Numbers that cannot be read take their defaults: the TypeScript SDK sends `page=undefined`.
  func listConversations(_ call: Call, _ account: String) -> Reply {
    let page = max(1, call.query["page"].flatMap { Int($0) } ?? 1)
    let limit = min(100, max(1, call.query["limit"].flatMap { Int($0) } ?? 10))
    let owned = accounts[account]!.conversations.values.sorted { $0.updatedAt > $1.updatedAt }
    let all = call.query["filter"] == "shared" ? [] : owned
    let (start, overflow) = (page - 1).multipliedReportingOverflow(by: limit)
    let shown = overflow ? [] : all.dropFirst(start).prefix(limit).map(\.json)
    let list: JSON = [
      "conversations": .array(Array(shown)), "total": .int(all.count), "page": .int(page), "limit": .int(limit),
      "hasNext": .bool(!overflow && start < all.count && all.count - start > limit),
    ]
    if configuration.envelope == .bare { return payload(list) }
    // The Python SDK reads the top level, the TypeScript SDK `data`.
    return Reply(json: (["success": true, "data": list] as JSON).merging(list))
  }

  func getConversation(_ id: String, _ account: String) throws(Problem) -> Reply {
    let conversation = try conversation(id, account)
    let json = conversation.json
      .adding("messages", conversation.messagesJSON(of: conversation.main))
      .adding("branches", conversation.branchesJSON)
    return payload(["conversation": json])
  }

  mutating func updateConversation(_ call: Call, _ id: String, _ account: String) throws(Problem) -> Reply {
    let old = try conversation(id, account)
    let body = try call.object()
    let title = try body.optionalText("title") ?? old.title
    let model = try body.model() ?? old.model
    let settings = try old.settings.setting(from: body)
    let moment = clock.tick()
    accounts[account]!.conversations[id]!.title = title
    accounts[account]!.conversations[id]!.model = model
    accounts[account]!.conversations[id]!.settings = settings
    accounts[account]!.conversations[id]!.updatedAt = moment
    return payload(["conversation": try conversation(id, account).json])
  }

  mutating func deleteConversation(_ id: String, _ account: String) throws(Problem) -> Reply {
    let conversation = try conversation(id, account)
    accounts[account]!.forget(messages: conversation.messages.keys, checkpoints: conversation.checkpoints)
    accounts[account]!.conversations[id] = nil
    return payload(.object([]))
  }
}

extension JSON {
  /// A member that must be a string with something in it.
  func requiredText(_ name: String) throws(Problem) -> String {
    guard let text = try optionalText(name) else { throw .validation("\(name) is required", field: name) }
    return text
  }

  /// A member that, unless absent or null, must be a string with something in it.
  func optionalText(_ name: String) throws(Problem) -> String? {
    guard let value = self[name], value != .null else { return nil }
    guard let text = value.string, !text.allSatisfy(\.isWhitespace) else {
      throw .validation("\(name) must be a text that is not empty", field: name)
    }
    return text
  }

  func model() throws(Problem) -> String? {
    guard let name = try optionalText("model") else { return nil }
    guard LanguageModel.names.contains(name) else {
      throw .validation("model is not known; available: \(LanguageModel.names.joined(separator: ", "))", field: "model")
    }
    return name
  }

  func temperature() throws(Problem) -> Double? {
    guard let value = self["temperature"], value != .null else { return nil }
    guard let number = value.number, (0...2).contains(number) else {
      throw .validation("temperature must be a number from 0 to 2", field: "temperature")
    }
    return number
  }

  func maxTokens() throws(Problem) -> Int? {
    guard let value = self["maxTokens"], value != .null else { return nil }
    guard let number = value.int, number > 0 else {
      throw .validation("maxTokens must be a whole number above 0", field: "maxTokens")
    }
    return number
  }

  /// These settings of a conversation, changed by what a body sets; other members of the body are not settings.
  fileprivate func setting(from body: JSON) throws(Problem) -> JSON {
    guard case .object(var settings) = self else { return self }
    let values: [(String, JSON?)] = [
      ("temperature", try body.temperature().map(JSON.double)), ("maxTokens", try body.maxTokens().map(JSON.int)),
      ("systemPrompt", try body.optionalText("systemPrompt").map(JSON.string)),
      ("status", try body.optionalText("status").map(JSON.string)),
      ("isArchived", try body.flag("isArchived").map(JSON.bool)),
    ]
    for case (let name, let value?) in values {
      settings.removeAll { $0.name == name }
      settings.append(Member(name: name, value: value))
    }
    return .object(settings)
  }

  func flag(_ name: String) throws(Problem) -> Bool? {
    guard let value = self[name], value != .null else { return nil }
    guard let flag = value.bool else { throw .validation("\(name) must be true or false", field: name) }
    return flag
  }
}
