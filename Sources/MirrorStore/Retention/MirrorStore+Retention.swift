internal import GRDB

extension MirrorStore {
  /// Removes what a policy no longer wants kept, in many small transactions, so that nobody waits for long.
  ///
  /// What is removed is unknown afterwards, never absent: a read of it is fetched again, or is a 504 while that cannot be
  /// done. Conversations keep their line in the list, and their title in the search, unless even those are too many.
  public func enforce(_ policy: RetentionPolicy, at time: UnixTime = .now) async throws(MirrorError) -> RetentionOutcome
  {
    var outcome = RetentionOutcome()
    if !policy.keepsDeleted { outcome.deletedTexts += try await forgetDeleted(before: time) }
    if let age = policy.ageMax {
      let oldest = UnixTime(milliseconds: time.milliseconds - age.components.seconds * 1000)
      outcome.responses += try await evictResponses(fetchedBefore: oldest)
      outcome.conversations += try await evictConversations { $1 < oldest.milliseconds }
      try await forgetUsage(before: oldest) { _ in true }
      try await write("forget what was done long ago") { db in
        try db.execute(
          sql: "DELETE FROM day_count WHERE day < date(? / 1000, 'unixepoch')", arguments: [oldest.milliseconds])
      }
    }
    if let limit = policy.responseBytesMax, try await holdsMore("response", than: limit) {
      outcome.responses += try await evictResponses(over: limit) { try $0.tallied("response") }
    }
    if let limit = policy.messageBytesMax, try await holdsMore("message", than: limit) {
      let goal = RetentionPolicy.goal(limit)
      outcome.deletedTexts += try await forgetDeleted(before: time)
      outcome.conversations += try await evictConversations { db, _ in try db.tallied("message") > goal }
    }
    if let limit = policy.bytesMax { try await shrink(to: limit, at: time, &outcome) }
    if !outcome.isNothing { try await giveFreePagesBack() }
    return outcome
  }

  private func shrink(to limit: Int64, at time: UnixTime, _ outcome: inout RetentionOutcome) async throws(MirrorError) {
    guard try await passes(limit, { try $0.usedBytes() }) else { return }
    let goal = RetentionPolicy.goal(limit)
    // What they say is in the messages too.
    _ = try await repeated("drop recorded streams") { db in
      guard try db.usedBytes() > goal else { return 0 }
      try db.execute(sql: "DELETE FROM recording WHERE id IN (SELECT id FROM recording ORDER BY id LIMIT 64)")
      return db.changesCount
    }
    outcome.responses += try await evictResponses(over: limit) { try $0.usedBytes() }
    if try await passes(goal, { try $0.usedBytes() }) { outcome.deletedTexts += try await forgetDeleted(before: time) }
    outcome.conversations += try await evictConversations { db, _ in try db.usedBytes() > goal }
    try await forgetUsage(before: time) { try $0.usedBytes() > goal }
    try await forgetConversations { try $0.usedBytes() > goal }
  }

  private func passes(
    _ limit: Int64, _ size: @escaping @Sendable (Database) throws -> Int64
  ) async throws(MirrorError) -> Bool {
    try read("measure the mirror") { try size($0) > limit }
  }

  /// Before anything goes because of the tally, it is counted anew: a damaged number must not empty the mirror.
  private func holdsMore(_ kind: String, than limit: Int64) async throws(MirrorError) -> Bool {
    guard try await passes(limit, { try $0.tallied(kind) }) else { return false }
    let (tallied, counted) = try read("count what the mirror holds") { (try $0.tallied(kind), try $0.counted(kind)) }
    if tallied != counted {
      try await write("correct a count") { db in
        // What was written since is in the tally.
        let bytes = max(0, counted &+ (try db.tallied(kind) &- tallied))
        try db.execute(sql: "UPDATE tally SET bytes = ? WHERE kind = ?", arguments: [bytes, kind])
      }
    }
    return try await passes(limit) { try $0.tallied(kind) }
  }

  // MARK: Verbatim answers

  private func evictResponses(fetchedBefore time: UnixTime) async throws(MirrorError) -> Int {
    try await repeated("drop old answers") { db in
      try db.execute(
        sql: """
          DELETE FROM response WHERE id IN (
            SELECT id FROM response WHERE stale IN (0, 1) AND fetched_at < ? LIMIT \(Self.responsesASlice))
          """, arguments: [time.milliseconds])
      return db.changesCount
    }
  }

  /// Those that are not shown any more first, then the oldest.
  private func evictResponses(
    over limit: Int64, _ size: @escaping @Sendable (Database) throws -> Int64
  ) async throws(MirrorError) -> Int {
    guard try await passes(limit, size) else { return 0 }
    let goal = RetentionPolicy.goal(limit)
    return try await repeated("drop answers") { db in
      guard try size(db) > goal else { return 0 }
      try db.execute(
        sql: """
          DELETE FROM response WHERE id IN (
            SELECT id FROM response ORDER BY stale DESC, fetched_at LIMIT \(Self.responsesASlice))
          """)
      return db.changesCount
    }
  }

  // MARK: Conversations

  /// Drops what is held of conversations, the least recently used first, as long as `isDue` says so.
  /// - Parameter isDue: gets the time when the next one was last seen or written to, in milliseconds.
  private func evictConversations(
    while isDue: @escaping @Sendable (Database, Int64) throws -> Bool
  ) async throws(MirrorError) -> Int {
    var evicted: Set<Int64> = []
    while true {
      let candidates = try read("find what was not used for longest", { try $0.leastRecentlyUsed() })
        // Damage can make one look as if something were left of it.
        .filter { !evicted.contains($0.row) }
      let countBefore = evicted.count
      for candidate in candidates {
        switch try await evict(candidate, while: isDue) {
        case .done: evicted.insert(candidate.row)
        case .usedMeanwhile: continue
        case .notDue: return evicted.count
        }
      }
      // None is left, or all of them are in use: the next pass looks again.
      guard evicted.count > countBefore else { return evicted.count }
    }
  }

  private enum Eviction { case done, usedMeanwhile, notDue }

  private func evict(
    _ candidate: EvictionCandidate, while isDue: @escaping @Sendable (Database, Int64) throws -> Bool
  ) async throws(MirrorError) -> Eviction {
    guard try await write("look at the next conversation", { try isDue($0, candidate.lastUse) }) else { return .notDue }
    // One that was begun is finished: half a conversation is of no use.
    while true {
      switch try await write("drop a conversation", { try $0.evictSlice(of: candidate) }) {
      case .some: continue
      case .last: return .done
      case .usedMeanwhile: return .usedMeanwhile
      }
    }
  }

  /// The last resort: conversations of which only the line in the list is left.
  private func forgetConversations(
    while isDue: @escaping @Sendable (Database) throws -> Bool
  ) async throws(MirrorError) {
    _ = try await repeated("forget conversations") { db in
      guard try isDue(db) else { return 0 }
      // The lists that showed them can no longer say what does not exist.
      try db.execute(sql: "DELETE FROM list WHERE conversation IS NULL")
      try db.execute(
        sql: """
          DELETE FROM conversation WHERE id IN (SELECT id FROM conversation ORDER BY sort_at LIMIT 200)
          """)
      return db.changesCount
    }
  }

  /// Few bytes each, so they go late, or by their age.
  private func forgetUsage(
    before time: UnixTime, while isDue: @escaping @Sendable (Database) throws -> Bool
  ) async throws(MirrorError) {
    _ = try await repeated("forget what answers cost") { db in
      guard try isDue(db) else { return 0 }
      try db.execute(
        sql: "DELETE FROM usage WHERE id IN (SELECT id FROM usage WHERE said_at < ? ORDER BY said_at LIMIT 500)",
        arguments: [time.milliseconds])
      return db.changesCount
    }
  }

  // MARK: Slices

  private static let responsesASlice = 64

  /// Far more than a healthy mirror needs: a damaged index can name the same rows again and again.
  private static let slicesMax = 100_000

  /// Repeats a transaction until it changes nothing.
  func repeated(
    _ doing: String, _ slice: @escaping @Sendable (Database) throws -> Int
  ) async throws(MirrorError) -> Int {
    var count = 0
    for _ in 0..<Self.slicesMax {
      let changed = try await write(doing, slice)
      guard changed > 0 else { break }
      count += changed
    }
    return count
  }

  /// Makes the file smaller. One that was made without `auto_vacuum` keeps its free pages and uses them again.
  func giveFreePagesBack() async throws(MirrorError) {
    for _ in 0..<Self.slicesMax {
      let (before, after, all) = try await write("give free pages back", { try $0.vacuumSlice() })
      // More free pages than there are pages: a damaged head of the file.
      guard after < before, before < all else { return }
    }
  }
}

private struct EvictionCandidate: Sendable {
  /// What became of one transaction's worth of it.
  enum Slice: Sendable { case some, last, usedMeanwhile }

  let row: Int64
  /// When it was last seen or written to, in milliseconds.
  let lastUse: Int64
}

extension Database {
  /// Bytes in use: what a file without free pages would have.
  fileprivate func usedBytes() throws -> Int64 {
    try first(
      """
      SELECT (page_count - freelist_count) * page_size
      FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()
      """)?[0] ?? 0
  }

  fileprivate func tallied(_ kind: String) throws -> Int64 {
    try Int64.fetchOne(cachedStatement(sql: "SELECT bytes FROM tally WHERE kind = ?"), arguments: [kind]) ?? 0
  }

  /// What the tally should say. Reads the whole table.
  fileprivate func counted(_ kind: String) throws -> Int64 {
    try Schema.sizeOfTexts(of: kind).flatMap { try Int64.fetchOne(self, sql: $0) } ?? 0
  }

  /// Those that hold more than their line in the list, the least recently used first.
  fileprivate func leastRecentlyUsed() throws -> [EvictionCandidate] {
    try all(
      """
      SELECT id, \(Self.lastUse) AS used FROM conversation
      WHERE EXISTS (SELECT 1 FROM list WHERE list.conversation = conversation.id)
        OR EXISTS (SELECT 1 FROM message WHERE message.conversation = conversation.id)
        OR EXISTS (SELECT 1 FROM draft WHERE draft.conversation = conversation.id)
      ORDER BY used LIMIT 64
      """
    ).map { EvictionCandidate(row: try $0[0], lastUse: try $0[1]) }
  }

  /// When a conversation was last seen or written to. An answer that was confirmed (304) is newer than what it shows.
  static let lastUse = """
    max(
      written_at, ifnull((SELECT max(as_of) FROM list WHERE list.conversation = conversation.id), 0),
      ifnull((SELECT max(fetched_at) FROM response
        WHERE response.account = conversation.account AND response.conversation = conversation.cid), 0))
    """

  /// Drops a part of what is held of a conversation. Its answers go first: nothing shows half of it.
  fileprivate func evictSlice(of candidate: EvictionCandidate) throws -> EvictionCandidate.Slice {
    let lastUse = try Int64.fetchOne(
      self, sql: "SELECT \(Self.lastUse) FROM conversation WHERE id = ?", arguments: [candidate.row])
    guard let lastUse, lastUse <= candidate.lastUse else { return .usedMeanwhile }
    for statement in Self.hiding { try execute(sql: statement, arguments: [candidate.row]) }
    try execute(
      sql: "DELETE FROM message WHERE id IN (SELECT id FROM message WHERE conversation = ? LIMIT 500)",
      arguments: [candidate.row])
    guard changesCount == 0 else { return .some }
    for table in ["branch", "checkpoint", "draft"] {
      try execute(sql: "DELETE FROM \(table) WHERE conversation = ?", arguments: [candidate.row])
    }
    // Rows' numbers may be given again: what comes now must still count as newer than the drafts that are left.
    try execute(sql: "UPDATE draft SET newest_message = min(newest_message, (SELECT ifnull(max(id), 0) FROM message))")
    return .last
  }

  private static let hiding = [
    """
    DELETE FROM response WHERE (account, conversation) = (SELECT account, cid FROM conversation WHERE id = ?1)
      AND kind <> 'conversations'
    """,
    "DELETE FROM list WHERE conversation = ?1",
    """
    UPDATE conversation SET item_text = ifnull(item_text, text), text = NULL, shows_messages = NULL, shows_branches = NULL
    WHERE id = ?1 AND text IS NOT NULL
    """,
  ]

  /// - Returns: free pages before and after, and all there were.
  fileprivate func vacuumSlice() throws -> (before: Int, after: Int, all: Int) {
    func free() throws -> Int { try Int.fetchOne(self, sql: "PRAGMA freelist_count") ?? 0 }
    let before = try free()
    let pages = try Int.fetchOne(self, sql: "PRAGMA page_count") ?? 0
    // A row for each page: all of them have to be asked for.
    _ = try all("PRAGMA incremental_vacuum(\(1000))")
    return (before, try free(), pages)
  }
}
