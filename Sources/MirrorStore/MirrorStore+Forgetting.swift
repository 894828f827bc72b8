internal import GRDB

extension MirrorStore {
  /// Removes the text of everything that was deleted, or hidden by a complete list, before a time, and verbatim answers
  /// that went stale before it. Ids stay as tombstones, so that nothing comes back through an older list.
  /// - Returns: how many entities and answers lost their text.
  public func forgetDeleted(before time: UnixTime) async throws(MirrorError) -> Int {
    try await write("forget what was deleted") { db in
      try Self.forgetting.reduce(0) { count, statement in
        try db.execute(sql: statement, arguments: [time.milliseconds])
        return count + db.changesCount
      }
    }
  }

  private static let forgetting = [
    "UPDATE message SET text = x'7B7D', role = NULL WHERE gone_at < ?1 AND text <> x'7B7D'",
    "UPDATE branch SET text = x'7B7D' WHERE gone_at < ?1 AND text <> x'7B7D'",
    "UPDATE checkpoint SET text = x'7B7D' WHERE gone_at < ?1 AND text <> x'7B7D'",
    """
    UPDATE message SET text = x'7B7D', role = NULL WHERE text <> x'7B7D'
      AND conversation IN (SELECT id FROM conversation WHERE gone_at < ?1)
    """,
    """
    UPDATE branch SET text = x'7B7D' WHERE text <> x'7B7D'
      AND conversation IN (SELECT id FROM conversation WHERE gone_at < ?1)
    """,
    """
    UPDATE checkpoint SET text = x'7B7D' WHERE text <> x'7B7D'
      AND conversation IN (SELECT id FROM conversation WHERE gone_at < ?1)
    """,
    "DELETE FROM list WHERE conversation IN (SELECT id FROM conversation WHERE gone_at < ?1)",
    """
    UPDATE conversation SET text = NULL, item_text = NULL, title = NULL
    WHERE gone_at < ?1 AND ifnull(text, item_text) IS NOT NULL
    """,
    "DELETE FROM response WHERE stale = 1 AND fetched_at < ?1",
  ]
}
