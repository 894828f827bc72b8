internal import GRDB

extension MirrorStore {
  /// Removes the text of everything that was deleted, or hidden by a complete list, before a time, of messages as they were
  /// before an edit, and of verbatim answers that went stale before it. Ids stay as tombstones, so that nothing comes back through an older list. In small
  /// transactions.
  /// - Returns: how many entities and answers lost their text.
  public func forgetDeleted(before time: UnixTime) async throws(MirrorError) -> Int {
    var count = 0
    for statement in Self.forgetting {
      count += try await repeated("forget what was deleted") { db in
        try db.execute(sql: statement, arguments: [time.milliseconds])
        return db.changesCount
      }
    }
    return try await count + repeated("forget a deleted conversation") { try Self.forgetConversation($0, before: time) }
  }

  private static let forgetting =
    ["message", "branch", "checkpoint"].map { table in
      """
      UPDATE \(table) SET text = x'7B7D' WHERE id IN (
        SELECT id FROM \(table) WHERE gone_at IS NOT NULL AND text <> x'7B7D' AND gone_at < ? LIMIT 500)
      """
    } + [
      """
      DELETE FROM response WHERE id IN (SELECT id FROM response WHERE stale = 1 AND fetched_at < ? LIMIT 64)
      """,
      """
      DELETE FROM earlier WHERE id IN (SELECT id FROM earlier WHERE replaced_at < ? LIMIT 500)
      """,
    ]

  /// A part of what is left of a deleted conversation; its own text is the last, so that it is found until then.
  /// - Returns: how much was forgotten; 0: there is nothing more.
  private static func forgetConversation(_ db: Database, before time: UnixTime) throws -> Int {
    let row = try Int64.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT id FROM conversation
          WHERE gone_at IS NOT NULL AND ifnull(text, item_text) IS NOT NULL AND gone_at < ? LIMIT 1
          """), arguments: [time.milliseconds])
    guard let row else { return 0 }
    for table in ["message", "branch", "checkpoint"] {
      try db.execute(
        sql: """
          UPDATE \(table) SET text = x'7B7D' WHERE id IN (
            SELECT id FROM \(table) WHERE conversation = ? AND text <> x'7B7D' LIMIT 500)
          """, arguments: [row])
      if db.changesCount > 0 { return db.changesCount }
    }
    try db.execute(sql: "DELETE FROM list WHERE conversation = ?", arguments: [row])
    try db.execute(
      sql: "UPDATE conversation SET text = NULL, item_text = NULL, title = NULL WHERE id = ?", arguments: [row])
    return 1
  }
}
