import Testing

@testable import Sandbox

@Suite struct MessageEndpointTests {
  @Test func sendAnswersTheAssistantsMessage() {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    let body = #"{"content":"Why?","model":"claude-opus-4","temperature":1,"maxTokens":500}"#
    let answer = sandbox.call("POST", "/conversations/\(id)/messages", body)
    let message = answer.data["message"] ?? .null
    let metadata = message["metadata"] ?? .null
    #expect(answer.data.names == ["message", "model", "usage"])
    #expect(answer.data["model"] == "claude-opus-4")
    #expect(message["role"] == "assistant")
    #expect(message["conversationId"] == .string(id))
    #expect(message["branchId"] == .string(main))
    #expect(metadata["maxTokens"] == 500)
    #expect(metadata["finishReason"] == "stop")
    #expect(metadata["context_message_count"] == 1)
    #expect(answer.data["usage"]?["promptTokens"] == 2)
    #expect(answer.data["usage"]?["completionTokens"] == message["tokenCount"])
    let listed = sandbox.call("GET", "/conversations/\(id)/messages").data["messages"]?.array ?? []
    #expect(listed.first?["content"] == "Why?")
    #expect(listed.first?["parentMessageId"] == .null)
    #expect(listed.first?["id"] == message["parentMessageId"])
    #expect(listed.last == message)
  }

  @Test func olderServersAnswerBothMessages() {
    var sandbox = WorldUnderTest { $0.sendShape = .userAndAssistant }
    let id = sandbox.newConversation().id
    let data = sandbox.call("POST", "/conversations/\(id)/messages", #"{"content":"Why?"}"#).data
    #expect(data.names == ["assistantMessage", "model", "usage", "userMessage"])
    #expect(data["userMessage"]?["content"] == "Why?")
    #expect(data["assistantMessage"]?["parentMessageId"] == data["userMessage"]?["id"])
  }

  @Test func maxTokensCutsTheAnswer() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let data = sandbox.call("POST", "/conversations/\(id)/messages", #"{"content":"Why?","maxTokens":3}"#).data
    #expect(data["usage"]?["completionTokens"] == 3)
    #expect(data["message"]?["metadata"]?["finishReason"] == "length")
  }

  @Test func branchOfTheBodyReceivesTheMessage() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let first = sandbox.send(id)
    let branch = sandbox.fork(id, at: first[1])
    let body = #"{"content":"here","branchId":"\#(branch)"}"#
    let message = sandbox.call("POST", "/conversations/\(id)/messages", body).data["message"] ?? .null
    #expect(message["branchId"] == .string(branch))
    #expect(sandbox.shown(id) == first)
    #expect(sandbox.call("GET", "/conversations/\(id)/messages?branchId=\(branch)").data["messages"]?.ids.count == 4)
  }

  @Test func updateIsANewVersionOfTheSameMessage() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let sent = sandbox.send(id)
    let before = sandbox.call("GET", "/conversations/\(id)/messages").data["messages"]?.array?.first ?? .null
    let after = sandbox.call("PATCH", "/messages/\(sent[0])", #"{"content":"new"}"#).data["message"] ?? .null
    #expect(after["id"] == before["id"])
    #expect(after["content"] == "new")
    #expect(after["version"] == 2)
    #expect(after["updatedAt"] != nil)
    #expect(after["contentHash"] != before["contentHash"])
    #expect(sandbox.shown(id) == sent)
  }

  @Test func listsOmitDeletedMessages() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let sent = sandbox.send(id)
    #expect(sandbox.call("DELETE", "/messages/\(sent[0])").status == 200)
    #expect(sandbox.shown(id) == [sent[1]])
    #expect(sandbox.call("DELETE", "/messages/\(sent[0])").status == 404)
    #expect(sandbox.call("PATCH", "/messages/\(sent[0])", #"{"content":"x"}"#).status == 404)
  }

  @Test func streamIsContentThenCompleteThenDone() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let answer = sandbox.call("POST", "/conversations/\(id)/messages/stream", #"{"content":"Why?"}"#)
    let events = String(decoding: answer.reply.body, as: UTF8.self).components(endingWith: "\n\n")
    #expect(events.allSatisfy { $0.hasPrefix("data: ") })
    #expect(events.last == "data: [DONE]")
    let chunks = events.dropLast().map { JSON(parsing: Array($0.dropFirst(6).utf8)) ?? .null }
    let complete = chunks.last ?? .null
    #expect(chunks.dropLast().allSatisfy { $0["type"] == "content" && $0["model"] == "gpt-5-2025-08-07" })
    #expect(complete["type"] == "complete")
    #expect(complete["message"]?.names == ["content", "createdAt", "id", "role", "tokenCount"])
    #expect(complete["message"]?["content"]?.string == chunks.dropLast().compactMap { $0["content"]?.string }.joined())
    #expect(complete["usage"]?["completionTokens"] == .int(chunks.count - 1))
    let listed = sandbox.call("GET", "/conversations/\(id)/messages").data["messages"]?.array ?? []
    #expect(listed.map { $0["role"] } == ["user", "assistant"])
    #expect(listed.last?["id"] == complete["message"]?["id"])
  }

  @Test func conversationDeletedDuringAStreamEndsItWithAnError() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let call = Call(
      method: "POST", target: "/api/v1/conversations/\(id)/messages/stream", apiKey: Sandbox.demoKey,
      body: Array(#"{"content":"Why?"}"#.utf8))
    guard case .stream(let generation) = sandbox.world.respond(to: call, now: sandbox.now) else {
      Issue.record("not a stream")
      return
    }
    sandbox.call("DELETE", "/conversations/\(id)")
    let last = sandbox.world.finishStream(generation, now: sandbox.now).map { String(decoding: $0, as: UTF8.self) }
    #expect(last.first?.hasPrefix(#"data: {"type":"error","error":"NOT_FOUND""#) == true)
    #expect(last.last == "data: [DONE]\n\n")
  }

  @Test func messagesAreOrderedByTheirTimes() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    for _ in 0..<3 { sandbox.send(id) }
    let messages = sandbox.call("GET", "/conversations/\(id)/messages").data["messages"]?.array ?? []
    let times = messages.compactMap { $0["createdAt"]?.string }
    #expect(times == times.sorted())
    #expect(Set(times).count == 6)
  }
}

extension String {
  /// The parts before each terminator; what follows the last one is dropped when empty.
  func components(endingWith terminator: String) -> [String] {
    var parts = split(separator: terminator, omittingEmptySubsequences: false).map(String.init)
    if parts.last == "" { parts.removeLast() }
    return parts
  }
}
