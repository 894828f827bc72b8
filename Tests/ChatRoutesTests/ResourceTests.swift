import HTTPTypes
import Testing

@testable import ChatRoutes

/// Every call of the API, as it leaves and as its answer is read.
struct ResourceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let request: String
    var body: String?
    let answer: String
    let call: @Sendable (ChatRoutesClient) async throws -> String?
    let result: String?

    init(
      _ name: String, _ request: String, _ body: String? = nil, answer: String, gives result: String?,
      _ call: @escaping @Sendable (ChatRoutesClient) async throws -> String?
    ) {
      (self.name, self.request, self.body, self.answer, self.result, self.call) = (
        name, request, body, answer, result, call
      )
    }

    var testDescription: String { name }
  }

  static let rows: [Row] = conversations + messages + branches + others

  static let conversations: [Row] = [
    Row(
      "create", "POST /api/v1/conversations", #"{"model":"gpt-5","title":"T"}"#,
      answer: #"{"success":true,"data":{"conversation":{"id":"c1"}}}"#, gives: "c1"
    ) { try await $0.conversations.create(.init(title: "T", model: .gpt5)).id },
    Row(
      "create, bare", "POST /api/v1/conversations", #"{"title":"T"}"#, answer: #"{"conversation":{"id":"c1"}}"#,
      gives: "c1"
    ) { try await $0.conversations.create(.init(title: "T")).id },
    Row(
      "list, Python", "GET /api/v1/conversations?page=2&limit=5&filter=owned",
      answer: #"{"conversations":[{"id":"a"},{"id":"b"}],"total":7,"page":2,"limit":5,"hasNext":false}"#,
      gives: "a,b 7 2 5 Optional(false)"
    ) { describe(try await $0.conversations.list(.init(page: 2, limit: 5, filter: .owned))) },
    Row(
      "list, TypeScript", "GET /api/v1/conversations",
      answer: #"{"success":true,"data":{"conversations":[{"id":"a"}],"total":1,"page":1,"limit":20}}"#,
      gives: "a 1 1 20 nil"
    ) { describe(try await $0.conversations.list()) },
    Row(
      "list, both", "GET /api/v1/conversations",
      answer:
        #"{"success":true,"data":{"conversations":[{"id":"a"}],"total":1},"conversations":[{"id":"a"}],"page":3,"hasNext":true}"#,
      gives: "a 1 3 10 Optional(true)"
    ) { describe(try await $0.conversations.list()) },
    Row(
      "get", "GET /api/v1/conversations/c%2F1%3Fx",
      answer: #"{"data":{"conversation":{"id":"c1","messages":[{"id":"m1"}],"branches":[{"id":"b1"}]}}}"#,
      gives: "m1 b1"
    ) {
      let conversation = try await $0.conversations.get("c/1?x")
      return "\(conversation.messages?.first?.id ?? "") \(conversation.branches?.first?.id ?? "")"
    },
    Row(
      "update, entity itself", "PATCH /api/v1/conversations/c1", #"{"title":"U"}"#, answer: #"{"id":"c1","title":"U"}"#,
      gives: "U"
    ) { try await $0.conversations.update("c1", .init(title: "U")).title },
    Row("delete, 200", "DELETE /api/v1/conversations/c1", answer: "{}", gives: nil) {
      try await $0.conversations.delete("c1")
      return nil
    },
    Row("delete, nothing", "DELETE /api/v1/conversations/c1", answer: "", gives: nil) {
      try await $0.conversations.delete("c1")
      return nil
    },
    Row(
      "tree, Python", "GET /api/v1/conversations/c1/tree",
      answer:
        #"{"data":{"conversation":{"id":"c1"},"tree":{"id":"m1","children":[{"id":"m2"}]},"metadata":{"totalNodes":2}}}"#,
      gives: "m2 2"
    ) {
      let tree = try await $0.conversations.getTree("c1")
      return "\(tree.tree?.children?.first?.id ?? "") \(tree.metadata?.totalNodes ?? 0)"
    },
    Row(
      "tree, TypeScript", "GET /api/v1/conversations/c1/tree",
      answer: #"{"conversation":{"id":"c1"},"branches":[{"id":"b"}],"mainBranch":{"id":"b","isMain":true}}"#,
      gives: "b true"
    ) {
      let tree = try await $0.conversations.getTree("c1")
      return "\(tree.branches?.first?.id ?? "") \(tree.mainBranch?.isMain ?? false)"
    },
  ]

  static let messages: [Row] = [
    Row(
      "send", "POST /api/v1/conversations/c1/messages",
      #"{"branchId":"b1","content":"Hi","maxTokens":9,"model":"other","temperature":0.5}"#,
      answer: #"{"data":{"message":{"id":"m2"},"usage":{"totalTokens":10},"model":"x"}}"#, gives: "m2 10 x"
    ) {
      let request = SendMessageRequest(content: "Hi", model: "other", temperature: 0.5, maxTokens: 9, branchId: "b1")
      return describe(try await $0.messages.send(to: "c1", request))
    },
    Row(
      "send, older server", "POST /api/v1/conversations/c1/messages", #"{"content":"Hi"}"#,
      answer: #"{"data":{"userMessage":{"id":"m1"},"assistantMessage":{"id":"m2","tokens":3},"model":"x"}}"#,
      gives: "m2 0 x"
    ) { describe(try await $0.messages.send(to: "c1", .init(content: "Hi"))) },
    Row(
      "list", "GET /api/v1/conversations/c1/messages?branchId=b%201", answer: #"{"data":{"messages":[{"id":"m1"}]}}"#,
      gives: "m1"
    ) { try await $0.messages.list(in: "c1", branchID: "b 1").first?.id },
    Row("list, bare", "GET /api/v1/conversations/c1/messages", answer: #"[{"id":"m1"},7]"#, gives: "m1") {
      try await $0.messages.list(in: "c1").last?.id
    },
    Row(
      "update", "PATCH /api/v1/messages/m1", #"{"content":"x"}"#, answer: #"{"data":{"message":{"id":"m1"}}}"#,
      gives: "m1"
    ) {
      try await $0.messages.update("m1", content: "x").id
    },
    Row("delete", "DELETE /api/v1/messages/m1", answer: "", gives: nil) {
      try await $0.messages.delete("m1")
      return nil
    },
  ]

  static let branches: [Row] = [
    Row("list", "GET /api/v1/conversations/c1/branches", answer: #"{"branches":[{"id":"b1"}]}"#, gives: "b1") {
      try await $0.branches.list(in: "c1").first?.id
    },
    Row(
      "create", "POST /api/v1/conversations/c1/branches",
      #"{"baseNodeId":"m1","contextMode":"PARTIAL","description":"d","title":"T"}"#,
      answer: #"{"data":{"branch":{"id":"b1"}}}"#,
      gives: "b1"
    ) {
      let request = CreateBranchRequest(title: "T", baseNodeId: "m1", purpose: "d", contextMode: .partial)
      return try await $0.branches.create(in: "c1", request).id
    },
    Row(
      "fork", "POST /api/v1/conversations/c1/fork", #"{"forkPointMessageId":"m1","title":"T"}"#,
      answer: #"{"data":{"branch":{"id":"b1"}}}"#, gives: "b1"
    ) { try await $0.branches.fork(in: "c1", .init(forkPointMessageId: "m1", title: "T")).id },
    Row(
      "update", "PATCH /api/v1/conversations/c1/branches/b1", #"{"isActive":false}"#,
      answer: #"{"data":{"branch":{"id":"b1"}}}"#, gives: "b1"
    ) { try await $0.branches.update("b1", in: "c1", .init(isActive: false)).id },
    Row("delete", "DELETE /api/v1/conversations/c1/branches/b1", answer: "", gives: nil) {
      try await $0.branches.delete("b1", in: "c1")
      return nil
    },
    Row(
      "messages", "GET /api/v1/conversations/c1/branches/b1/messages", answer: #"{"data":{"messages":[{"id":"m1"}]}}"#,
      gives: "m1"
    ) { try await $0.branches.getMessages("b1", in: "c1").first?.id },
    Row(
      "send", "POST /api/v1/conversations/c1/branches/b1/messages", #"{"content":"Hi"}"#,
      answer: #"{"message":{"id":"m2"},"usage":{"totalTokens":1},"model":"x"}"#, gives: "m2 1 x"
    ) { describe(try await $0.branches.sendMessage(to: "b1", in: "c1", .init(content: "Hi"))) },
    Row(
      "merge", "POST /api/v1/conversations/c1/branches/b1/merge", answer: #"{"data":{"branch":{"id":"b0"}}}"#,
      gives: "b0"
    ) {
      try await $0.branches.merge("b1", in: "c1").id
    },
  ]

  static let others: [Row] = [
    Row(
      "checkpoints", "GET /api/v1/conversations/c1/checkpoints?branchId=b1",
      answer: #"{"data":{"checkpoints":[{"id":"k1","token_count":3}]}}"#, gives: "3"
    ) { try await $0.checkpoints.list(in: "c1", branchID: "b1").first?.tokenCount.map(String.init) },
    Row(
      "checkpoint", "POST /api/v1/conversations/c1/checkpoints", #"{"anchorMessageId":"m1","branchId":"b1"}"#,
      answer: #"{"data":{"checkpoint":{"anchor_message_id":"m1","id":"k1"}}}"#, gives: "m1"
    ) { try await $0.checkpoints.create(in: "c1", .init(branchId: "b1", anchorMessageId: "m1")).anchorMessageId },
    Row("delete checkpoint", "DELETE /api/v1/checkpoints/k1", answer: "", gives: nil) {
      try await $0.checkpoints.delete("k1")
      return nil
    },
    Row(
      "recreate", "POST /api/v1/checkpoints/k1/recreate", answer: #"{"data":{"checkpoint":{"id":"k1"}}}"#, gives: "k1"
    ) {
      try await $0.checkpoints.recreate("k1").id
    },
    Row(
      "suggest", "POST /api/v1/autobranch/suggest-branches",
      #"{"hybridDetection":true,"llmApiKey":"other-key","suggestionsCount":3,"text":"x","threshold":0.7}"#,
      answer:
        #"{"suggestions":[{"branchPoint":{"start":1,"end":4},"estimatedDivergence":"extreme"}],"metadata":{"detectionMethod":"llm"}}"#,
      gives: "4 extreme false llm"
    ) {
      let answer = try await $0.autobranch.suggestBranches(
        .init(text: "x", hybridDetection: true, llmApiKey: "other-key"))
      let suggestion = answer.suggestions?.first
      let divergence = suggestion?.estimatedDivergence
      return "\(suggestion?.branchPoint?.end ?? 0) \(divergence ?? "") \(divergence?.isKnown ?? true) "
        + "\(answer.metadata?.detectionMethod ?? "")"
    },
    Row("health", "GET /api/v1/autobranch/health", answer: #"{"status":"healthy","version":"1"}"#, gives: "healthy") {
      try await $0.autobranch.health().status
    },
    Row(
      "register", "POST /api/v1/auth/register", #"{"email":"e","name":"n","password":"p"}"#,
      answer: #"{"success":true,"data":{"user":{"id":"u"},"tokens":{"accessToken":"t"}}}"#, gives: "u t"
    ) {
      let session = try await $0.auth.register(.init(email: "e", password: "p", name: "n"))
      return "\(session.user?.id ?? "") \(session.tokens?.accessToken ?? "")"
    },
    Row(
      "login", "POST /api/v1/auth/login", #"{"email":"e","password":"p"}"#,
      answer: #"{"success":true,"data":{"user":{"id":"u"},"tokens":{}}}"#, gives: "u"
    ) { try await $0.auth.login(.init(email: "e", password: "p")).user?.id },
    Row(
      "refresh", "POST /api/v1/auth/refresh", #"{"refreshToken":"r"}"#,
      answer: #"{"data":{"accessToken":"t","expiresIn":60}}"#,
      gives: "t"
    ) { try await $0.auth.refresh("r").accessToken },
    Row(
      "refresh, as session", "POST /api/v1/auth/refresh", #"{"refreshToken":"r"}"#,
      answer: #"{"data":{"tokens":{"accessToken":"t"}}}"#, gives: "t"
    ) { try await $0.auth.refresh("r").accessToken },
    Row("me", "GET /api/v1/auth/me", answer: #"{"success":true,"data":{"id":"u","email":"e"}}"#, gives: "e") {
      try await $0.auth.me(accessToken: "jwt").email
    },
    Row("logout", "POST /api/v1/auth/logout", answer: #"{"success":true}"#, gives: nil) {
      try await $0.auth.logout()
      return nil
    },
  ]

  @Test(arguments: rows)
  func callIsMadeAndItsAnswerRead(row: Row) async throws {
    let transport = ScriptedTransport(json: row.answer)
    #expect(try await row.call(ChatRoutesClient(scripted: transport)) == row.result)
    let request = try #require(transport.requests.first)
    #expect("\(request.method) \(request.target)" == row.request)
    #expect(text(request.body) == row.body)
    #expect(request.fields[.contentType] == row.body.map { _ in "application/json" })
  }

  @Test func credentialFitsTheCall() async throws {
    let transport = ScriptedTransport([.json("{}"), .json("{}"), .json(#"{"id":"u"}"#), .json(#"{"id":"u"}"#)])
    let client = ChatRoutesClient(scripted: transport)
    _ = try await client.autobranch.health()
    _ = try await client.auth.login(.init(email: "e", password: "p"))
    _ = try await client.auth.me(accessToken: "jwt")
    _ = try await client.auth.me()
    let own = "ApiKey \(ChatRoutesClient.testKey.revealed)"
    #expect(transport.requests.map { $0.fields[.authorization] } == [own, nil, "Bearer jwt", own])
  }

  @Test(arguments: ["", ".", ".."])
  func idThatWouldChangeTheCallIsNotSent(id: String) async throws {
    let transport = ScriptedTransport(json: "{}")
    let error = await #expect(throws: ChatRoutesError.self) {
      try await ChatRoutesClient(scripted: transport).conversations.delete(id)
    }
    #expect(error?.kind == .validation)
    #expect(transport.requests.isEmpty)
  }

  @Test(arguments: [
    ("https://api.chatroutes.com", "https://api.chatroutes.com", "/api/v1"),
    ("https://api.chatroutes.com/", "https://api.chatroutes.com", "/api/v1"),
    ("https://api.chatroutes.com/api/v1", "https://api.chatroutes.com", "/api/v1"),
    ("http://127.0.0.1:8484/api/v1/", "http://127.0.0.1:8484", "/api/v1"),
    ("http://[::1]:8484/gateway", "http://[::1]:8484", "/gateway/api/v1"),
  ])
  func baseURLIsTakenWithAndWithoutThePath(text: String, origin: String, path: String) throws {
    let base = try BaseURL(parsing: text)
    #expect(base.origin == origin)
    #expect(base.path == path)
  }

  @Test(arguments: [
    "", "api.chatroutes.com", "ftp://x", "https://", "https://u:p@h", "https://h/?q", "https://h:0", "https://h:99999",
  ])
  func whatIsNoBaseURLIsRefused(text: String) {
    #expect(throws: OriginError.self) { try ChatRoutesClient(apiKey: "k", baseURL: text) }
  }
}

private func describe(_ page: PaginatedResponse<Conversation>) -> String {
  "\(page.data.compactMap(\.id).joined(separator: ",")) \(page.total) \(page.page) \(page.limit) \(String(describing: page.hasNext))"
}

private func describe(_ response: SendMessageResponse) -> String {
  "\(response.message?.id ?? "") \(response.usage?.totalTokens ?? 0) \(response.model ?? "")"
}

func text(_ body: TransportRequest.Body) -> String? {
  if case .bytes(let bytes) = body { String(decoding: bytes, as: UTF8.self) } else { nil }
}
