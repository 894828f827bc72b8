import Foundation
import GRDB
import Testing

@testable import MirrorStore

@Suite struct PurgeTests {
  private let directory: ScratchDirectory
  private var path: String { directory.path + "/mirror.sqlite" }

  init() throws { directory = try ScratchDirectory() }

  /// Two conversations of long texts, in every table that there is: `secret` and `other`.
  private func filled() async throws -> Mirror {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(allConversations, page(["secret", "other"], total: 2, limit: 2))
    for (id, word) in [("secret", "zanzibar"), ("other", "harmless")] {
      try await mirror.show(.conversation(id), #"{"success":true,"data":\#(conversation(id, title: "\(word)title"))}"#)
      let texts = (1...600).map {
        message("\(id)-\($0)", "user", "\(word)text \(word)\($0) " + String(repeating: "\(word) ", count: 20))
      }
      try await mirror.show(
        mainMessages(id), #"{"success":true,"data":{"messages":[\#(texts.joined(separator: ","))]}}"#)
      try await mirror.show(
        .checkpoints(conversation: id, branch: nil), #"{"checkpoints":[{"id":"k-\#(id)","summary":"\#(word)summary"}]}"#
      )
      try await mirror.write(
        .send(conversation: id, branch: nil), #"{"content":"\#(word)question"}"#,
        answer:
          #"{"message":{"id":"a-\#(id)","role":"assistant","content":"\#(word)answer"},"usage":{"totalTokens":1}}"#)
      try await mirror.write(.updateMessage("\(id)-1"), #"{"content":"\#(word)edited"}"#)
    }
    return mirror
  }

  private func fileHolds(_ word: String) -> Bool {
    ["", "-wal", "-shm"].contains { end in
      guard let bytes = FileManager.default.contents(atPath: path + end) else { return false }
      return bytes.range(of: Data(word.utf8)) != nil
    }
  }

  private func count(_ table: String, _ mirror: Mirror) async throws -> Int {
    try await mirror.store.transaction { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
  }

  @Test func aPurgedConversationLeavesNoWordInTheFile() async throws {
    let mirror = try await filled()
    #expect(fileHolds("zanzibar"))
    let selection = PurgeSelection(conversations: ["secret"])
    let promised = try mirror.store.purgeable(selection)
    #expect(promised.conversations == 1 && promised.messages >= 601)
    #expect(try await mirror.store.purge(selection) == promised)
    #expect(!fileHolds("zanzibar"), "with the mirror open")
    #expect(fileHolds("harmlesstext"))
    #expect(try mirror.store.search("zanzibar", limit: 5).isEmpty)
    #expect(try mirror.store.search("harmless", limit: 5).count == 5)
    #expect(try await mirror.store.damage() == nil)
    for table in ["conversation", "checkpoint"] { #expect(try await count(table, mirror) == 1, "\(table)") }
    #expect(try await count("usage", mirror) == 1)
    #expect(try mirror.store.purgeable(selection) == PurgeOutcome())
  }

  /// What was freed and rewritten since the first purge is overwritten too.
  @Test func aSecondPurgeLeavesNoWordEither() async throws {
    let mirror = try await filled()
    _ = try await mirror.store.purge(PurgeSelection(conversations: ["other"]))
    for round in 1...3 {
      for text in ["first", "second", "third"] {
        let list = (1...40).map {
          message("late-\($0)", "user", "quokka\(text) " + String(repeating: "quokka ", count: 30))
        }
        try await mirror.show(mainMessages("late"), #"{"messages":[\#(list.joined(separator: ","))]}"#)
      }
      #expect(fileHolds("quokka"))
      #expect(
        try await mirror.store.purge(PurgeSelection(conversations: ["late"])).conversations == 1, "round \(round)")
      #expect(!fileHolds("quokka"), "round \(round)")
    }
    #expect(fileHolds("zanzibartext"))
  }

  /// Somebody who reads for long keeps the log from being folded in: that is said, and mended by the next purge.
  @Test func aLongReaderIsSaidAndNoFailure() async throws {
    let mirror = try await filled()
    mirror.store.stopWaiting()
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true  // one that stays open is what this is about
    let reader = try DatabaseQueue(path: path, configuration: configuration)
    func run(_ sql: String) throws {
      try reader.unsafeReentrantWrite { _ = try Row.fetchAll($0, sql: sql) }
    }
    try run("BEGIN")
    try run("SELECT count(*) FROM message")
    let outcome = try await mirror.store.purge(PurgeSelection(conversations: ["secret"]))
    #expect(outcome.conversations == 1)
    #expect(outcome.remains?.contains("locked") == true, "\(outcome)")
    #expect(fileHolds("zanzibar"))
    try run("COMMIT")
    #expect(try await mirror.store.purge(PurgeSelection(conversations: ["secret"])) == PurgeOutcome())
    #expect(!fileHolds("zanzibar"))
    try reader.close()
  }

  /// Upstream confirmed what is held: that is a reading too.
  @Test func aConfirmedAnswerIsUse() async throws {
    let mirror = try await filled()
    let between = mirror.tick()
    let confirmed = try await mirror.store.revalidate(
      .conversation("secret"), fields: [], at: mirror.tick(), account: mirror.account)
    #expect(confirmed != nil)
    let selection = PurgeSelection(unusedSince: between)
    #expect(try await mirror.store.purge(selection).conversations == 1)
    #expect(try mirror.answer(mainMessages("secret")) != .unknown)
    #expect(try mirror.answer(mainMessages("other")) == .unknown)
  }

  /// What old answers of a conversation that stays have cost is not forgotten by a purge by age.
  @Test func costsOfWhatStaysAreKept() async throws {
    let mirror = try await filled()
    let later = UnixTime(milliseconds: mirror.now.milliseconds + 1)
    _ = mirror.tick()
    try await mirror.show(mainMessages("secret"), messages(message("secret-1")))
    #expect(try await mirror.store.purge(PurgeSelection(unusedSince: later)).conversations == 1)
    #expect(try await count("usage", mirror) == 1)
  }

  @Test func whatIsPurgedIsUnknownAndComesBackWhenItIsRead() async throws {
    let mirror = try await filled()
    #expect(try mirror.answer(.conversation("elsewhere")) == .absent)
    _ = try await mirror.store.purge(PurgeSelection(conversations: ["secret"]))
    #expect(try mirror.answer(.conversation("secret")) == .unknown)
    #expect(try mirror.answer(mainMessages("secret")) == .unknown)
    #expect(try mirror.answer(.conversation("elsewhere")) == .unknown, "the list is no longer known in full")
    #expect(try mirror.ids("conversations", allConversations) == ["other"])
    #expect(try !mirror.isComplete(allConversations))
    #expect(try mirror.answer(mainMessages("other")) != .unknown)
    try await mirror.show(mainMessages("secret"), messages(message("secret-1", "user", "back")))
    guard case .verbatim = try mirror.answer(mainMessages("secret")) else {
      Issue.record("what was read again is not held")
      return
    }
    #expect(try mirror.store.search("back", limit: 5).map(\.messageID) == ["secret-1"])
  }

  @Test func whatWasDeletedDoesNotComeBackByAPurge() async throws {
    let mirror = try await filled()
    try await mirror.write(.deleteConversation("secret"))
    #expect(try await mirror.store.purge(PurgeSelection(conversations: ["secret"])).conversations == 1)
    #expect(!fileHolds("zanzibar"))
    #expect(try mirror.answer(.conversation("secret")) == .absent)
    #expect(try mirror.store.purgeable(PurgeSelection(conversations: ["secret"])) == PurgeOutcome())
  }

  @Test func onlyWhatWasNotUsedGoesByAge() async throws {
    let mirror = try await filled()
    let between = mirror.tick()
    try await mirror.show(mainMessages("other"), messages(message("other-1", "user", "harmlesstext")))
    let selection = PurgeSelection(unusedSince: between)
    #expect(try mirror.store.purgeable(selection).conversations == 1)
    #expect(try await mirror.store.purge(selection).conversations == 1)
    #expect(try mirror.answer(mainMessages("secret")) == .unknown)
    #expect(try mirror.answer(mainMessages("other")) != .unknown)
    #expect(!fileHolds("zanzibar"))
  }

  @Test func anAccountGoesAloneAndKeepsItsNumber() async throws {
    let mirror = try await filled()
    let other = try await mirror.store.admit(AccountKey(Array(repeating: 9, count: 32)))
    _ = try await mirror.store.save(
      mainMessages("theirs"),
      StoredResponse(
        status: 200, fields: [], body: Array(messages(message("t-1", "user", "theirtext")).utf8),
        fetchedAt: mirror.tick()),
      account: other)
    let accounts = try mirror.store.accountSummaries()
    #expect(accounts.map(\.number) == [mirror.account.rawValue, other.rawValue])
    #expect(accounts[0].conversations == 2 && accounts[0].titles.contains("zanzibartitle"))
    let outcome = try await mirror.store.purge(PurgeSelection(account: mirror.account.rawValue))
    #expect(outcome.conversations == 2)
    #expect(try mirror.store.accountSummaries().map(\.number) == [other.rawValue])
    for word in ["zanzibar", "harmless"] { #expect(!fileHolds(word)) }
    #expect(fileHolds("theirtext"))
    #expect(try await count("response", mirror) == 1)
    // A number that was given to somebody else would show the one what the other still writes.
    #expect(try await mirror.store.admit(Mirror.key) == mirror.account)
    let third = try await mirror.store.admit(AccountKey(Array(repeating: 8, count: 32)))
    #expect(![mirror.account, other].contains(third))
  }

  @Test func whatIsUnknownIsNothingToPurge() async throws {
    let mirror = try await filled()
    #expect(try await mirror.store.purge(PurgeSelection(conversations: ["nowhere"])) == PurgeOutcome())
    #expect(try await mirror.store.purge(PurgeSelection(account: 77)) == PurgeOutcome())
    #expect(try await count("conversation", mirror) == 2)
  }
}
