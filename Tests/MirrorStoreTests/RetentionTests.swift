import Foundation
import GRDB
import Testing

@testable import MirrorStore

@Suite struct RetentionTests {
  private let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  /// Conversations c1 … with three long messages each, all read; the first was used least recently.
  private func filled(_ count: Int) async throws -> Mirror {
    let mirror = try await Mirror(.file(directory.path + "/mirror.sqlite"))
    let ids = (1...count).map { "c\($0)" }
    try await mirror.show(allConversations, page(ids, total: count, limit: count))
    for id in ids {
      let texts = (1...3).map { message("\(id)-\($0)", "user", String(repeating: "word\($0) ", count: 1000)) }
      try await mirror.show(mainMessages(id), messages(texts[0], texts[1], texts[2]))
    }
    return mirror
  }

  private func holdsMessages(_ id: String, _ mirror: Mirror) throws -> Bool {
    try mirror.answer(mainMessages(id)) != .unknown
  }

  private func policy(_ change: (inout RetentionPolicy) -> Void) -> RetentionPolicy {
    var policy = RetentionPolicy()
    change(&policy)
    return policy
  }

  @Test func withoutLimitsNothingGoes() async throws {
    let mirror = try await filled(3)
    let before = try mirror.store.counts()
    let tooMuch = UnixTime(milliseconds: mirror.now.milliseconds * 10)
    #expect(try await mirror.store.enforce(RetentionPolicy(), at: tooMuch).isNothing)
    #expect(try mirror.store.counts() == before)
  }

  @Test func answersGoBeforeMessagesAndWhatIsLeftIsComposed() async throws {
    let mirror = try await filled(8)
    let size = try await mirror.used()
    let answers = try mirror.store.counts().responses.bytes
    // Enough to ask for most of the answers, and for no message.
    let outcome = try await mirror.store.enforce(policy { $0.bytesMax = size - answers / 4 }, at: mirror.now)
    #expect(outcome.responses == 9 && outcome.conversations == 0)
    #expect(try mirror.store.counts().messages.count == 24)
    for number in 1...8 {
      #expect(try mirror.ids("messages", mainMessages("c\(number)")).count == 3)
      #expect(try mirror.isComplete(mainMessages("c\(number)")))
    }
  }

  /// What answers cost outlives them, until it is too old or there is no other room.
  @Test func whatAnswersCostGoesByItsAgeOrLast() async throws {
    let mirror = try await filled(2)
    for number in 1...3 {
      try await mirror.write(
        .send(conversation: "c1", branch: nil), #"{"content":"q"}"#,
        answer: #"{"message":{"id":"a\#(number)","role":"assistant"},"usage":{"totalTokens":1}}"#)
    }
    _ = try await mirror.store.enforce(policy { $0.messageBytesMax = 0 }, at: mirror.now)
    #expect(try await mirror.usageCount() == 3)
    #expect(try mirror.store.counts().messages.count == 0)
    let limit = policy { $0.ageMax = .seconds(86_400) }
    _ = try await mirror.store.enforce(limit, at: mirror.now)
    #expect(try await mirror.usageCount() == 3)
    _ = try await mirror.store.enforce(limit, at: UnixTime(milliseconds: mirror.now.milliseconds + 86_401_000))
    #expect(try await mirror.usageCount() == 0)
    try await mirror.write(
      .send(conversation: "c1", branch: nil), #"{"content":"q"}"#,
      answer: #"{"message":{"id":"a4","role":"assistant"},"model":"m"}"#)
    #expect(try await mirror.usageCount() == 1)
    _ = try await mirror.store.enforce(policy { $0.bytesMax = 1 }, at: mirror.tick())
    #expect(try await mirror.usageCount() == 0)
  }

  @Test func theLeastRecentlyUsedConversationsGoFirstAndKeepTheirLine() async throws {
    let mirror = try await filled(8)
    try await mirror.show(mainMessages("c1"), messages(message("c1-1"), message("c1-2")))
    let limit = try mirror.store.counts().messages.bytes / 10 * 6
    let outcome = try await mirror.store.enforce(policy { $0.messageBytesMax = limit }, at: mirror.now)
    #expect(outcome.conversations == 4)
    #expect(try mirror.store.counts().messages.bytes <= limit)
    let held = try (1...8).filter { try holdsMessages("c\($0)", mirror) }
    #expect(held == [1, 6, 7, 8])
    // Unknown, never absent; the list still has all of them, and titles are still found.
    for id in ["c2", "c5"] {
      #expect(
        try mirror.answer(.conversation(id)) == .unknown && mirror.answer(.branches(conversation: id)) == .unknown)
    }
    #expect(try mirror.answer(.conversation("c99")) == .absent)
    #expect(try mirror.ids("conversations", .conversations(page: 1, limit: 20, filter: nil)).count == 8)
    #expect(
      try mirror.store.search("word2", limit: 10).allSatisfy { ["c1", "c6", "c7", "c8"].contains($0.conversationID) })
  }

  @Test func anEvictedConversationComesBackWhenItIsReadAgain() async throws {
    let mirror = try await filled(3)
    _ = try await mirror.store.enforce(policy { $0.messageBytesMax = 0 }, at: mirror.now)
    #expect(try !holdsMessages("c2", mirror))
    try await mirror.show(mainMessages("c2"), messages(message("c2-1")))
    #expect(try mirror.answer(mainMessages("c2")) != .unknown)
    #expect(try mirror.store.search("text", limit: 10).map(\.messageID) == ["c2-1"])
  }

  @Test func responsesHaveALimitOfTheirOwn() async throws {
    let mirror = try await filled(6)
    try await mirror.write(.deleteMessage("c5-1"))  // its list is stale: of no use any more
    let limit = try mirror.store.counts().responses.bytes / 2
    let outcome = try await mirror.store.enforce(policy { $0.responseBytesMax = limit }, at: mirror.now)
    #expect(outcome.responses > 0 && outcome.conversations == 0)
    #expect(try mirror.store.counts().responses.bytes <= limit)
    #expect(try mirror.store.counts().messages.count == 17)
  }

  /// A flipped bit in a count must not cost what people paid for.
  @Test func aWrongCountIsCorrectedBeforeAnythingGoes() async throws {
    let mirror = try await filled(4)
    let before = try mirror.store.counts()
    try await mirror.store.write("damage") { try $0.execute(sql: "UPDATE tally SET bytes = bytes + (1 << 62)") }
    let limits = policy {
      ($0.messageBytesMax, $0.responseBytesMax) = (before.messages.bytes, before.responses.bytes)
    }
    #expect(try await mirror.store.enforce(limits, at: mirror.now).isNothing)
    let after = try mirror.store.counts()
    #expect(after.messages == before.messages && after.responses == before.responses)
  }

  @Test func whatWasNotUsedForTooLongGoes() async throws {
    let mirror = try await filled(3)
    let later = UnixTime(milliseconds: mirror.now.milliseconds + 100_000)
    try await mirror.show(mainMessages("c2"), messages(message("c2-1")), at: later)
    let outcome = try await mirror.store.enforce(policy { $0.ageMax = .seconds(50) }, at: later)
    #expect(outcome.conversations == 2)
    #expect(try (1...3).filter { try holdsMessages("c\($0)", mirror) } == [2])
  }

  @Test func deletedTextsGoWhereTheyAreNotKept() async throws {
    let mirror = try await filled(1)
    try await mirror.write(.deleteMessage("c1-2"))
    let kept = try mirror.store.counts().messages.bytes
    #expect(try await mirror.store.enforce(RetentionPolicy(), at: mirror.tick()).isNothing)
    let outcome = try await mirror.store.enforce(policy { $0.keepsDeleted = false }, at: mirror.tick())
    #expect(outcome.deletedTexts > 0)
    #expect(try mirror.store.counts().messages.bytes < kept - 4000)
    // The tombstone still keeps it out.
    try await mirror.show(
      mainMessages("c1"), messages(message("c1-1"), message("c1-2")),
      at: UnixTime(milliseconds: mirror.now.milliseconds - 2500))
    #expect(try mirror.ids("messages", mainMessages("c1")) == ["c1-1"])
  }

  @Test func asALastResortConversationsAreForgottenAndNothingIsCalledAbsent() async throws {
    let mirror = try await filled(5)
    _ = try await mirror.store.enforce(policy { $0.bytesMax = 1 }, at: mirror.now)
    #expect(try mirror.store.counts().conversations.count == 0)
    #expect(try mirror.answer(.conversation("c1")) == .unknown)
    #expect(try mirror.answer(allConversations) == .unknown)
  }

  @Test func theFileShrinks() async throws {
    let mirror = try await filled(60)
    func fileBytes() throws -> Int64 { try mirror.store.counts().bytes }
    let before = try fileBytes()
    _ = try await mirror.store.enforce(policy { $0.bytesMax = before / 4 }, at: mirror.now)
    #expect(try fileBytes() <= before / 3)
  }

  /// What `counts` says without counting is what counting says.
  @Test func theTallyIsRightWhateverHappened() async throws {
    let mirror = try await filled(4)
    try await mirror.write(.deleteMessage("c1-1"))
    try await mirror.write(
      .updateMessage("c2-1"), #"{"content":"short"}"#, answer: #"{"message":{"id":"c2-1","content":"short"}}"#)
    try await mirror.write(.deleteConversation("c3"))
    try await mirror.show(.branches(conversation: "c4"), #"{"branches":[{"id":"b"},{"id":"d"}]}"#)
    try await mirror.write(.deleteBranch(conversation: "c4", branch: "d"))
    try await mirror.show(.checkpoints(conversation: "c4", branch: nil), #"{"checkpoints":[{"id":"k"}]}"#)
    try await mirror.store.saveDraft(
      conversation: "c4", branch: nil, requestBody: Array(#"{"content":"é"}"#.utf8), text: "ü", model: nil,
      outcome: .interrupted, at: mirror.tick(), account: mirror.account)
    _ = try await mirror.store.forgetDeleted(before: mirror.tick())
    let counts = try mirror.store.counts()
    let counted = try await mirror.store.readBeside { db in
      try [
        "conversation WHERE gone_at IS NULL AND ifnull(text, item_text) IS NOT NULL", "branch WHERE gone_at IS NULL",
        "message WHERE gone_at IS NULL", "checkpoint WHERE gone_at IS NULL", "draft", "response",
      ].map { try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") }
    }
    let kinds = [
      counts.conversations, counts.branches, counts.messages, counts.checkpoints, counts.drafts, counts.responses,
    ]
    #expect(kinds.map(\.count) == counted)
    let bytes = try await mirror.store.readBeside { db in
      try [
        ("conversation", "ifnull(length(text), 0) + ifnull(length(item_text), 0)"), ("branch", "length(text)"),
        ("message", "length(text)"), ("checkpoint", "length(text)"),
        ("draft", "length(CAST(question AS BLOB)) + length(CAST(answer AS BLOB))"),
        ("response", "length(fields) + length(body)"),
      ].map { table, length in try Int64.fetchOne(db, sql: "SELECT ifnull(sum(\(length)), 0) FROM \(table)") }
    }
    #expect(kinds.map(\.bytes) == bytes)
    #expect(counts.drafts.bytes == 4)
  }
}

extension Mirror {
  fileprivate func usageCount() async throws -> Int {
    try await store.readBeside { try Int.fetchOne($0, sql: "SELECT count(*) FROM usage") ?? 0 }
  }

  /// Bytes of the database without its free pages.
  fileprivate func used() async throws -> Int64 {
    try await store.readBeside { db in
      try Int64.fetchOne(
        db,
        sql: """
          SELECT (page_count - freelist_count) * page_size
          FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()
          """) ?? 0
    }
  }
}
