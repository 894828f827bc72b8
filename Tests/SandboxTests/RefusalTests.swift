import Testing

@testable import Sandbox

@Suite struct RefusalTests {
  /// Method, path (`C` stands for a conversation, `B` for its main branch), body, expected status.
  static let rows: [(String, String, String, Int)] = [
    ("GET", "/nothing", "", 404), ("PUT", "/conversations", "{}", 404), ("DELETE", "/conversations", "", 404),
    ("GET", "/conversations/C/", "", 200), ("GET", "/conversations/conv_none", "", 404),
    ("POST", "/conversations", "{", 400), ("POST", "/conversations", "[]", 400), ("POST", "/conversations", "", 400),
    ("POST", "/conversations", #"{"title":" "}"#, 400), ("POST", "/conversations", #"{"title":7}"#, 400),
    ("POST", "/conversations", #"{"title":"T","model":"gpt-4"}"#, 400),
    ("PATCH", "/conversations/C", #"{"title":""}"#, 400), ("PATCH", "/conversations/C", #"{"isArchived":"yes"}"#, 400),
    ("PATCH", "/conversations/conv_none", "{}", 404), ("DELETE", "/conversations/conv_none", "", 404),
    ("GET", "/conversations/conv_none/tree", "", 404), ("GET", "/conversations/conv_none/messages", "", 404),
    ("GET", "/conversations/C/messages?branchId=branch_none", "", 404),
    ("POST", "/conversations/conv_none/messages", #"{"content":"x"}"#, 404),
    ("POST", "/conversations/C/messages", "{}", 400), ("POST", "/conversations/C/messages", #"{"content":null}"#, 400),
    ("POST", "/conversations/C/messages", #"{"content":"x","temperature":3}"#, 400),
    ("POST", "/conversations/C/messages", #"{"content":"x","maxTokens":0}"#, 400),
    ("POST", "/conversations/C/messages", #"{"content":"x","branchId":"branch_none"}"#, 404),
    ("POST", "/conversations/C/messages/stream", "{}", 400),
    ("POST", "/conversations/conv_none/messages/stream", #"{"content":"x"}"#, 404),
    ("PATCH", "/messages/msg_none", #"{"content":"x"}"#, 404), ("DELETE", "/messages/msg_none", "", 404),
    ("GET", "/conversations/conv_none/branches", "", 404),
    ("POST", "/conversations/C/branches", "{}", 400),
    ("POST", "/conversations/C/branches", #"{"title":"T","baseNodeId":"msg_none"}"#, 404),
    ("POST", "/conversations/C/branches", #"{"title":"T","contextMode":"SOME"}"#, 400),
    ("POST", "/conversations/C/fork", #"{"title":"T"}"#, 400),
    ("POST", "/conversations/C/fork", #"{"title":"T","forkPointMessageId":"msg_none"}"#, 404),
    ("PATCH", "/conversations/C/branches/branch_none", "{}", 404),
    ("DELETE", "/conversations/C/branches/branch_none", "", 404),
    ("GET", "/conversations/C/branches/branch_none/messages", "", 404),
    ("POST", "/conversations/C/branches/branch_none/messages", #"{"content":"x"}"#, 404),
    ("POST", "/conversations/C/branches/branch_none/merge", "", 404),
    ("GET", "/conversations/conv_none/checkpoints", "", 404),
    ("GET", "/conversations/C/checkpoints?branchId=branch_none", "", 404),
    ("POST", "/conversations/C/checkpoints", #"{"branchId":"B"}"#, 400),
    ("POST", "/conversations/C/checkpoints", #"{"branchId":"B","anchorMessageId":"msg_none"}"#, 404),
    ("DELETE", "/checkpoints/chk_none", "", 404), ("POST", "/checkpoints/chk_none/recreate", "", 404),
    ("POST", "/autobranch/suggest-branches", "{}", 400),
    ("POST", "/autobranch/suggest-branches", #"{"text":"x","threshold":2}"#, 400),
    ("POST", "/autobranch/suggest-branches", #"{"text":"x","suggestionsCount":0}"#, 400),
    ("POST", "/auth/register", #"{"email":"nobody","password":"12345678"}"#, 400),
    ("POST", "/auth/register", #"{"email":"a@b","password":"short"}"#, 400),
    ("POST", "/auth/login", #"{"email":"a@b","password":"12345678"}"#, 401),
    ("POST", "/auth/refresh", #"{"refreshToken":"x"}"#, 401),
  ]

  @Test(arguments: rows)
  func wrongCallsGetTheirStatusInTheErrorEnvelope(method: String, path: String, body: String, status: Int) {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    let real = path.replacing("/C", with: "/" + id)
    let answer = sandbox.call(method, real, body.replacing("\"B\"", with: "\"\(main)\""))
    #expect(answer.status == status)
    guard status != 200 else { return }
    let codes = [400: "VALIDATION_ERROR", 401: "AUTHENTICATION_ERROR", 404: "NOT_FOUND"]
    #expect(answer.error == codes[status])
    #expect(answer.json["message"]?.string?.isEmpty == false)
  }

  @Test(arguments: Route.all.filter { !$0.endpoint.isOpen }.map { ($0.method, $0.pattern.joined(separator: "/")) })
  func everyClosedEndpointWantsAKey(method: String, path: String) {
    var sandbox = WorldUnderTest()
    for key in [nil, "cr_prod_sk_unknown", ""] {
      let answer = sandbox.call(method, "/" + path, "{}", key: key)
      #expect(answer.status == 401)
      #expect(answer.error == "AUTHENTICATION_ERROR")
    }
  }

  @Test func everyEndpointHasOneRoute() {
    #expect(Set(Route.all.map(\.endpoint)) == Set(Sandbox.Endpoint.allCases))
    #expect(Route.all.count == Sandbox.Endpoint.allCases.count)
  }

  @Test func accountsSeeOnlyTheirOwn() {
    var sandbox = WorldUnderTest { $0.apiKeys = ["one", "two"] }
    let made = sandbox.call("POST", "/conversations", #"{"title":"T"}"#, key: "one").data["conversation"]
    let id = made?["id"]?.string ?? ""
    let sent = sandbox.call("POST", "/conversations/\(id)/messages", #"{"content":"x"}"#, key: "one")
    let message = sent.data["message"]?["id"]?.string ?? ""
    #expect(sandbox.call("GET", "/conversations/\(id)", key: "two").status == 404)
    #expect(sandbox.call("DELETE", "/messages/\(message)", key: "two").status == 404)
    #expect(sandbox.call("GET", "/conversations", key: "two").json["total"] == 0)
    #expect(sandbox.call("GET", "/conversations/\(id)", key: "one").status == 200)
  }

  @Test func callsBeyondTheMonthAreRefusedUntilTheNext() {
    var sandbox = WorldUnderTest { $0.callsPerMonth = 2 }
    #expect((0..<3).map { _ in sandbox.call("GET", "/conversations").status } == [200, 200, 429])
    let refused = sandbox.call("GET", "/conversations")
    #expect(refused.error == "RATE_LIMIT_EXCEEDED")
    #expect((refused.json["retryAfter"]?.int ?? 0) == 31 * 86_400)
    #expect(refused.reply.first("Retry-After") == "2678400")
    sandbox.now = Timestamp(milliseconds: WorldUnderTest.start + 31 * 86_400_000)
    #expect(sandbox.call("GET", "/conversations").status == 200)
  }

  @Test func statesAreBounded() {
    var sandbox = WorldUnderTest {
      $0.conversationsPerAccountMax = 1
      $0.messagesPerConversationMax = 3
      $0.branchesPerConversationMax = 2
    }
    let id = sandbox.newConversation().id
    #expect(sandbox.call("POST", "/conversations", #"{"title":"T"}"#).status == 400)
    sandbox.send(id)
    #expect(sandbox.call("POST", "/conversations/\(id)/messages", #"{"content":"x"}"#).status == 400)
    let made = (0..<2).map { _ in sandbox.call("POST", "/conversations/\(id)/branches", #"{"title":"T"}"#).status }
    #expect(made == [201, 400])
  }

  @Test func deeplyNestedBodyIsRefusedNotFatal() {
    var sandbox = WorldUnderTest()
    let body = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    #expect(sandbox.call("POST", "/conversations", #"{"title":"T","x":"# + body + "}").status == 400)
  }
}
