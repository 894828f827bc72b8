import Testing

@testable import Sandbox

@Suite struct ConversationEndpointTests {
  @Test func newConversationHasAMainBranchFromTheStart() {
    var sandbox = WorldUnderTest()
    let answer = sandbox.call("POST", "/conversations", #"{"title":"Größe","extra":[1]}"#)
    let conversation = answer.data["conversation"] ?? .null
    let main = conversation["branches"]?.array?.first ?? .null
    #expect(answer.status == 201)
    #expect(answer.json["success"] == true)
    #expect(conversation["title"] == "Größe")
    #expect(conversation["model"] == "gpt-5")
    #expect(main["isMain"] == true)
    #expect(main["conversationId"] == conversation["id"])
    #expect(answer.reply.first("Content-Type") == "application/json; charset=utf-8")
    #expect(answer.reply.first("X-Request-Id")?.hasPrefix("req_") == true)
  }

  @Test func listSatisfiesBothShapes() {
    var sandbox = WorldUnderTest()
    let ids = (0..<12).map { sandbox.newConversation("t\($0)").id }
    let first = sandbox.call("GET", "/conversations")
    #expect(first.json["conversations"] == first.data["conversations"])
    #expect(first.json["conversations"]?.ids == Array(ids.reversed().prefix(10)))
    for shape in [first.json, first.data] {
      #expect(shape["total"] == 12)
      #expect(shape["page"] == 1)
      #expect(shape["limit"] == 10)
      #expect(shape["hasNext"] == true)
    }
    #expect(first.json["conversations"]?.array?.first?["messages"] == nil)
  }

  @Test(arguments: [
    ("page=2", 2, false), ("page=2&limit=6", 6, false), ("page=1&limit=6", 6, true), ("limit=1000", 12, false),
    ("page=9", 0, false), ("page=undefined&limit=x", 10, true), ("page=0&limit=0", 1, true),
    ("page=9223372036854775807&limit=100", 0, false), ("filter=owned&limit=100", 12, false),
    ("filter=shared", 0, false),
  ])
  func pagesEndWhereTheyShould(query: String, count: Int, hasNext: Bool) {
    var sandbox = WorldUnderTest()
    for _ in 0..<12 { _ = sandbox.newConversation() }
    let list = sandbox.call("GET", "/conversations?" + query).json
    #expect(list["conversations"]?.ids.count == count)
    #expect(list["hasNext"] == .bool(hasNext))
  }

  @Test func lastChangedConversationComesFirst() {
    var sandbox = WorldUnderTest()
    let (old, new) = (sandbox.newConversation().id, sandbox.newConversation().id)
    sandbox.send(old)
    #expect(sandbox.call("GET", "/conversations").json["conversations"]?.ids == [old, new])
  }

  @Test func getEmbedsTheMainBranchAndAllBranches() {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    let sent = sandbox.send(id)
    let branch = sandbox.fork(id, at: sent[0])
    sandbox.send(id, branch: branch)
    let conversation = sandbox.call("GET", "/conversations/\(id)").data["conversation"] ?? .null
    #expect(conversation["messages"]?.ids == sent)
    #expect(conversation["branches"]?.ids == [main, branch])
    #expect(conversation["branches"]?.array?.compactMap { $0["messageCount"]?.int } == [2, 3])
  }

  @Test func updateChangesWhatItNamesOnly() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation("old").id
    let body = #"{"isArchived":true,"temperature":0.25,"unknown":{"a":1},"model":"claude-opus-4"}"#
    let updated = sandbox.call("PATCH", "/conversations/\(id)", body).data["conversation"] ?? .null
    #expect(updated["title"] == "old")
    #expect(updated["isArchived"] == true)
    #expect(updated["temperature"] == .double(0.25))
    #expect(updated["model"] == "claude-opus-4")
    #expect(sandbox.call("GET", "/conversations").json["conversations"]?.array == [updated])
  }

  @Test func deletedConversationTakesEverythingAlong() {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    let message = sandbox.send(id)[1]
    let body = #"{"branchId":"\#(main)","anchorMessageId":"\#(message)"}"#
    let checkpoint = sandbox.call("POST", "/conversations/\(id)/checkpoints", body).data["checkpoint"]?["id"]?.string
    let deleted = sandbox.call("DELETE", "/conversations/\(id)")
    #expect(deleted.json == ["data": .object([]), "success": true])
    #expect(sandbox.call("GET", "/conversations/\(id)").status == 404)
    #expect(sandbox.call("PATCH", "/messages/\(message)", #"{"content":"x"}"#).status == 404)
    #expect(sandbox.call("DELETE", "/checkpoints/\(checkpoint ?? "")").status == 404)
    #expect(sandbox.call("GET", "/conversations").json["total"] == 0)
  }

  @Test func knownValidatorIsAnsweredWithoutBody() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let tag = sandbox.call("GET", "/conversations/\(id)").reply.first("ETag")
    let again = sandbox.call("GET", "/conversations/\(id)", ifNoneMatch: "\"x\", W/\(tag ?? "")")
    #expect(again.status == 304)
    #expect(again.reply.body.isEmpty)
    #expect(again.reply.first("ETag") == tag)
    sandbox.send(id)
    #expect(sandbox.call("GET", "/conversations/\(id)", ifNoneMatch: tag).status == 200)
  }

  @Test func bareEnvelopeIsThePayloadItself() {
    var sandbox = WorldUnderTest { $0.envelope = .bare }
    let id = sandbox.call("POST", "/conversations", #"{"title":"T"}"#).json["conversation"]?["id"]?.string ?? ""
    #expect(sandbox.call("GET", "/conversations").json.names == ["conversations", "hasNext", "limit", "page", "total"])
    #expect(sandbox.call("GET", "/conversations/\(id)/branches").json.names == ["branches"])
  }
}
