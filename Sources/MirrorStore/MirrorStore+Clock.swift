internal import GRDB

extension MirrorStore {
  /// Brings times that lie ahead of the clock back to it: it was set back since they were written down. Whatever is compared
  /// with them (is a list newer than what it lacks? an answer newer than a write?) would go wrong until the clock is there
  /// again.
  /// - Parameter now: answers count as fetched just before it, and writes as made before what was seen: when the order is
  ///   not known, a difference is a change.
  /// - Returns: whether there were any.
  public func bringTimesBack(to now: UnixTime) async throws(MirrorError) -> Bool {
    // What is written touches one of these at least; the other tables are read through only when there is a reason.
    let isAhead = try read("look for times ahead of the clock") { db in
      try Bool.fetchOne(
        db,
        sql: """
          SELECT EXISTS (SELECT 1 FROM conversation WHERE max(saved_at, written_at, ifnull(gone_at, 0)) > ?1)
            OR EXISTS (SELECT 1 FROM list WHERE as_of > ?1)
          """, arguments: [now.milliseconds + Self.clockToleranceMilliseconds]) ?? false
    }
    guard isAhead else { return false }
    for (table, column) in Self.timesWrittenHere {
      let before = now.milliseconds - (column == "fetched_at" || column == "written_at" ? 1 : 0)
      _ = try await repeated("bring times back to the clock") { db in
        try db.execute(
          sql: """
            UPDATE \(table) SET \(column) = ?1 WHERE id IN (SELECT id FROM \(table) WHERE \(column) > ?1 LIMIT 500)
            """, arguments: [before])
        return db.changesCount
      }
    }
    return true
  }

  /// Times by this machine's clock that are compared with later ones.
  private static let timesWrittenHere = [
    ("conversation", "saved_at"), ("conversation", "written_at"), ("conversation", "gone_at"), ("branch", "saved_at"),
    ("branch", "gone_at"), ("message", "saved_at"), ("message", "gone_at"), ("checkpoint", "saved_at"),
    ("checkpoint", "gone_at"), ("list", "as_of"), ("response", "fetched_at"),
  ]

  private static let clockToleranceMilliseconds: Int64 = 1000
}
