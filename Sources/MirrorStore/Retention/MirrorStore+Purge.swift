internal import GRDB

/// What is to be purged: everything that fits all that is said here. At least one thing must be said.
public struct PurgeSelection: Codable, Sendable, Equatable {
  /// Ids of conversations; nil: all of them.
  public var conversations: [String]?
  /// Number of an account, as `accountSummaries()` gives it; nil: all of them.
  public var account: Int64?
  /// Only what was neither changed nor read from the API since; nil: whatever its age.
  public var unusedSince: UnixTime?

  public init(conversations: [String]? = nil, account: Int64? = nil, unusedSince: UnixTime? = nil) {
    (self.conversations, self.account, self.unusedSince) = (conversations, account, unusedSince)
  }

  /// Whether it would take everything without having been told so.
  public var saysNothing: Bool { conversations == nil && account == nil && unusedSince == nil }
}

/// What a purge takes, or took.
public struct PurgeOutcome: Codable, Sendable, Equatable {
  public var conversations = 0
  /// Those that are held, deleted ones included.
  public var messages = 0
  /// Why words of what is gone still stand in the file or its log; nil: they do not. Another purge looks again.
  public var remains: String?

  public init() {}
}

/// One account's share of the mirror. Credentials are known by a keyed hash only: a number is all the name it has.
public struct AccountSummary: Codable, Sendable, Equatable {
  public var number: Int64
  public var conversations: Int
  public var messages: Int
  /// Titles of some conversations, the newest first, to tell accounts apart.
  public var titles: [String]
}

extension MirrorStore {
  /// The accounts that hold something.
  public func accountSummaries() throws(MirrorError) -> [AccountSummary] {
    try read("list the accounts") { db in
      try db.all(
        """
        SELECT id, (SELECT count(*) FROM conversation WHERE account = account.id AND gone_at IS NULL),
          (SELECT count(*) FROM message WHERE account = account.id AND gone_at IS NULL)
        FROM account ORDER BY id
        """
      ).map { row in
        let number: Int64 = try row[0]
        let titles = try db.all(
          """
          SELECT title FROM conversation WHERE account = ? AND gone_at IS NULL AND title IS NOT NULL
          ORDER BY sort_at DESC LIMIT 3
          """, [number])
        return AccountSummary(
          number: number, conversations: try row[1], messages: try row[2], titles: try titles.map { try $0[0] })
      }.filter { $0.conversations > 0 || $0.messages > 0 }
    }
  }

  /// What a purge would take.
  public func purgeable(_ selection: PurgeSelection) throws(MirrorError) -> PurgeOutcome {
    try read("look at what would be purged") { db in
      var outcome = PurgeOutcome()
      for row in try db.purgeableRows(selection) {
        outcome.conversations += 1
        outcome.messages +=
          try Int.fetchOne(db, sql: "SELECT count(*) FROM message WHERE conversation = ?", arguments: [row]) ?? 0
      }
      return outcome
    }
  }

  /// Removes conversations with all that belongs to them, so that nothing of it can be read from the file any more. In small
  /// transactions. What is gone is unknown afterwards, never absent, and comes back when it is read from the API again;
  /// what is known to be deleted there keeps its bare id, so that it does not.
  /// - Parameter progress: is called after each conversation with how many are gone, of how many.
  public func purge(
    _ selection: PurgeSelection, progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) async throws(MirrorError) -> PurgeOutcome {
    precondition(!selection.saysNothing, "a purge of everything has to be asked for")
    var outcome = PurgeOutcome()
    let rows = try read("look at what is to be purged", { try $0.purgeableRows(selection) })
    for row in rows {
      outcome.messages += try await repeated("purge messages") { try $0.purgeMessages(of: row) }
      try await write("purge a conversation") { try $0.purgeConversation(row) }
      outcome.conversations += 1
      progress(outcome.conversations, rows.count)
    }
    try await purgeTheRest(selection)
    // What was to go is gone: that somebody reads for long must not look as if it were not.
    do throws(MirrorError) { try await settleFile() } catch { outcome.remains = error.description }
    return outcome
  }

  /// What belongs to no conversation that is held. An old answer of a conversation that stays is not old in itself.
  private func purgeTheRest(_ selection: PurgeSelection) async throws(MirrorError) {
    for (table, time) in [("response", "fetched_at"), ("usage", "said_at"), ("recording", "started_at")] {
      _ = try await repeated("purge what belongs to no conversation") { db in
        try db.purgeSlice(of: table, by: time, selection)
      }
    }
    guard let account = selection.account, selection.conversations == nil, selection.unusedSince == nil else { return }
    try await write("purge an account's lists") { db in
      try db.execute(sql: "DELETE FROM list WHERE account = ?", arguments: [account])
    }
  }

  /// Words that were taken out of the search index stand in it until its parts are merged, and pages that were overwritten
  /// stand in the log until that is folded in.
  private func settleFile() async throws(MirrorError) {
    // A negative number begins to merge everything, positive ones go on with it (sqlite.org/fts5.html#the_merge_command).
    if try await mergeIndex(-Self.mergedPages) > 0 {
      _ = try await repeated("merge the search index") { try $0.mergeIndex(Self.mergedPages) }
    }
    try await giveFreePagesBack()
    try await foldLogIn()
  }

  private func mergeIndex(_ pages: Int) async throws(MirrorError) -> Int {
    try await write("merge the search index") { try $0.mergeIndex(pages) }
  }

  private static let mergedPages = 500
}

extension Database {
  /// Conversations that a selection names, the least recently used first.
  fileprivate func purgeableRows(_ selection: PurgeSelection) throws -> [Int64] {
    var (conditions, arguments) = ([String](), StatementArguments())
    if let ids = selection.conversations {
      conditions.append("cid IN (\(Array(repeating: "?", count: ids.count).joined(separator: ", ")))")
      arguments += StatementArguments(ids)
    }
    if let account = selection.account {
      conditions.append("account = ?")
      arguments += [account]
    }
    // Of what is known to be deleted, a purge leaves the bare id.
    conditions.append(
      """
      (gone_at IS NULL OR ifnull(text, item_text) IS NOT NULL
        OR EXISTS (SELECT 1 FROM message WHERE message.conversation = conversation.id))
      """)
    if let time = selection.unusedSince {
      conditions.append("max(sort_at, \(Self.lastUse)) < ?")
      arguments += [time.milliseconds]
    }
    return try Int64.fetchAll(
      self,
      sql: "SELECT id FROM conversation WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(Self.lastUse), id",
      arguments: arguments)
  }

  /// Some of a conversation's messages, with what hangs on them.
  fileprivate func purgeMessages(of row: Int64) throws -> Int {
    // Nothing may show half of the conversation.
    try execute(
      sql: """
        DELETE FROM response WHERE account = (SELECT account FROM conversation WHERE id = ?1)
          AND (kind = 'conversations' OR conversation = (SELECT cid FROM conversation WHERE id = ?1))
        """, arguments: [row])
    try execute(sql: "DELETE FROM list WHERE conversation = ?", arguments: [row])
    try execute(
      sql: "DELETE FROM message WHERE id IN (SELECT id FROM message WHERE conversation = ? LIMIT 500)",
      arguments: [row])
    let count = changesCount
    // Rows' numbers may be given again: what comes now must still count as newer than the drafts that are left.
    try execute(sql: "UPDATE draft SET newest_message = min(newest_message, (SELECT ifnull(max(id), 0) FROM message))")
    return count
  }

  /// Some rows of a table that no selected conversation took along.
  fileprivate func purgeSlice(of table: String, by time: String, _ selection: PurgeSelection) throws -> Int {
    var (conditions, arguments) = (["true"], StatementArguments())
    if let account = selection.account {
      conditions.append("account = ?")
      arguments += [account]
    }
    if let ids = selection.conversations {
      conditions.append("conversation IN (\(Array(repeating: "?", count: ids.count).joined(separator: ", ")))")
      arguments += StatementArguments(ids)
    }
    if let limit = selection.unusedSince {
      conditions.append(
        """
        \(time) < ? AND NOT EXISTS (
          SELECT 1 FROM conversation WHERE conversation.account = \(table).account AND cid = \(table).conversation)
        """)
      arguments += [limit.milliseconds]
    }
    try execute(
      sql: """
        DELETE FROM \(table) WHERE id IN (
          SELECT id FROM \(table) WHERE \(conditions.joined(separator: " AND ")) LIMIT 200)
        """, arguments: arguments)
    return changesCount
  }

  /// All else of a conversation whose messages are gone.
  fileprivate func purgeConversation(_ row: Int64) throws {
    // What came between two transactions goes too.
    _ = try purgeMessages(of: row)
    for table in ["recording", "usage"] {
      try execute(
        sql: """
          DELETE FROM \(table) WHERE (account, conversation) = (SELECT account, cid FROM conversation WHERE id = ?)
          """, arguments: [row])
    }
    for table in ["passage", "branch", "checkpoint", "draft"] {
      try execute(sql: "DELETE FROM \(table) WHERE conversation = ?", arguments: [row])
    }
    // The lists that showed it can no longer say what does not exist.
    let lists =
      "SELECT id FROM list WHERE account = (SELECT account FROM conversation WHERE id = ?1) AND kind = 'conversations'"
    try execute(sql: "UPDATE list SET complete = 0, total = NULL WHERE id IN (\(lists))", arguments: [row])
    try execute(sql: "DELETE FROM list_member WHERE member = ?1 AND list IN (\(lists))", arguments: [row])
    try execute(
      sql: """
        UPDATE conversation SET text = NULL, item_text = NULL, title = NULL, shows_messages = NULL, shows_branches = NULL
        WHERE id = ? AND gone_at IS NOT NULL
        """, arguments: [row])
    try execute(sql: "DELETE FROM conversation WHERE id = ? AND gone_at IS NULL", arguments: [row])
  }

  /// - Returns: 0: all of the index is one part by now.
  fileprivate func mergeIndex(_ pages: Int) throws -> Int {
    let before = totalChangesCount
    try execute(sql: "INSERT INTO passage_index (passage_index, rank) VALUES ('merge', ?)", arguments: [pages])
    return totalChangesCount - before < 2 ? 0 : 1
  }
}
