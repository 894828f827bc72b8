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
      try Row.fetchAll(
        db.cachedStatement(sql: Self.searchSQL),
        arguments: [
          query.text(lastIsWhole: try Self.isCommon(query.last, db)), account?.rawValue, max(limit, 0), max(offset, 0),
        ]
      ).map(Self.hit)
    }
  }

  /// Is the same for every page of hits, so that none is shown twice.
  private static func isCommon(_ word: String, _ db: Database) throws -> Bool {
    try Row.fetchOne(
      db.cachedStatement(sql: "SELECT 1 FROM passage_index WHERE passage_index MATCH ? LIMIT 1 OFFSET ?"),
      arguments: [word, SearchQuery.commonPlaces - 1]) != nil
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

  private static func hit(_ row: Row) -> SearchHit {
    let (snippet, highlights) = marked(row[7])
    return SearchHit(
      account: AccountID(rawValue: row[0]), conversationID: row[1], conversationTitle: row[2] ?? "", messageID: row[3],
      branchID: row[4], role: row[5], createdAt: (row[6] as Int64?).map { UnixTime(milliseconds: $0) },
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
