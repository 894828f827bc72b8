internal import GRDB

extension MirrorStore {
  /// Messages and titles that contain every word, newest first; the last word may be the beginning of one, unless it is
  /// itself a word found in 1,000 places (see `SearchQuery.commonPlaces`).
  ///
  /// Any text is a valid query: operators of the index mean nothing here. Text without a word finds nothing.
  public func search(
    _ words: String, account: AccountID? = nil, limit: Int, offset: Int = 0
  ) throws(MirrorError) -> [SearchHit] {
    guard let query = SearchQuery(words) else { return [] }
    return try read("search the mirror") { db in
      try db.all(
        Self.searchSQL,
        [query.text(lastIsWhole: try Self.isCommon(query.last, db)), account?.rawValue, max(limit, 0), max(offset, 0)]
      ).map(Self.hit)
    }
  }

  /// Puts what was saved into the search index, as far as it is not there: the words of a save are found after this.
  ///
  /// - Parameter slice: how many messages a transaction takes; a save that comes meanwhile waits for one of them.
  ///   The task's cancellation ends it between two of them.
  public func index(slice: Int = 16) async throws(MirrorError) {
    while try await write("index what was saved", { try Self.index(slice, $0) }), !Task.isCancelled {}
  }

  /// - Returns: whether there may be more.
  private static func index(_ slice: Int, _ db: Database) throws -> Bool {
    let rows = try Int64.fetchAll(
      db.cachedStatement(sql: "SELECT passage FROM unindexed ORDER BY passage LIMIT ?"), arguments: [slice])
    guard let last = rows.last else { return false }
    try db.execute(
      sql: """
        INSERT INTO passage_index (rowid, words)
        SELECT id, words FROM passage WHERE id IN (SELECT passage FROM unindexed WHERE passage <= ?)
        """, arguments: [last])
    try db.execute(sql: "DELETE FROM unindexed WHERE passage <= ?", arguments: [last])
    // Nothing removed: the table is damaged, and would give the same rows again.
    return rows.count == slice && db.changesCount > 0
  }

  /// Empties the search index; `index` then fills it from the passages.
  public func clearIndex() async throws(MirrorError) {
    try await write("clear the search index") { db in
      try db.execute(
        sql: """
          INSERT INTO passage_index (passage_index) VALUES ('delete-all');
          INSERT OR IGNORE INTO unindexed (passage) SELECT id FROM passage
          """)
    }
  }

  /// Is the same for every page of hits, so that none is shown twice.
  private static func isCommon(_ word: String, _ db: Database) throws -> Bool {
    try db.first(
      "SELECT 1 FROM passage_index WHERE passage_index MATCH ? LIMIT 1 OFFSET ?", [word, SearchQuery.commonPlaces - 1])
      != nil
  }

  /// By rowid, not by rank: newest first needs no sorting of all hits.
  private static let searchSQL = """
    SELECT conversation.account, cid, title, mid, message.branch, role, message.created_at,
      snippet(passage_index, 0, char(2), char(3), '…', 24)
    FROM passage_index
    JOIN passage ON passage.id = passage_index.rowid
    JOIN conversation ON conversation.id = passage.conversation
    LEFT JOIN message ON message.id = passage.message
    WHERE passage_index MATCH ?1 AND (?2 IS NULL OR (conversation.account = ?2
      AND EXISTS (SELECT 1 FROM account WHERE account.id = ?2 AND refused = 0)))
    ORDER BY passage_index.rowid DESC LIMIT ?3 OFFSET ?4
    """

  private static func hit(_ row: StoredRow) throws -> SearchHit {
    let (snippet, highlights) = marked(try row[7])
    return SearchHit(
      account: AccountID(rawValue: try row[0]), conversationID: try row[1], conversationTitle: try row[2] ?? "",
      messageID: try row[3], branchID: try row[4], role: try row[5],
      createdAt: (try row[6] as Int64?).map { UnixTime(milliseconds: $0) },
      snippet: snippet,
      highlights: highlights)
  }

  /// Takes the marks out of a snippet. Text that holds such control characters itself loses them, no more.
  static func marked(_ text: String) -> (snippet: String, highlights: [Range<Int>]) {
    var snippet: [UInt8] = []
    var highlights: [Range<Int>] = []
    var start: Int?
    for byte in text.utf8 {
      switch byte {
      case 2: start = start ?? snippet.count
      case 3:
        if let from = start, from < snippet.count { highlights.append(from..<snippet.count) }
        start = nil
      default: snippet.append(byte)
      }
    }
    return (String(decoding: snippet, as: UTF8.self), highlights)
  }
}

/// Words as an FTS5 query: every one a quoted string, so that nothing in them is an operator.
struct SearchQuery {
  /// More are not looked for: each costs a walk through the index.
  static let wordsMax = 16
  /// A word found in so many places is not taken for the beginning of others: the index would first put the places of all
  /// of them in order (120 ms for the most common word of 1,000,000 messages), where the newest of one word are at hand.
  static let commonPlaces = 1000

  private let terms: [String]

  /// nil: there is no word to look for.
  init?(_ words: String) {
    terms = words.split { $0.isWhitespace }
      .filter { $0.contains { $0.isLetter || $0.isNumber } }
      .prefix(Self.wordsMax)
      .map { "\"\($0.replacing("\0", with: "").replacing("\"", with: "\"\""))\"" }
    guard !terms.isEmpty else { return nil }
  }

  var last: String { terms[terms.count - 1] }

  func text(lastIsWhole: Bool) -> String {
    terms.joined(separator: " ") + (lastIsWhole ? "" : "*")
  }
}
