import Testing

@testable import MirrorStore

@Suite struct StalenessTests {
  static let reads: [MirrorRead] = [
    allConversations, .conversation("c"), .tree("c"), mainMessages("c"), .branches(conversation: "c"),
    .branchMessages(conversation: "c", branch: "main"), .checkpoints(conversation: "c", branch: nil),
  ]

  static let writes: [(MirrorWrite, stale: Set<MirrorRead.Kind>)] = [
    (.createConversation, [.conversations]),
    (.updateConversation("c"), [.conversations, .conversation, .tree]),
    (.deleteConversation("c"), Set(MirrorRead.Kind.allCases)),
    (.send(conversation: "c", branch: nil), Set(MirrorRead.Kind.allCases)),
    (.updateMessage("m"), [.conversations, .conversation, .tree, .messages, .branches]),
    (.deleteMessage("m"), [.conversations, .conversation, .tree, .messages, .branches]),
    (.createBranch(conversation: "c"), [.conversations, .conversation, .tree, .branches]),
    (.fork(conversation: "c"), [.conversations, .conversation, .tree, .branches]),
    (.updateBranch(conversation: "c", branch: "main"), [.conversation, .tree, .branches]),
    (.deleteBranch(conversation: "c", branch: "main"), Set(MirrorRead.Kind.allCases)),
    (.mergeBranch(conversation: "c", branch: "main"), Set(MirrorRead.Kind.allCases)),
    (.createCheckpoint(conversation: "c"), [.checkpoints]),
    (.deleteCheckpoint("k"), [.checkpoints]),
    (.recreateCheckpoint("k"), [.checkpoints]),
    (.deleteMessage("never seen"), [.conversations, .conversation, .tree, .messages, .branches]),
  ]

  private func full() async throws -> Mirror {
    let mirror = try await Mirror()
    let shown = message("m", branch: "main")
    let branch = #"{"id":"main","isMain":true}"#
    try await mirror.show(allConversations, page(["c"], total: 1))
    try await mirror.show(
      .conversation("c"), #"{"conversation":{"id":"c","title":"t","messages":[\#(shown)],"branches":[\#(branch)]}}"#)
    try await mirror.show(.tree("c"), #"{"conversation":{"id":"c","title":"t"},"tree":null,"branches":[\#(branch)]}"#)
    try await mirror.show(mainMessages("c"), messages(shown))
    try await mirror.show(.branches(conversation: "c"), #"{"branches":[\#(branch)]}"#)
    try await mirror.show(.branchMessages(conversation: "c", branch: "main"), messages(shown))
    try await mirror.show(.checkpoints(conversation: "c", branch: nil), #"{"checkpoints":[{"id":"k"}]}"#)
    return mirror
  }

  private func isVerbatim(_ read: MirrorRead, in mirror: Mirror) throws -> Bool {
    guard case .verbatim = try mirror.answer(read) else { return false }
    return true
  }

  @Test func everyWriteIsInTheTable() {
    #expect(Set(Staleness.ofWrite.keys) == Set(MirrorWrite.Kind.allCases))
  }

  @Test func readingTheSameTwiceMakesNothingOld() async throws {
    let mirror = try await full()
    for read in Self.reads { #expect(try isVerbatim(read, in: mirror), "\(read)") }
  }

  @Test(arguments: writes)
  func aWriteOfUnknownOutcomeMakesOldWhatItMayHaveChanged(_ write: MirrorWrite, _ stale: Set<MirrorRead.Kind>)
    async throws
  {
    let mirror = try await full()
    try await mirror.doubt(write)
    for read in Self.reads { #expect(try isVerbatim(read, in: mirror) == !stale.contains(read.kind), "\(read)") }
  }

  @Test func aWriteLeavesOtherConversationsAlone() async throws {
    let mirror = try await full()
    try await mirror.show(mainMessages("d"), messages(message("d1")))
    try await mirror.doubt(.send(conversation: "c", branch: nil))
    #expect(try isVerbatim(mainMessages("d"), in: mirror))
    #expect(try mirror.answer(mainMessages("d")) != mirror.answer(mainMessages("c")))
  }

  @Test func anAnswerThatShowsAChangeMakesOthersOld() async throws {
    let mirror = try await full()
    try await mirror.show(mainMessages("c"), messages(message("m", "user", "edited elsewhere", branch: "main")))
    #expect(try !isVerbatim(.conversation("c"), in: mirror))
    #expect(try !isVerbatim(.tree("c"), in: mirror))
    #expect(try isVerbatim(mainMessages("c"), in: mirror))
    #expect(try isVerbatim(.checkpoints(conversation: "c", branch: nil), in: mirror))
    #expect(try mirror.composed(.conversation("c")).contains("edited elsewhere"))
  }

  /// After a send the tree is read, then the messages: what they show anew is the send's, and the tree shows it already.
  @Test func whatAWriteExplainsMakesNothingOldThatWasFetchedAfterIt() async throws {
    let mirror = try await full()
    try await mirror.write(
      .send(conversation: "c", branch: nil), #"{"content":"q"}"#, answer: #"{"message":\#(message("a", "assistant"))}"#)
    let branch = #"{"id":"main","isMain":true,"messageCount":3}"#
    try await mirror.show(.tree("c"), #"{"conversation":{"id":"c","title":"t"},"tree":null,"branches":[\#(branch)]}"#)
    try await mirror.show(
      mainMessages("c"), messages(message("m", branch: "main"), message("u", "user", "q"), message("a", "assistant")))
    #expect(try isVerbatim(.tree("c"), in: mirror))
    #expect(try !isVerbatim(.conversation("c"), in: mirror), "fetched before the send")
  }

  @Test func whatNoWriteHereExplainsMakesOthersOldEvenAfterAWrite() async throws {
    let mirror = try await full()
    try await mirror.doubt(.updateBranch(conversation: "c", branch: "main"))
    try await mirror.show(mainMessages("c"), messages(message("m", "user", "other", branch: "main")))
    try await mirror.show(.tree("c"), #"{"conversation":{"id":"c","title":"t"},"tree":null}"#)
    try await mirror.show(mainMessages("c"), messages(message("m", "user", "edited elsewhere", branch: "main")))
    #expect(try !isVerbatim(.tree("c"), in: mirror))
  }

  @Test func aNewTitleInTheListMakesTheConversationOld() async throws {
    let mirror = try await full()
    try await mirror.show(
      allConversations,
      #"{"conversations":[\#(conversation("c", title: "renamed elsewhere"))],"total":1,"hasNext":false}"#)
    #expect(try mirror.composed(.conversation("c")).contains("renamed elsewhere"))
  }

  @Test func theListSeenLastStandsForTheMainBranch() async throws {
    let mirror = try await full()
    try await mirror.show(mainMessages("c"), messages(message("m", branch: "main"), message("m2", branch: "main")))
    #expect(try mirror.ids("messages", .branchMessages(conversation: "c", branch: "main")) == ["m", "m2"])
  }

  @Test func anAnswerThatAWriteOvertookIsNotStored() async throws {
    let mirror = try await full()
    let response = StoredResponse(
      status: 200, fields: [], body: Array(messages(message("old")).utf8), fetchedAt: mirror.tick())
    let outcome = try await mirror.store.save(
      mainMessages("c"), response, account: mirror.account, isCurrent: { false })
    #expect(outcome == .notMirrored(reason: "a write overtook the answer"))
    #expect(try mirror.store.conversationID(ofMessage: "old", account: mirror.account) == nil)
    #expect(try isVerbatim(mainMessages("c"), in: mirror))
    let revalidated = try await mirror.store.revalidate(
      mainMessages("c"), fields: [], at: mirror.tick(), account: mirror.account, isCurrent: { false })
    #expect(revalidated == nil)
  }

  @Test func revalidationMakesAnAnswerFresh() async throws {
    let mirror = try await full()
    try await mirror.doubt(.send(conversation: "c", branch: nil))
    #expect(try mirror.store.storedResponse(mainMessages("c"), account: mirror.account)?.isStale == true)
    let time = mirror.tick()
    let response = try await mirror.store.revalidate(
      mainMessages("c"), fields: [.init(name: "ETag", value: "2")], at: time, account: mirror.account)
    #expect(response?.fetchedAt == time)
    #expect(try mirror.answer(mainMessages("c")) == response.map { .verbatim($0) })
    #expect(try await mirror.store.revalidate(mainMessages("x"), fields: [], at: time, account: mirror.account) == nil)
  }

  @Test func composedAnswersAreAsOldAsTheirOldestPart() async throws {
    let mirror = try await full()
    let seen = mirror.tick()
    try await mirror.show(.conversation("c"), #"{"conversation":{"id":"c","messages":[]}}"#, at: seen)
    try await mirror.doubt(.send(conversation: "c", branch: nil))
    guard case .composed(_, let asOf, _) = try mirror.answer(mainMessages("c")) else {
      Issue.record("not composed")
      return
    }
    #expect(asOf == seen)
  }

  @Test func countersShowWhatAnAnswerCost() async throws {
    let mirror = try await full()
    let before = mirror.store.workCounters
    _ = try mirror.answer(mainMessages("c"))
    let after = mirror.store.workCounters
    #expect(after.storeReads == before.storeReads + 1)
    #expect(after.storeWrites == before.storeWrites && after.documentsScanned == before.documentsScanned)
    try await mirror.show(mainMessages("c"), messages(), indexing: false)
    #expect(mirror.store.workCounters.storeWrites == before.storeWrites + 1)
    #expect(mirror.store.workCounters.documentsScanned == before.documentsScanned + 1)
  }
}
