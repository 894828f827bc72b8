import Testing

@testable import MirrorStore

/// What went in as text comes out as the same text, also when the answer is put together anew.
@Suite struct LosslessTests {
  static let values = [
    "1.0", "1e3", "1180591620717411303424", #""\u2028""#, #""\u0000""#, #""\ud83d""#, #""\/""#,
    "\"\u{2028}é\u{1F600}\"",
    #"{"unknown":[1,{"deep":null}]}"#, "-0.0", #"{"a":1,"a":2}"#,
  ]

  @Test(arguments: values)
  func messagesSurviveComposition(_ value: String) async throws {
    let mirror = try await Mirror()
    let text = #"{"id":"m1","content":\#(value),"future":\#(value)}"#
    try await mirror.show(mainMessages("c"), messages(text))
    try await mirror.doubt(.send(conversation: "c", branch: nil))
    #expect(try mirror.composed(mainMessages("c")) == #"{"success":true,"data":{"messages":[\#(text)]}}"#)
  }

  @Test(arguments: values)
  func conversationsBranchesAndCheckpointsSurviveComposition(_ value: String) async throws {
    let mirror = try await Mirror()
    let branch = #"{"id":"b","future":\#(value)}"#
    let checkpoint = #"{"id":"k","summary":\#(value)}"#
    try await mirror.show(
      .conversation("c"),
      #"{"success":true,"data":{"conversation":{"id":"c","x":\#(value),"messages":[],"branches":[\#(branch)]}}}"#)
    try await mirror.show(.checkpoints(conversation: "c", branch: nil), #"{"checkpoints":[\#(checkpoint)]}"#)
    try await mirror.doubt(.mergeBranch(conversation: "c", branch: "b"))
    #expect(
      try mirror.composed(.conversation("c"))
        == #"{"success":true,"data":{"conversation":{"id":"c","x":\#(value),"messages":[],"branches":[\#(branch)]}}}"#)
    #expect(
      try mirror.composed(.branches(conversation: "c")) == #"{"success":true,"data":{"branches":[\#(branch)]}}"#)
    #expect(
      try mirror.composed(.checkpoints(conversation: "c", branch: nil))
        == #"{"success":true,"data":{"checkpoints":[\#(checkpoint)]}}"#)
  }

  @Test func verbatimAnswersKeepStatusFieldsAndBytes() async throws {
    let mirror = try await Mirror()
    let response = StoredResponse(
      status: 203,
      fields: [
        .init(name: "ETag", value: "\"é\""), .init(name: "set-cookie", value: "a=1"),
        .init(name: "Set-Cookie", value: ""),
      ], body: Array("  {\"messages\" : [ ] }\r\n".utf8), fetchedAt: mirror.now)
    #expect(try await mirror.store.save(mainMessages("c"), response, account: mirror.account) == .stored)
    #expect(try mirror.answer(mainMessages("c")) == .verbatim(response))
  }

  @Test(
    arguments: [
      (mainMessages("c"), #"{"messages":[{"id":"m"}]"#), (mainMessages("c"), #"{"messages":[{"role":"user"}]}"#),
      (mainMessages("c"), #"{"messages":{}}"#), (mainMessages("c"), #"{"success":false,"messages":[]}"#),
      (mainMessages("c"), ""), (.conversation("c"), #"{"conversation":{"id":"other"}}"#), (.conversation("c"), "{}"),
      (.conversation("c"), #"{"conversation":{"id":"c","messages":[7]}}"#),
      (.tree("c"), #"{"success":true,"data":{}}"#),
      (allConversations, #"{"data":{}}"#), (.branches(conversation: "c"), #"{"branches":[null]}"#),
      (.checkpoints(conversation: "c", branch: nil), "[1]"),
    ] as [(MirrorRead, String)])
  func anAnswerOfAnotherShapeIsNotStoredAtAll(_ read: MirrorRead, _ body: String) async throws {
    let mirror = try await Mirror()
    guard case .notMirrored = try await mirror.show(read, body) else {
      Issue.record("stored")
      return
    }
    #expect(try mirror.answer(read) == .unknown)
    let counts = try mirror.store.counts()
    let kinds = [counts.responses, counts.messages, counts.conversations, counts.branches]
    #expect(kinds.allSatisfy { $0.count == 0 && $0.bytes == 0 })
  }

  @Test(arguments: [301, 401, 403, 404, 429, 500, 503])
  func otherStatusesAreNotStored(_ status: Int) async throws {
    let mirror = try await Mirror()
    try await mirror.show(mainMessages("c"), messages(), status: status)
    #expect(try mirror.answer(mainMessages("c")) == .unknown)
  }
}
