import Testing

@testable import MirrorStore

@Suite struct TreeTests {
  private func forked() async throws -> Mirror {
    let mirror = try await Mirror()
    try await mirror.show(
      .conversation("c"),
      #"{"conversation":{"id":"c","v":1.0,"messages":[\#(message("m1", branch: "main")),\#(message("m2", "assistant", branch: "main"))],"#
        + #""branches":[{"id":"main","isMain":true,"title":"Main"},{"id":"b","title":"B\u00e9","forkPointMessageId":"m1"}]}}"#
    )
    try await mirror.show(
      .branchMessages(conversation: "c", branch: "b"),
      messages(
        message("m1", branch: "main"), message("x1", "user", #"\ud83d"#, branch: "b"), message("x2", branch: "b")))
    return mirror
  }

  @Test func aMessageIsFollowedByItsBranchThenByItsForks() async throws {
    let mirror = try await forked()
    let main = #"{"id":"main","isMain":true,"title":"Main"}"#
    let fork = #"{"id":"b","title":"B\u00e9","forkPointMessageId":"m1"}"#
    #expect(
      try mirror.composed(.tree("c")) == #"{"success":true,"data":{"conversation":{"id":"c","v":1.0},"tree":"#
        + #"{"id":"m1","content":"text","role":"user","children":["#
        + #"{"id":"m2","content":"text","role":"assistant","children":[],"branchInfo":null},"#
        + #"{"id":"x1","content":"\ud83d","role":"user","children":["#
        + #"{"id":"x2","content":"text","role":"user","children":[],"branchInfo":null}"#
        + #"],"branchInfo":{"id":"b","title":"B\u00e9","isMain":false}}"#
        + #"],"branchInfo":{"id":"main","title":"Main","isMain":true}},"#
        + #""metadata":{"totalNodes":4,"totalBranches":2,"maxDepth":3},"branches":[\#(main),\#(fork)],"mainBranch":\#(main)}}"#
    )
    #expect(try mirror.isComplete(.tree("c")))
  }

  @Test func aBranchWhoseMessagesAreNotKnownLeavesTheTreeIncomplete() async throws {
    let mirror = try await Mirror()
    try await mirror.show(
      .conversation("c"),
      #"{"conversation":{"id":"c","messages":[\#(message("m1"))],"branches":[{"id":"main","isMain":true},{"id":"b","forkPointMessageId":"m1"}]}}"#
    )
    #expect(try !mirror.isComplete(.tree("c")))
    #expect(try mirror.composed(.tree("c")).contains(#""totalNodes":1,"totalBranches":2,"maxDepth":1"#))
  }

  @Test func aNewConversationHasAnEmptyTree() async throws {
    let mirror = try await Mirror()
    try await mirror.write(.createConversation, answer: #"{"conversation":{"id":"c"}}"#)
    #expect(
      try mirror.composed(.tree("c")) == #"{"success":true,"data":{"conversation":{"id":"c"},"tree":null,"#
        + #""metadata":{"totalNodes":0,"totalBranches":0,"maxDepth":0},"branches":[],"mainBranch":null}}"#)
  }

  @Test func messagesOfAnUnnamedMainBranchMakeATree() async throws {
    let mirror = try await Mirror()
    try await mirror.write(.createConversation, answer: #"{"conversation":{"id":"c"}}"#)
    try await mirror.write(
      .send(conversation: "c", branch: nil), #"{"content":"q"}"#, answer: #"{"message":\#(message("a", "assistant"))}"#)
    #expect(try mirror.composed(.tree("c")).contains(#""totalNodes":2,"totalBranches":0,"maxDepth":2"#))
  }

  @Test func aMainBranchThatOnlyItsMessagesNameMakesATree() async throws {
    let mirror = try await Mirror()
    try await mirror.show(.tree("c"), #"{"conversation":{"id":"c"},"tree":null}"#)
    try await mirror.doubt(.send(conversation: "c", branch: nil))
    try await mirror.show(mainMessages("c"), messages(message("m1", branch: "x"), message("m2", branch: "x")))
    #expect(try mirror.composed(.tree("c")).contains(#""totalNodes":2,"totalBranches":0,"maxDepth":2"#))
    #expect(try mirror.composed(.tree("c")).contains(#""branches":[],"mainBranch":null"#))
    #expect(try mirror.ids("messages", .branchMessages(conversation: "c", branch: "x")) == ["m1", "m2"])
  }

  @Test func aTreeWithoutMessagesKnownIsUnknown() async throws {
    let mirror = try await Mirror()
    try await mirror.show(.branches(conversation: "c"), #"{"branches":[]}"#)
    #expect(try mirror.answer(.tree("c")) == .unknown)
  }

  @Test func anAnsweredTreeBringsConversationAndBranches() async throws {
    let mirror = try await Mirror()
    let body =
      #"{"conversation":{"id":"c","title":"t"},"branches":[{"id":"main"},{"id":"b","parentBranchId":"main"}],"mainBranch":{"id":"main"}}"#
    try await mirror.show(.tree("c"), body)
    #expect(try mirror.ids("branches", .branches(conversation: "c")) == ["main", "b"])
    #expect(try mirror.store.conversationSummaries(limit: 5).map(\.title) == ["t"])
    try await mirror.doubt(.updateConversation("c"))
    #expect(try mirror.answer(.tree("c")) == .unknown)
  }

  @Test func aDeepTreeCostsNoStack() async throws {
    let mirror = try await Mirror()
    let count = 10_000
    let list = (0..<count).map { message("m\($0)") }.joined(separator: ",")
    try await mirror.show(.conversation("c"), #"{"conversation":{"id":"c","messages":[\#(list)],"branches":[]}}"#)
    #expect(try mirror.composed(.tree("c")).contains(#""maxDepth":\#(count)}"#))
    #expect(try mirror.store.conversationTree("c")?.nodes.last?.depth == count)
  }

  /// Branches that fork from themselves or from one another are not reachable; the walk must end all the same.
  @Test func circlesOfBranchesDoNotTrapTheWalk() throws {
    let nothing = try #require(try JSONText(checking: Array("{}".utf8)).object)
    func branch(_ id: String, _ fork: String?, isMain: Bool = false) -> ConversationTree.Branch {
      ConversationTree.Branch(bid: id, forkPoint: fork, text: nothing, isMain: isMain)
    }
    let tree = ConversationTree(
      branches: [branch("main", "m2", isMain: true), branch("x", "y1"), branch("y", "x1"), branch("z", "z1")],
      messages: [("m1", 0, nothing), ("m2", 0, nothing), ("x1", 1, nothing), ("y1", 2, nothing), ("z1", 3, nothing)])
    #expect(tree.depth == 2)
  }

  @Test func theOutlineListsParentsBeforeChildren() async throws {
    let outline = try #require(try await forked().store.conversationTree("c"))
    #expect(outline.nodes.map(\.messageID) == ["m1", "m2", "x1", "x2"])
    #expect(outline.nodes.map(\.parent) == [nil, 0, 0, 2])
    #expect(outline.nodes.map(\.depth) == [1, 2, 2, 3])
    #expect(outline.nodes.map(\.branchID) == ["main", "main", "b", "b"])
    #expect(outline.branches.map(\.messageCount) == [2, 2])
  }
}
