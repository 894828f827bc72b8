import Testing

@testable import MirrorStore

@Suite struct SendTests {
  let send = MirrorWrite.send(conversation: "c", branch: nil)

  private func created() async throws -> Mirror {
    let mirror = try await Mirror()
    try await mirror.write(.createConversation, #"{"title":"t"}"#, answer: #"{"conversation":\#(conversation("c"))}"#)
    return mirror
  }

  @Test func aNewConversationIsReadableThoughItWasNeverRead() async throws {
    let mirror = try await created()
    #expect(
      try mirror.composed(.conversation("c"))
        == #"{"success":true,"data":{"conversation":{"id":"c","title":"t","messages":[]}}}"#)
    #expect(try mirror.composed(mainMessages("c")) == #"{"success":true,"data":{"messages":[]}}"#)
    #expect(try mirror.isComplete(mainMessages("c")))
    #expect(try mirror.ids("conversations", allConversations) == ["c"])
  }

  /// The first answer tells which branch the main one is: nothing else did.
  @Test(arguments: ["", messages()])
  func aSendWithoutABranchIsInTheListWithoutABranch(seenBefore: String) async throws {
    let mirror = try await Mirror()
    if !seenBefore.isEmpty { try await mirror.show(mainMessages("c"), seenBefore) }
    let answer = #"{"message":\#(message("a1", "assistant", branch: "b"))}"#
    for (number, body) in [(1, answer), (2, answer.replacing("a1", with: "a2"))] {
      try await mirror.write(send, #"{"content":"q"}"#, answer: body)
      #expect(try mirror.ids("messages", mainMessages("c")).count == number * 2)
      #expect(try mirror.isComplete(mainMessages("c")) == !seenBefore.isEmpty)
    }
    #expect(try mirror.ids("messages", .branchMessages(conversation: "c", branch: "b")).count == 4)
  }

  @Test func theUsersMessageIsMadeFromTheRequest() async throws {
    let mirror = try await created()
    try await mirror.write(
      send, #"{"content":"a\u2028\ud83d","model":"gpt-5"}"#,
      answer:
        #"{"success":true,"data":{"message":{"id":"a1","parentMessageId":"u1","role":"assistant","content":"hi","createdAt":"2026-01-02T03:04:05Z"},"usage":{}}}"#
    )
    #expect(
      try mirror.composed(mainMessages("c")) == #"{"success":true,"data":{"messages":["#
        + #"{"id":"u1","role":"user","content":"a\u2028\ud83d","createdAt":"2026-01-02T03:04:05Z","conversationId":"c"},"#
        + #"{"id":"a1","parentMessageId":"u1","role":"assistant","content":"hi","createdAt":"2026-01-02T03:04:05Z","conversationId":"c"}]}}"#
    )
    #expect(try mirror.isComplete(mainMessages("c")))
    #expect(try mirror.store.conversationID(ofMessage: "u1", account: mirror.account) == "c")
  }

  @Test func aParentThatWasThereBeforeIsNotTheQuestion() async throws {
    let mirror = try await created()
    try await mirror.show(mainMessages("c"), messages(message("m0", "assistant")))
    try await mirror.write(
      send, #"{"content":"q"}"#, answer: #"{"message":{"id":"a1","parentMessageId":"m0","role":"assistant"}}"#)
    let ids = try mirror.ids("messages", mainMessages("c"))
    #expect(ids.count == 3 && ids[0] == "m0" && ids[1].hasPrefix("local-") && ids[2] == "a1")
    #expect(try mirror.composed(mainMessages("c")).contains(#""parentMessageId":"m0","role":"user","content":"q""#))
  }

  /// Answers to parallel sends come back in another order than the API gave them.
  @Test(arguments: [[3, 1, 2], [2, 3, 1], [1, 2, 3], [3, 2, 1]])
  func parallelSendsStandInTheOrderOfTheAPI(_ order: [Int]) async throws {
    let mirror = try await created()
    for number in order {
      try await mirror.write(
        .send(conversation: "c", branch: nil), #"{"content":"q\#(number)"}"#,
        answer: #"""
          {"message":{"id":"a\#(number)","role":"assistant","content":"r","createdAt":"2026-01-01T00:00:0\#(number)Z"}}
          """#)
    }
    let payload = try Payload(Array(try mirror.composed(mainMessages("c")).utf8))
    let shown = try #require(try payload.entities("messages")).map { $0.object.string("content") ?? "" }
    #expect(shown == ["q1", "r", "q2", "r", "q3", "r"])
    #expect(try mirror.composed(.conversation("c")).contains("00:00:03Z"))
  }

  @Test func olderServersAnswerWithBothMessages() async throws {
    let mirror = try await created()
    try await mirror.write(
      send, #"{"content":"q"}"#,
      answer:
        #"{"data":{"userMessage":\#(message("u1", "user", "q")),"assistantMessage":\#(message("a1", "assistant"))}}"#)
    #expect(try mirror.ids("messages", mainMessages("c")) == ["u1", "a1"])
  }

  @Test func aLaterListReplacesTheProvisionalMessageEverywhere() async throws {
    let mirror = try await created()
    try await mirror.show(.branches(conversation: "c"), #"{"branches":[{"id":"main","isMain":true}]}"#)
    try await mirror.show(.branchMessages(conversation: "c", branch: "main"), messages())
    try await mirror.write(
      send, #"{"content":"q\u0041"}"#, answer: #"{"message":\#(message("a1", "assistant", "hi"))}"#)
    let provisional = try mirror.ids("messages", mainMessages("c"))
    #expect(provisional.count == 2 && provisional[0].hasPrefix("local-") && provisional[1] == "a1")
    try await mirror.show(mainMessages("c"), messages(message("u9", "user", "qA"), message("a1", "assistant", "hi")))
    try await mirror.doubt(send)
    #expect(try mirror.ids("messages", mainMessages("c")) == ["u9", "a1"])
    #expect(try mirror.ids("messages", .branchMessages(conversation: "c", branch: "main")) == ["u9", "a1"])
    #expect(try mirror.store.counts().messages.count == 2)
    #expect(try mirror.store.conversationDetail("c")?.messages.map(\.isProvisional) == [false, false])
  }

  @Test func aProvisionalMessageThatNoListShowsIsForgotten() async throws {
    let mirror = try await created()
    try await mirror.write(send, #"{"content":"q"}"#, answer: #"{"message":\#(message("a1", "assistant", "hi"))}"#)
    try await mirror.show(mainMessages("c"), messages(message("a1", "assistant", "hi")))
    try await mirror.doubt(send)
    #expect(try mirror.ids("messages", mainMessages("c")) == ["a1"])
    #expect(try mirror.store.counts().messages.count == 1)
    #expect(try mirror.store.search("q", limit: 5).isEmpty)
  }

  @Test func theSameWordsTwiceAreTwoMessages() async throws {
    let mirror = try await created()
    for number in 1...2 {
      try await mirror.write(
        send, #"{"content":"yes"}"#, answer: #"{"message":\#(message("a\(number)", "assistant", "ok"))}"#)
    }
    try await mirror.show(
      mainMessages("c"),
      messages(
        message("u1", "user", "yes"), message("a1", "assistant", "ok"), message("u2", "user", "yes"),
        message("a2", "assistant", "ok")))
    try await mirror.doubt(send)
    #expect(try mirror.ids("messages", mainMessages("c")) == ["u1", "a1", "u2", "a2"])
    #expect(try mirror.store.counts().messages.count == 4)
  }

  @Test(arguments: ["path", "body"])
  func aSendToABranchShowsThereOnly(_ place: String) async throws {
    let mirror = try await created()
    try await mirror.show(
      .branches(conversation: "c"), #"{"branches":[{"id":"main","isMain":true},{"id":"b"}]}"#)
    try await mirror.show(.branchMessages(conversation: "c", branch: "b"), messages())
    let body = place == "body" ? #"{"content":"q","branchId":"b"}"# : #"{"content":"q"}"#
    try await mirror.write(
      .send(conversation: "c", branch: place == "path" ? "b" : nil), body,
      answer: #"{"message":\#(message("a1", "assistant", "hi"))}"#)
    #expect(try mirror.ids("messages", .messages(conversation: "c", branch: "b")).last == "a1")
    #expect(try mirror.composed(.messages(conversation: "c", branch: "b")).contains(#""branchId":"b""#))
    #expect(try mirror.ids("messages", mainMessages("c")) == [])
  }

  @Test func aCompleteEventOfAStreamIsASend() async throws {
    let mirror = try await created()
    let event =
      #"{"type":"complete","message":{"id":"m1","role":"assistant","content":"Hello"},"usage":{},"model":"gpt-5"}"#
    let outcome = try await mirror.store.saveStream(
      conversation: "c", branch: nil, requestBody: Array(#"{"content":"Hi"}"#.utf8),
      completeEventData: Array(event.utf8),
      at: mirror.tick(), account: mirror.account)
    #expect(outcome == .stored)
    #expect(try mirror.composed(mainMessages("c")).contains(#""content":"Hello","conversationId":"c"}"#))
  }

  /// They stand beside the message in the answer to a send, and nowhere else.
  @Test func modelAndTokensOfAnAnswerAreKept() async throws {
    let mirror = try await created()
    let answer =
      #"{"type":"complete","message":{"id":"a1","role":"assistant","content":"hi"},"model":"gpt-5-x","#
      + #""usage":{"promptTokens":8,"completionTokens":2,"totalTokens":10}}"#
    try await mirror.write(send, #"{"content":"q"}"#, answer: answer)
    func shown() throws -> [MessageDetail] {
      try #require(try mirror.store.conversationDetail("c", branch: nil, account: mirror.account)).messages
    }
    let usage = TokenUsage(prompt: 8, completion: 2, total: 10)
    #expect(try shown().map(\.usage) == [nil, usage] && shown().map(\.model) == [nil, "gpt-5-x"])
    // A list tells less, and takes nothing away; what the message itself says comes first.
    try await mirror.show(
      mainMessages("c"), messages(message("u1"), #"{"id":"a1","role":"assistant","metadata":{"model":"m"}}"#))
    #expect(try shown().map(\.usage) == [nil, usage] && shown().map(\.model) == [nil, "m"])
    // Once more, as a repeated call would: the newest counts.
    try await mirror.write(send, #"{"content":"q"}"#, answer: answer.replacing("10}", with: "11}"))
    #expect(try shown().contains { $0.usage?.total == 11 })
  }

  /// Numbers that are none, and answers that say nothing.
  @Test(arguments: [#""usage":{}"#, #""usage":[8]"#, #""usage":{"promptTokens":"8"},"model":7"#, #""usage":null"#])
  func usageThatSaysNothingIsNotKept(usage: String) async throws {
    let mirror = try await created()
    try await mirror.write(
      send, #"{"content":"q"}"#, answer: #"{"message":{"id":"a1","role":"assistant"},\#(usage)}"#)
    let detail = try #require(try mirror.store.conversationDetail("c", branch: nil, account: mirror.account))
    #expect(detail.messages.map(\.usage) == [nil, nil])
  }

  @Test func countsAndTimesFollowWhenTheAPIShowedThem() async throws {
    let mirror = try await created()
    try await mirror.show(
      .conversation("c"),
      #"{"conversation":{"id":"c","updatedAt":"2026-01-01T00:00:00Z","messages":[],"branches":[{"id":"main","isMain":true,"messageCount":0}]}}"#
    )
    try await mirror.write(
      send, #"{"content":"q"}"#,
      answer: #"{"message":{"id":"a1","role":"assistant","createdAt":"2026-01-02T00:00:00Z"}}"#)
    let composed = try mirror.composed(.conversation("c"))
    #expect(composed.contains(#""updatedAt":"2026-01-02T00:00:00Z""#))
    #expect(composed.contains(#""messageCount":2"#))
  }

  @Test func anAnswerThatShowsNoMessageOnlyMakesOthersOld() async throws {
    let mirror = try await created()
    try await mirror.show(mainMessages("c"), messages(message("m1")))
    guard case .notMirrored = try await mirror.write(send, #"{"content":"q"}"#, answer: "") else {
      Issue.record("stored")
      return
    }
    #expect(try mirror.ids("messages", mainMessages("c")) == ["m1"])
    #expect(try !mirror.isComplete(mainMessages("c")))
  }

  @Test func theConversationMovesToTheFront() async throws {
    let mirror = try await Mirror()
    try await mirror.show(
      allConversations,
      #"{"conversations":[\#(conversation("new", updated: "2099-01-01T00:00:00Z")),\#(conversation("old", updated: "2020-01-01T00:00:00Z"))],"total":2,"page":1,"limit":10,"hasNext":false}"#
    )
    try await mirror.write(
      .send(conversation: "old", branch: nil), #"{"content":"q"}"#,
      answer: #"{"message":\#(message("a1", "assistant"))}"#)
    #expect(try mirror.ids("conversations", allConversations) == ["old", "new"])
  }
}

@Suite struct DraftTests {
  private func draft(_ outcome: StreamOutcome, in mirror: Mirror) async throws {
    try await mirror.store.saveDraft(
      conversation: "c", branch: nil, requestBody: Array(#"{"content":"q\u0000"}"#.utf8), text: "half\0",
      model: "gpt-5",
      outcome: outcome, at: mirror.tick(), account: mirror.account)
  }

  @Test(arguments: StreamOutcome.allCases)
  func aDraftIsShownAsSuchAndNeverAsAMessage(_ outcome: StreamOutcome) async throws {
    let mirror = try await Mirror()
    try await mirror.show(.conversation("c"), #"{"conversation":{"id":"c","messages":[],"branches":[]}}"#)
    try await draft(outcome, in: mirror)
    let detail = try #require(try mirror.store.conversationDetail("c"))
    #expect(detail.drafts.map(\.outcome) == [outcome])
    #expect(detail.drafts.map(\.question) == ["q\u{FFFD}"])
    #expect(detail.drafts.map(\.answer) == ["half\u{FFFD}"])
    #expect(try mirror.ids("messages", mainMessages("c")) == [])
    #expect(try !mirror.isComplete(mainMessages("c")), "the outcome upstream is unknown")
  }

  @Test func aDraftGoesWhenTheRealOneIsSeen() async throws {
    let mirror = try await Mirror()
    try await mirror.show(mainMessages("c"), messages(message("u0", "user", "q"), message("a0", "assistant")))
    try await mirror.store.saveDraft(
      conversation: "c", branch: nil, requestBody: Array(#"{"content":"q"}"#.utf8), text: "half", model: nil,
      outcome: .interrupted, at: mirror.tick(), account: mirror.account)
    try await mirror.show(mainMessages("c"), messages(message("u0", "user", "q"), message("a0", "assistant")))
    #expect(try mirror.store.counts().drafts.count == 1, "an older exchange with the same words is not the real one")
    try await mirror.show(
      mainMessages("c"),
      messages(
        message("u0", "user", "q"), message("a0", "assistant"), message("u1", "user", "q"), message("a1", "assistant")))
    #expect(try mirror.store.counts().drafts.count == 0)
  }
}
