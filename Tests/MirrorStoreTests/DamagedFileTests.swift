import Foundation
import GRDB
import Testing

@testable import MirrorStore

/// More by hand: `CHATROUTESD_TEST_ROUNDS=20000 swift test --filter DamagedFileTests`.
private let rounds = ProcessInfo.processInfo.environment["CHATROUTESD_TEST_ROUNDS"].flatMap(Int.init) ?? 100

/// Bits that flip on the disk: whatever they make of the file, a read or a write of it fails or does not, and the process
/// goes on. A trap would end this test's process.
@Suite(.timeLimit(.minutes(2 + rounds / 500))) struct DamagedFileTests {
  private static let conversations = ["c1", "c2", "c3"]

  /// A store of everything that can be stored, as the bytes of its closed file.
  private static func file() async throws -> Data {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/mirror.sqlite"
    let mirror = try await Mirror(.file(path))
    try await mirror.show(allConversations, page(conversations, total: 3, limit: 3))
    for c in conversations { try await fill(mirror, c) }
    try mirror.store.close()
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  private static func fill(_ mirror: Mirror, _ c: String) async throws {
    let branches =
      #"[{"id":"\#(c)b","isMain":true,"messageCount":9},{"id":"\#(c)d","parentBranchId":"\#(c)b","forkPointMessageId":"\#(c)m4"}]"#
    let entries = (1...9).map {
      message("\(c)m\($0)", $0 % 2 == 0 ? "assistant" : "user", "words \($0)", branch: c + "b")
    }
    try await mirror.show(
      .conversation(c), #"{"conversation":{"id":"\#(c)","title":"t","messages":[],"branches":\#(branches)}}"#)
    try await mirror.show(.branches(conversation: c), #"{"branches":\#(branches)}"#)
    try await mirror.show(mainMessages(c), #"{"messages":[\#(entries.joined(separator: ","))]}"#)
    try await mirror.show(
      .messages(conversation: c, branch: c + "d"),
      #"{"messages":[\#(message(c + "m1")),\#(message(c + "m4")),\#(message(c + "m99", branch: c + "d"))]}"#)
    try await mirror.show(
      .checkpoints(conversation: c, branch: nil),
      #"{"checkpoints":[{"id":"\#(c)k","branch_id":"\#(c)b","anchor_message_id":"\#(c)m4","summary":"s","token_count":3}]}"#
    )
    let completion = Array(
      #"{"type":"complete","message":\#(message(c + "m100", "assistant", "answer")),"model":"x"}"#.utf8)
    _ = try await mirror.store.saveStream(
      conversation: c, branch: nil, requestBody: Array(#"{"content":"q"}"#.utf8), completeEventData: completion,
      at: mirror.tick(), account: mirror.account)
    try await mirror.store.saveRecording(
      StreamRecording(
        status: 200, fields: [.init(name: "content-type", value: "text/event-stream")], bytes: completion,
        pieces: [.init(milliseconds: 5, byteCount: UInt32(completion.count))], startedAt: mirror.now),
      conversation: c, completeEventData: completion, bytesMax: 1 << 20, account: mirror.account)
    try await mirror.store.saveDraft(
      conversation: c, branch: nil, requestBody: Array(#"{"content":"unanswered"}"#.utf8), text: "half", model: "x",
      outcome: .interrupted, at: mirror.tick(), account: mirror.account)
    try await mirror.doubt(.updateMessage(c + "m2"))
    if c == "c3" { try await mirror.write(.deleteConversation(c)) }
  }

  /// Asks for everything and writes everything.
  /// - Returns: what kinds of errors that gave.
  private static func use(_ path: String) async -> Set<MirrorError.Kind> {
    var kinds: Set<MirrorError.Kind> = []
    func trying(_ body: () async throws -> Void) async {
      do { try await body() } catch { if let error = error as? MirrorError { kinds.insert(error.kind) } }
    }
    await trying {
      let mirror = try await Mirror(.file(path))
      let store = mirror.store
      for account in [mirror.account, AccountID(rawValue: 1)] {
        for c in conversations {
          let reads: [MirrorRead] = [
            .conversation(c), .tree(c), .branches(conversation: c), .checkpoints(conversation: c, branch: nil),
            .checkpoints(conversation: c, branch: c + "b"), mainMessages(c), allConversations,
            .conversations(page: 2, limit: 1, filter: nil), .messages(conversation: c, branch: c + "d"),
            .branchMessages(conversation: c, branch: c + "b"),
          ]
          for read in reads {
            await trying { _ = try store.answer(read, account: account) }
            await trying { _ = try store.storedResponse(read, account: account) }
            await trying { _ = try store.entityTag(read, account: account) }
          }
          await trying { _ = try store.conversationID(ofMessage: c + "m1", account: account) }
          await trying { _ = try store.conversationID(ofCheckpoint: c + "k", account: account) }
        }
      }
      for c in conversations {
        await trying { _ = try store.conversationDetail(c) }
        await trying { _ = try store.conversationDetail(c, branch: c + "d") }
        await trying { _ = try store.conversationTree(c) }
        await trying { _ = try store.recording(ofMessage: c + "m100") }
        await trying { try await fill(mirror, c) }
        await trying {
          let answer = #"{"message":{"id":"\#(c)m200","role":"assistant","content":"y"}}"#
          try await mirror.write(.send(conversation: c, branch: c + "d"), #"{"content":"x"}"#, answer: answer)
        }
        let writes: [MirrorWrite] = [
          .updateMessage(c + "m1"), .deleteMessage(c + "m4"), .updateConversation(c), .deleteCheckpoint(c + "k"),
          .updateBranch(conversation: c, branch: c + "d"), .deleteBranch(conversation: c, branch: c + "d"),
          .mergeBranch(conversation: c, branch: c + "d"), .fork(conversation: c), .createBranch(conversation: c),
        ]
        for write in writes { await trying { try await mirror.write(write, #"{"title":"new","content":"new"}"#) } }
      }
      await trying { _ = try store.conversationSummaries(limit: 10) }
      await trying {
        _ = try store.conversationSummaries(ConversationFilter(title: "t"), account: mirror.account, limit: 10)
      }
      await trying { _ = try store.holdsWholeLists() }
      await trying { _ = try store.search("words", limit: 10) }
      await trying { _ = try store.recordings(limit: 10) }
      await trying { _ = try store.counts() }
      await trying { try await store.index() }
      var policy = RetentionPolicy()
      (policy.bytesMax, policy.responseBytesMax, policy.messageBytesMax, policy.keepsDeleted) = (1, 1, 1, false)
      await trying { _ = try await store.enforce(policy) }
      await trying { try await store.refuse(Mirror.key) }
      await trying { try store.close() }
    }
    return kinds
  }

  @Test func soundFileIsUsedWithoutAnyError() async throws {
    let scratch = try ScratchDirectory()
    #expect(await Self.use(try Self.write(try await Self.file(), in: scratch)).isEmpty)
  }

  @Test func noFlippedBitEndsTheProcess() async throws {
    var random = Seeded(state: 4)
    let sound = try await Self.file()
    var kinds: Set<MirrorError.Kind> = []
    for _ in 0..<rounds {
      var damaged = sound
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        damaged[Int.random(in: damaged.indices, using: &random)] ^= UInt8(1) << UInt8.random(in: 0...7, using: &random)
      }
      let scratch = try ScratchDirectory()
      kinds.formUnion(await Self.use(try Self.write(damaged, in: scratch)))
    }
    #expect(kinds.contains(.corrupt))
  }

  /// What a flipped bit in the head of a record makes of a column, for every column that there is.
  @Test func noValueOfAnotherTypeEndsTheProcess() async throws {
    let sound = try await Self.file()
    let scratch = try ScratchDirectory()
    var kinds: Set<MirrorError.Kind> = []
    for (table, column) in try Self.columns(sound, scratch) {
      for value in ["'text'", "x'ff00'", "9223372036854775807"] {
        let path = try Self.write(sound, in: scratch)
        if try Self.put(value, into: table, column, path) { kinds.formUnion(await Self.use(path)) }
      }
    }
    #expect(kinds.contains(.corrupt))
  }

  /// Without a log of whoever had the file before.
  private static func write(_ file: Data, in scratch: ScratchDirectory) throws -> String {
    try? FileManager.default.removeItem(atPath: scratch.path)  // there is none yet
    try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
    let path = scratch.path + "/mirror.sqlite"
    try file.write(to: URL(fileURLWithPath: path))
    return path
  }

  private static func columns(_ file: Data, _ scratch: ScratchDirectory) throws -> [(String, String)] {
    let queue = try DatabaseQueue(path: try write(file, in: scratch))
    defer { try? queue.close() }  // the copy is thrown away
    return try queue.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
          WHERE m.type = 'table' AND m.sql LIKE '%STRICT%'
          """
      ).map { ($0[0], $0[1]) }
    }
  }

  /// - Returns: whether the table takes it while it is not STRICT.
  private static func put(_ value: String, into table: String, _ column: String, _ path: String) throws -> Bool {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }  // it was only to change the file
    return try queue.writeWithoutTransaction { db in
      let triggers = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?"
      for trigger in try String.fetchAll(db, sql: triggers, arguments: [table]) {
        try db.execute(sql: "DROP TRIGGER \(trigger)")
      }
      let schema = try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE name = ?", arguments: [table])
      try define(table, schema?.replacing("STRICT, WITHOUT", with: "WITHOUT").replacing("STRICT", with: "") ?? "", db)
      defer { try? define(table, schema ?? "", db) }  // it worked the other way
      do { try db.execute(sql: "UPDATE \(table) SET \(column) = \(value)") } catch { return false }
      return true
    }
  }

  private static func define(_ table: String, _ sql: String, _ db: Database) throws {
    try db.execute(sql: "PRAGMA writable_schema = ON")
    try db.execute(sql: "UPDATE sqlite_schema SET sql = ? WHERE name = ?", arguments: [sql, table])
    try db.execute(sql: "PRAGMA writable_schema = RESET")
  }
}
