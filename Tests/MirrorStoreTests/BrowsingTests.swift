import GRDB
import Testing

@testable import MirrorStore

@Suite struct BrowsingTests {
  /// An app that has an id from elsewhere reads the messages alone; they are in the list all the same.
  @Test func aConversationKnownByItsMessagesIsListed() async throws {
    let mirror = try await Mirror()
    try await mirror.show(allConversations, page(["told"], total: 1))
    try await mirror.show(mainMessages("untold"), messages(message("m1"), message("m2")))
    let all = try mirror.store.conversationSummaries(limit: 9)
    #expect(Set(all.map(\.id)) == ["told", "untold"])
    let untold = try #require(all.first { $0.id == "untold" })
    #expect(untold.messageCount == 2 && untold.title.isEmpty)
    #expect(try mirror.store.conversationCount(ConversationFilter()) == 2)
    #expect(try mirror.store.conversationCount(ConversationFilter(), account: mirror.account) == 2)
    #expect(try mirror.store.conversationSummaries(ConversationFilter(title: "t"), limit: 9).map(\.id) == ["told"])
    try await mirror.show(.conversation("untold"), conversation("untold", title: "told now"))
    #expect(try mirror.store.conversationCount(ConversationFilter()) == 2, "and counted once")
    try await mirror.write(.deleteConversation("untold"))
    #expect(try mirror.store.conversationSummaries(limit: 9).map(\.id) == ["told"])
    #expect(try mirror.store.conversationCount(ConversationFilter()) == 1)
  }

  @Test func wholeListsAreKnownOnceEveryPageWasSeen() async throws {
    let mirror = try await Mirror()
    #expect(try !mirror.store.holdsWholeLists())
    try await mirror.show(allConversations, page(["a", "b"], total: 3))
    #expect(try !mirror.store.holdsWholeLists())
    try await mirror.show(.conversations(page: 2, limit: nil, filter: nil), page(["c"], total: 3, page: 2))
    #expect(try mirror.store.holdsWholeLists())
  }

  private func full() async throws -> Mirror {
    let mirror = try await Mirror()
    try await mirror.show(
      .conversation("c"),
      #"{"conversation":{"id":"c","title":"100% \u0041_b\\","model":"gpt-5","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-02T00:00:00Z","#
        + #""messages":[{"id":"m","role":"assistant","content":"hi","branchId":"main","parentMessageId":"p","tokens":7,"metadata":{"model":"x"}}],"#
        + #""branches":[{"id":"b","title":"B","parentBranchId":"main","forkPointMessageId":"m","contextMode":"FULL"},{"id":"main","isMain":true}]}}"#
    )
    try await mirror.show(
      .checkpoints(conversation: "c", branch: nil),
      #"{"checkpoints":[{"id":"k","branch_id":"main","anchor_message_id":"m","summary":"s","token_count":3}]}"#)
    return mirror
  }

  @Test func aSummaryCounts() async throws {
    let summary = try #require(try await full().store.conversationSummaries(limit: 5).first)
    #expect(summary.id == "c" && summary.model == "gpt-5" && summary.isComplete)
    #expect(summary.messageCount == 1 && summary.branchCount == 2 && summary.draftCount == 0)
    #expect(summary.updatedAt == UnixTime(rfc3339: "2026-01-02T00:00:00Z"))
  }

  @Test(arguments: [("100%", 1), ("%", 1), ("A_B", 1), ("\\", 1), ("x", 0), ("", 1), ("1_0", 0)])
  func titlesAreFilteredAsWritten(_ words: String, _ count: Int) async throws {
    #expect(try await full().store.conversationSummaries(ConversationFilter(title: words), limit: 5).count == count)
  }

  @Test(arguments: [
    (ConversationFilter(), ["c3", "c2", "c1"]), (ConversationFilter(order: .oldest), ["c1", "c2", "c3"]),
    (ConversationFilter(order: .title), ["c2", "c3", "c1"]), (ConversationFilter(order: .longest), ["c1", "c3", "c2"]),
    (ConversationFilter(model: "GPT"), ["c2"]), (ConversationFilter(model: "%"), []),
    (ConversationFilter(title: "bea", model: "claude"), ["c3"]), (ConversationFilter(state: .partial), ["c3", "c2"]),
    (ConversationFilter(state: .drafts), ["c2"]), (ConversationFilter(title: "x", state: .drafts), []),
  ]) func filtersAndOrders(_ filter: ConversationFilter, _ expected: [String]) async throws {
    let mirror = try await Mirror()
    func told(_ number: Int, _ title: String, _ model: String) -> String {
      #"{"id":"c\#(number)","title":"\#(title)","model":"\#(model)","updatedAt":"2026-01-0\#(number)T00:00:00Z"}"#
    }
    try await mirror.show(
      allConversations,
      #"{"conversations":[\#(told(1, "Zebra", "claude-7")),\#(told(2, "ape", "gpt-9")),\#(told(3, "Bear", "claude-8"))],"total":3,"page":1,"limit":9,"hasNext":false}"#
    )
    try await mirror.show(mainMessages("c1"), messages(message("m1"), message("m2")))
    _ = try await mirror.store.saveDraft(
      conversation: "c2", branch: nil, requestBody: Array(#"{"content":"q"}"#.utf8), text: "a", model: nil,
      outcome: .interrupted, at: mirror.tick(), account: mirror.account)
    #expect(try mirror.store.conversationSummaries(filter, limit: 5).map(\.id) == expected)
    #expect(try mirror.store.conversationCount(filter) == expected.count)
    if expected.count > 1 {
      #expect(try mirror.store.conversationSummaries(filter, limit: 1, offset: 1).map(\.id) == [expected[1]])
    }
  }

  @Test func aDetailShowsAll() async throws {
    let detail = try #require(try await full().store.conversationDetail("c"))
    #expect(detail.branches.map(\.id) == ["main", "b"])
    #expect(detail.branches[1].forkPointMessageID == "m" && detail.branches[1].contextMode == "FULL")
    #expect(detail.branchID == "main")
    #expect(
      detail.messages == [
        MessageDetail(
          id: "m", branchID: "main", parentMessageID: "p", role: "assistant", content: "hi", model: "x", tokenCount: 7,
          createdAt: nil, isProvisional: false)
      ])
    #expect(detail.checkpoints.map(\.summary) == ["s"])
  }

  @Test func aBranchThatIsNotHeldHasNoMessages() async throws {
    let store = try await full().store
    #expect(try store.conversationDetail("c", branch: "b")?.messages == [])
    #expect(try store.conversationDetail("c", branch: "b")?.isComplete == false)
    #expect(try store.conversationDetail("c", branch: "nowhere") == nil)
    #expect(try store.conversationDetail("nowhere") == nil)
  }

  @Test func aBranchThatWasNeverReadIsKnownAsSuch() async throws {
    let branches = try #require(try await full().store.conversationDetail("c")).branches
    #expect(branches.map(\.isUnread) == [false, true])
  }

  @Test func aMergedBranchSaysWhen() async throws {
    let mirror = try await full()
    try await mirror.write(
      .mergeBranch(conversation: "c", branch: "b"), answer: #"{"branch":{"id":"b","mergedAt":"2026-01-05T00:00:00Z"}}"#)
    let branches = try #require(try mirror.store.conversationDetail("c")).branches
    #expect(branches.map(\.mergedAt) == [nil, UnixTime(rfc3339: "2026-01-05T00:00:00Z")])
  }

  /// The mirror's clock stands at 1,800,000,000 s, which is 2027-01-15T08:00:00Z.
  @Test(arguments: [
    ("2027-01-15T07:59:00Z", false), ("2027-01-15T08:00:50Z", false), ("2027-01-15T08:02:00Z", true),
  ])
  func aChangeElsewhereMakesAConversationStale(_ updatedAt: String, _ isStale: Bool) async throws {
    let mirror = try await Mirror()
    try await mirror.show(mainMessages("c"), messages(message("m")))
    let list =
      #"{"conversations":[\#(conversation("c", updated: updatedAt))],"total":1,"page":1,"limit":9,"hasNext":false}"#
    try await mirror.show(allConversations, list)
    #expect(try mirror.store.conversationSummaries(limit: 1).map(\.isStale) == [isStale])
  }

  @Test func whatWasNeverReadIsNotStale() async throws {
    let mirror = try await Mirror()
    try await mirror.show(
      allConversations,
      #"{"conversations":[\#(conversation("c", updated: "2099-01-01T00:00:00Z"))],"total":1,"page":1,"limit":9,"hasNext":false}"#
    )
    #expect(try mirror.store.conversationSummaries(limit: 1).map(\.isStale) == [false])
  }

  // MARK: Windows

  /// Ten messages of which the fourth was deleted.
  private func ten() async throws -> Mirror {
    let mirror = try await Mirror()
    let all = (1...10).map { message("m\($0)") }.joined(separator: ",")
    try await mirror.show(mainMessages("c"), messages(all))
    try await mirror.write(.deleteMessage("m4"))
    return mirror
  }

  @Test(
    arguments: [
      (.all, 0, [1, 2, 3, 5, 6, 7, 8, 9, 10]), (.from(0, count: 4), 0, [1, 2, 3, 5]),
      (.from(4, count: 4), 4, [6, 7, 8, 9]), (.from(8, count: 4), 8, [10]), (.from(12, count: 4), 12, []),
      (.from(-5, count: 2), 0, [1, 2]), (.with(message: "m1", count: 4), 0, [1, 2, 3, 5]),
      (.with(message: "m5", count: 4), 0, [1, 2, 3, 5]), (.with(message: "m6", count: 4), 4, [6, 7, 8, 9]),
      (.with(message: "m10", count: 4), 8, [10]), (.with(message: "m4", count: 3), 3, [5, 6, 7]),
      (.with(message: "nope", count: 4), 0, [1, 2, 3, 5]), (.with(message: "m2", count: 0), 1, [2]),
    ] as [(MessageWindow, Int, [Int])])
  func aWindowShowsAPartAndKnowsItsPlace(_ window: MessageWindow, _ before: Int, _ expected: [Int]) async throws {
    let detail = try #require(try await ten().store.conversationDetail("c", window: window))
    #expect(detail.messages.map(\.id) == expected.map { "m\($0)" })
    #expect(detail.messagesBefore == before && detail.messagesTotal == 9)
  }

  /// A search finds a message whose branch was never listed: the link to it must not lead nowhere.
  @Test func aLinkToAMessageOfAnUnknownBranchShowsTheMessage() async throws {
    let mirror = try await Mirror()
    try await mirror.show(mainMessages("c"), messages(message("m1", "user", "words", branch: "unlisted")))
    let hit = try #require(try mirror.store.search("words", limit: 1).first)
    #expect(hit.branchID == "unlisted")
    let detail = try mirror.store.conversationDetail("c", branch: hit.branchID, window: .with(message: "m1", count: 5))
    #expect(detail?.messages.map(\.id) == ["m1"])
    #expect(try mirror.store.conversationDetail("c", branch: "unlisted") == nil)
  }

  /// A damaged file may hold any number.
  @Test(arguments: [Int64.max, .min, .max - 1]) func extremeTimesEndNothing(_ time: Int64) async throws {
    let mirror = try await full()
    try await mirror.store.write("damage") { db in
      try db.execute(
        sql: "UPDATE conversation SET written_at = ?1, sort_at = ?1, saved_at = ?1", arguments: [time])
      try db.execute(sql: "UPDATE list SET as_of = ?", arguments: [time])
    }
    #expect(try mirror.store.conversationSummaries(limit: 5).count == 1)
    #expect(try mirror.store.conversationDetail("c") != nil)
  }

  @Test func countsCountWhatIsVisible() async throws {
    let mirror = try await full()
    let before = try mirror.store.counts()
    #expect(before.conversations.count == 1 && before.branches.count == 2 && before.messages.count == 1)
    #expect(
      before.checkpoints.count == 1 && before.responses.count == 2 && before.drafts.count == 0 && before.bytes > 0)
    try await mirror.write(.deleteMessage("m"))
    #expect(try mirror.store.counts().messages.count == 0)
  }
}
