import Testing

@testable import MirrorStore

@Suite struct ForkTests {
  private let forked = MirrorRead.branchMessages(conversation: "c", branch: "b")

  private func full() async throws -> Mirror {
    let mirror = try await Mirror()
    try await mirror.show(
      .conversation("c"),
      #"{"conversation":{"id":"c","messages":[\#(message("m1")),\#(message("m2", "assistant")),\#(message("m3"))],"#
        + #""branches":[{"id":"main","isMain":true}]}}"#)
    return mirror
  }

  @Test(arguments: [
    (MirrorWrite.fork(conversation: "c"), #"{"forkPointMessageId":"m2"}"#, #"{"id":"b"}"#),
    (.fork(conversation: "c"), #"{"contextMode":"FULL"}"#, #"{"id":"b","forkPointMessageId":"m2"}"#),
    (.createBranch(conversation: "c"), #"{"baseNodeId":"m2","title":"x"}"#, #"{"id":"b","parentBranchId":"main"}"#),
  ])
  func aForkInheritsWhatLedToIt(_ write: MirrorWrite, _ request: String, _ branch: String) async throws {
    let mirror = try await full()
    try await mirror.write(write, request, answer: #"{"success":true,"data":{"branch":\#(branch)}}"#)
    #expect(try mirror.ids("messages", forked) == ["m1", "m2"])
    #expect(try mirror.isComplete(forked))
    try await mirror.write(
      .send(conversation: "c", branch: "b"), #"{"content":"q"}"#, answer: #"{"message":\#(message("a1", "assistant"))}"#
    )
    #expect(try mirror.ids("messages", forked).count == 4)
    #expect(try mirror.ids("messages", mainMessages("c")) == ["m1", "m2", "m3"])
  }

  @Test(arguments: ["PARTIAL", "MINIMAL"])
  func aForkWithLessContextKnowsItsOwnMessagesOnly(_ mode: String) async throws {
    let mirror = try await full()
    try await mirror.write(
      .fork(conversation: "c"), #"{"forkPointMessageId":"m2","contextMode":"\#(mode)"}"#,
      answer: #"{"branch":{"id":"b"}}"#)
    #expect(try mirror.ids("messages", forked) == [])
    #expect(try !mirror.isComplete(forked))
  }

  @Test(arguments: [#"{"forkPointMessageId":"elsewhere"}"#, "{}"])
  func anUnknownForkPointInheritsNothingForSure(_ request: String) async throws {
    let mirror = try await full()
    try await mirror.write(.fork(conversation: "c"), request, answer: #"{"branch":{"id":"b"}}"#)
    #expect(try !mirror.isComplete(forked))
  }

  @Test func aForkOfAForkFollowsItsOwnParent() async throws {
    let mirror = try await full()
    try await mirror.write(.fork(conversation: "c"), #"{"forkPointMessageId":"m2"}"#, answer: #"{"branch":{"id":"b"}}"#)
    try await mirror.write(
      .send(conversation: "c", branch: "b"), #"{"content":"q"}"#,
      answer: #"{"message":{"id":"a1","parentMessageId":"u1","role":"assistant"}}"#)
    try await mirror.write(.fork(conversation: "c"), #"{"forkPointMessageId":"u1"}"#, answer: #"{"branch":{"id":"d"}}"#)
    #expect(try mirror.ids("messages", .branchMessages(conversation: "c", branch: "d")) == ["m1", "m2", "u1"])
  }

  @Test func inheritedMessagesOutliveTheirBranchWhereTheyAreContext() async throws {
    let mirror = try await full()
    try await mirror.write(.fork(conversation: "c"), #"{"forkPointMessageId":"m2"}"#, answer: #"{"branch":{"id":"b"}}"#)
    try await mirror.write(
      .send(conversation: "c", branch: "b"), #"{"content":"q"}"#,
      answer: #"{"message":{"id":"a1","parentMessageId":"u1","role":"assistant"}}"#)
    try await mirror.write(.fork(conversation: "c"), #"{"forkPointMessageId":"u1"}"#, answer: #"{"branch":{"id":"d"}}"#)
    try await mirror.write(.deleteBranch(conversation: "c", branch: "b"))
    #expect(try mirror.ids("messages", .branchMessages(conversation: "c", branch: "d")) == ["m1", "m2", "u1"])
  }
}
