import Testing

@testable import MirrorStore

@Suite struct WriteTests {
  private func full() async throws -> Mirror {
    let mirror = try await Mirror()
    try await mirror.show(
      .conversation("c"),
      #"{"conversation":{"id":"c","title":"old","model":"gpt-5","messages":[\#(message("m1")),\#(message("m2", "assistant"))],"#
        + #""branches":[{"id":"main","isMain":true,"title":"Main"}]}}"#)
    return mirror
  }

  @Test func anUpdatedConversationShowsItsNewTitleInEveryView() async throws {
    let mirror = try await full()
    try await mirror.show(allConversations, page(["c"], total: 1))
    try await mirror.write(
      .updateConversation("c"), #"{"title":"new"}"#, answer: #"{"conversation":{"id":"c","title":"new","extra":1.0}}"#)
    #expect(
      try mirror.composed(.conversation("c")).contains(
        #"{"id":"c","title":"new","model":"gpt-5","extra":1.0,"messages""#))
    #expect(try mirror.composed(allConversations).contains(#"{"id":"c","title":"new"}"#))
  }

  @Test func anUpdateThatIsNotAnsweredIsTakenFromTheRequest() async throws {
    let mirror = try await full()
    #expect(try await mirror.write(.updateConversation("c"), #"{"title":"new"}"#, answer: "") == .stored)
    #expect(try mirror.composed(.conversation("c")).contains(#""title":"new""#))
    #expect(try await mirror.write(.updateMessage("m1"), #"{"content":"edited"}"#, answer: "{}") == .stored)
    #expect(try mirror.composed(mainMessages("c")).contains(#"{"id":"m1","role":"user","content":"edited"}"#))
  }

  @Test func aDeletedConversationDoesNotComeBackThroughAnOlderList() async throws {
    let mirror = try await full()
    let before = mirror.tick()
    try await mirror.write(.deleteConversation("c"))
    for read in [.conversation("c"), mainMessages("c"), .tree("c"), .branches(conversation: "c")] as [MirrorRead] {
      #expect(try mirror.answer(read) == .absent)
    }
    try await mirror.show(
      .conversations(page: 2, limit: 1, filter: nil), page(["c"], total: 2, page: 2, limit: 1), at: before)
    try await mirror.doubt(.createConversation)
    #expect(try mirror.answer(.conversation("c")) == .absent)
    #expect(try mirror.answer(allConversations) == .unknown)
    try await mirror.show(.conversation("c"), #"{"conversation":{"id":"c","messages":[]}}"#)
    guard case .verbatim = try mirror.answer(.conversation("c")) else {
      Issue.record("a newer answer shows it again")
      return
    }
  }

  @Test func aConversationThatUpstreamDoesNotFindIsGone() async throws {
    let mirror = try await full()
    try await mirror.show(.conversation("c"), "{}", status: 404)
    #expect(try mirror.answer(.conversation("c")) == .absent)
    #expect(try mirror.answer(mainMessages("c")) == .absent)
  }

  @Test func anEditShowsInEveryListOfTheMessage() async throws {
    let mirror = try await full()
    try await mirror.write(
      .updateMessage("m1"), #"{"content":"new"}"#, answer: #"{"data":{"message":\#(message("m1", "user", "new"))}}"#)
    #expect(try mirror.composed(.conversation("c")).contains(#""content":"new""#))
    #expect(try mirror.composed(mainMessages("c")).contains(#""content":"new""#))
    #expect(try mirror.store.search("new", limit: 5).map(\.messageID) == ["m1"])
  }

  @Test func aNewVersionTakesThePlaceOfTheOldOne() async throws {
    let mirror = try await full()
    try await mirror.write(
      .updateMessage("m1"), #"{"content":"new"}"#, answer: #"{"message":\#(message("m1v2", "user", "new"))}"#)
    #expect(try mirror.ids("messages", mainMessages("c")) == ["m1v2", "m2"])
  }

  @Test func aDeletedMessageDoesNotComeBackThroughAnOlderList() async throws {
    let mirror = try await full()
    let before = mirror.tick()
    try await mirror.write(.deleteMessage("m1"))
    #expect(try mirror.ids("messages", mainMessages("c")) == ["m2"])
    #expect(try mirror.isComplete(mainMessages("c")))
    try await mirror.show(mainMessages("c"), messages(message("m1"), message("m2", "assistant")), at: before)
    try await mirror.doubt(.deleteMessage("m2"))
    #expect(try mirror.ids("messages", mainMessages("c")) == ["m2"])
    try await mirror.show(mainMessages("c"), messages(message("m1"), message("m2", "assistant")))
    try await mirror.doubt(.deleteMessage("m2"))
    #expect(try mirror.ids("messages", mainMessages("c")) == ["m1", "m2"])
  }

  @Test func whatACompleteListNoLongerShowsIsGone() async throws {
    let mirror = try await full()
    try await mirror.show(mainMessages("c"), messages(message("m2", "assistant")))
    #expect(try mirror.ids("messages", .messages(conversation: "c", branch: "main")) == ["m2"])
    #expect(try !mirror.composed(.conversation("c")).contains(#""id":"m1""#), "the verbatim answer is old")
  }

  @Test func aListThatSaysThereIsMoreReplacesNothing() async throws {
    let mirror = try await full()
    try await mirror.show(
      mainMessages("c"), #"{"data":{"messages":[\#(message("m3"))],"hasNext":true}}"#)
    try await mirror.doubt(.updateConversation("c"))
    #expect(try mirror.ids("messages", .messages(conversation: "c", branch: "main")) == ["m1", "m2", "m3"])
    #expect(try !mirror.isComplete(.messages(conversation: "c", branch: "main")))
  }

  @Test func aBranchThatTheListNoLongerShowsIsGone() async throws {
    let mirror = try await full()
    try await mirror.show(.branches(conversation: "c"), #"{"branches":[{"id":"main","isMain":true},{"id":"b"}]}"#)
    try await mirror.show(.branchMessages(conversation: "c", branch: "b"), messages(message("b1", branch: "b")))
    try await mirror.show(.branches(conversation: "c"), #"{"branches":[{"id":"main","isMain":true}]}"#)
    #expect(try mirror.answer(.messages(conversation: "c", branch: "b")) == .absent)
    #expect(try mirror.store.counts().messages.count == 2)
  }

  @Test func forgettingLeavesNoTextButTheTombstones() async throws {
    let mirror = try await full()
    let before = mirror.tick()
    try await mirror.write(.deleteMessage("m1"))
    try await mirror.show(.conversation("d"), #"{"conversation":{"id":"d","messages":[\#(message("d1"))]}}"#)
    try await mirror.write(.deleteConversation("d"))
    #expect(try await mirror.store.forgetDeleted(before: before) == 1, "an answer that went stale")
    #expect(try await mirror.store.forgetDeleted(before: mirror.tick()) > 3)
    #expect(try mirror.answer(.conversation("d")) == .absent)
    try await mirror.show(mainMessages("c"), messages(message("m1"), message("m2", "assistant")), at: before)
    try await mirror.doubt(.updateMessage("m2"))
    #expect(try mirror.ids("messages", mainMessages("c")) == ["m2"])
    try await mirror.show(mainMessages("c"), messages(message("m1"), message("m2", "assistant")))
    #expect(try mirror.ids("messages", .messages(conversation: "c", branch: "main")) == ["m1", "m2"])
  }

  @Test func anEmbeddedMessageDoesNotWipeWhatAListShowed() async throws {
    let mirror = try await Mirror()
    try await mirror.show(mainMessages("c"), messages(#"{"id":"m","content":"a","metadata":{"cost":1.0}}"#))
    try await mirror.show(.conversation("c"), #"{"conversation":{"id":"c","messages":[{"id":"m","content":"b"}]}}"#)
    #expect(try mirror.composed(mainMessages("c")).contains(#"{"id":"m","content":"b","metadata":{"cost":1.0}}"#))
  }

  @Test func aListItemDoesNotWipeWhatTheConversationShowed() async throws {
    let mirror = try await full()
    try await mirror.show(
      allConversations,
      #"{"conversations":[{"id":"c","title":"newer","count":3}],"total":1,"page":1,"limit":10,"hasNext":false}"#)
    try await mirror.doubt(.send(conversation: "c", branch: nil))
    #expect(try mirror.composed(.conversation("c")).contains(#"{"id":"c","title":"newer","model":"gpt-5","messages""#))
    #expect(try mirror.composed(allConversations).contains(#"{"id":"c","title":"newer","count":3}"#))
  }

  @Test func aConversationThatEmbedsNothingIsComposedWithoutIt() async throws {
    let mirror = try await Mirror()
    try await mirror.show(.conversation("c"), #"{"conversation":{"id":"c"}}"#)
    try await mirror.show(mainMessages("c"), messages(message("m")))
    try await mirror.doubt(.updateMessage("m"))
    #expect(try mirror.composed(.conversation("c")) == #"{"success":true,"data":{"conversation":{"id":"c"}}}"#)
  }

  @Test func branchesAreRenamedAndDeleted() async throws {
    let mirror = try await full()
    try await mirror.write(
      .createBranch(conversation: "c"), #"{"title":"b"}"#, answer: #"{"branch":{"id":"b","title":"b"}}"#)
    #expect(try mirror.ids("branches", .branches(conversation: "c")) == ["main", "b"])
    try await mirror.write(
      .updateBranch(conversation: "c", branch: "b"), #"{"title":"B"}"#, answer: #"{"branch":{"id":"b","title":"B"}}"#)
    #expect(try mirror.composed(.branches(conversation: "c")).contains(#"{"id":"b","title":"B"}"#))
    try await mirror.write(
      .send(conversation: "c", branch: "b"), #"{"content":"only here"}"#,
      answer: #"{"message":\#(message("a1", "assistant", "own"))}"#)
    try await mirror.write(.deleteBranch(conversation: "c", branch: "b"))
    #expect(try mirror.ids("branches", .branches(conversation: "c")) == ["main"])
    #expect(try mirror.answer(.branchMessages(conversation: "c", branch: "b")) == .absent)
    #expect(try mirror.answer(.messages(conversation: "c", branch: "b")) == .absent)
    #expect(try mirror.store.search("own", limit: 5).isEmpty)
  }

  @Test func aMergeMakesListsWaitToBeSeenAgain() async throws {
    let mirror = try await full()
    try await mirror.write(
      .mergeBranch(conversation: "c", branch: "main"), answer: #"{"branch":{"id":"main","isActive":false}}"#)
    #expect(
      try mirror.composed(.branches(conversation: "c")).contains(
        #"{"id":"main","isMain":true,"title":"Main","isActive":false}"#))
    #expect(try !mirror.isComplete(mainMessages("c")))
  }

  @Test func checkpointsAreCreatedRecreatedAndDeleted() async throws {
    let mirror = try await full()
    let all = MirrorRead.checkpoints(conversation: "c", branch: nil)
    let ofMain = MirrorRead.checkpoints(conversation: "c", branch: "main")
    try await mirror.show(all, #"{"checkpoints":[{"id":"k1","branch_id":"main"},{"id":"k0","branch_id":"x"}]}"#)
    #expect(try mirror.ids("checkpoints", ofMain) == ["k1"], "of a complete list")
    try await mirror.write(
      .createCheckpoint(conversation: "c"), #"{"branchId":"main","anchorMessageId":"m1"}"#,
      answer: #"{"checkpoint":{"id":"k2","summary":"s"}}"#)
    #expect(try mirror.ids("checkpoints", all) == ["k1", "k0", "k2"])
    #expect(try mirror.ids("checkpoints", ofMain) == ["k1", "k2"])
    #expect(try mirror.store.conversationID(ofCheckpoint: "k2", account: mirror.account) == "c")
    try await mirror.write(.recreateCheckpoint("k2"), answer: #"{"checkpoint":{"id":"k3","summary":"s2"}}"#)
    #expect(try mirror.ids("checkpoints", all) == ["k1", "k0", "k3"])
    try await mirror.write(.deleteCheckpoint("k1"))
    #expect(try mirror.ids("checkpoints", ofMain) == ["k3"])
  }
}
