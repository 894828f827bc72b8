/// The whole state of a sandbox and what each call does to it. Pure: no clock, no I/O, no suspension.
struct World: Sendable {
  let configuration: SandboxConfiguration
  var clock = LogicalClock()
  var random: SeededRandom
  var accounts: [String: Account] = [:]
  /// Account by API key or access token.
  var accountByKey: [String: String] = [:]
  /// Account by e-mail address.
  var accountByEmail: [String: String] = [:]
  var sessions: [String: Session] = [:]
  var log = RequestLog()
  var faults = FaultQueue()

  init(configuration: SandboxConfiguration, now: Timestamp) {
    self.configuration = configuration
    random = SeededRandom(seed: configuration.seed)
    clock.observe(now)
    for (index, key) in configuration.apiKeys.enumerated() {
      let account = newAccount(email: "demo\(index + 1)@sandbox.example", name: "Demo \(index + 1)", password: nil)
      accountByKey[key] = account
    }
  }

  /// Notes an API call in the log and says which fault, if any, it must meet.
  /// - Throws: validation, when `X-Sandbox-Fault` holds no fault: a misspelt one must not pass for good weather.
  mutating func receive(_ call: Call) throws(Problem) -> Fault? {
    log.note(call, endpoint: Route.find(call)?.endpoint)
    guard let text = call.fault else { return faults.take(for: call) }
    return try Fault(named: text)
  }

  /// Answers one API call, or says what has to be generated for it.
  mutating func respond(to call: Call, now: Timestamp) -> Outcome {
    clock.observe(now)
    do {
      switch try route(call) {
      case .reply(let reply): return .reply(finished(reply, for: call))
      case let generation: return generation
      }
    } catch {
      return .reply(finished(error.reply, for: call))
    }
  }

  /// Adds what every answer carries: a request id, and for reads a validator.
  mutating func finished(_ reply: Reply, for call: Call) -> Reply {
    var reply = reply
    if call.routedMethod == "GET", reply.status == 200 { reply = reply.validated(against: call.ifNoneMatch) }
    reply.fields.append(.init(name: "X-Request-Id", value: random.identifier("req")))
    return reply
  }

  private mutating func route(_ call: Call) throws(Problem) -> Outcome {
    guard let (endpoint, identifiers) = Route.find(call) else { throw .notFound("endpoint") }
    if endpoint.isOpen { return .reply(try answerOpen(endpoint, call)) }
    let account = try account(of: call)
    try countCall(of: account)
    switch endpoint {
    case .messagesSend, .messagesStream, .branchesSend:
      let generation = try generation(for: call, identifiers, account)
      return endpoint == .messagesStream ? .stream(generation) : .generate(generation)
    default:
      return .reply(try answer(endpoint, call, identifiers, account))
    }
  }

  private mutating func answerOpen(_ endpoint: Sandbox.Endpoint, _ call: Call) throws(Problem) -> Reply {
    switch endpoint {
    case .authRegister: try register(call)
    case .authLogin: try logIn(call)
    case .authRefresh: try refresh(call)
    default: payload(["status": "healthy", "version": "1.0.0", "service": "autobranch"])
    }
  }

  private mutating func answer(
    _ endpoint: Sandbox.Endpoint, _ call: Call, _ ids: [String], _ account: String
  ) throws(Problem) -> Reply {
    switch endpoint {
    case .conversationsCreate: try createConversation(call, account)
    case .conversationsList: listConversations(call, account)
    case .conversationsGet: try getConversation(ids[0], account)
    case .conversationsUpdate: try updateConversation(call, ids[0], account)
    case .conversationsDelete: try deleteConversation(ids[0], account)
    case .conversationsTree: payload(ConversationTree(of: try conversation(ids[0], account)).json)
    case .messagesList: try listMessages(ids[0], branchID: call.query["branchId"], account)
    case .branchesMessages: try listMessages(ids[0], branchID: ids[1], account)
    case .messagesUpdate: try updateMessage(call, ids[0], account)
    case .messagesDelete: try deleteMessage(ids[0], account)
    case .branchesList: payload(["branches": try conversation(ids[0], account).branchesJSON])
    case .branchesCreate: try createBranch(call, ids[0], account)
    case .branchesFork: try fork(call, ids[0], account)
    case .branchesUpdate: try updateBranch(call, ids[0], ids[1], account)
    case .branchesDelete: try deleteBranch(ids[0], ids[1], account)
    case .branchesMerge: try mergeBranch(ids[0], ids[1], account)
    case .checkpointsList: try listCheckpoints(call, ids[0], account)
    case .checkpointsCreate: try createCheckpoint(call, ids[0], account)
    case .checkpointsDelete: try deleteCheckpoint(ids[0], account)
    case .checkpointsRecreate: try recreateCheckpoint(ids[0], account)
    case .autobranchSuggest: payload(try BranchSuggestions(for: call.object()).json)
    case .authLogout: logOut(call)
    case .authMe: payload(accounts[account]?.userJSON ?? .null)
    case .messagesSend, .messagesStream, .branchesSend, .authRegister, .authLogin, .authRefresh, .autobranchHealth:
      preconditionFailure("\(endpoint.rawValue) is answered before accounts are asked")
    }
  }

  /// A payload in the configured envelope.
  func payload(_ json: JSON, status: Int = 200) -> Reply {
    Reply(status: status, json: configuration.envelope == .bare ? json : ["success": true, "data": json])
  }

  func conversation(_ id: String, _ account: String) throws(Problem) -> Conversation {
    guard let conversation = accounts[account]?.conversations[id] else { throw .notFound("conversation") }
    return conversation
  }
}
