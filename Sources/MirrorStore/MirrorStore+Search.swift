internal import GRDB

extension MirrorStore {
  /// So many of the newest places are put in order when the best are to come first: ranking looks at each of them (4 µs).
  public static let rankedMax = 3000

  /// In which order places are shown.
  public enum SearchOrder: String, Sendable, CaseIterable {
    /// What was seen last comes first.
    case newest
    /// What is about the words most comes first (BM25), of the newest `rankedMax`.
    case best
  }

  /// Messages and titles that fit a query; without a word in it, the newest messages that its filters let through. Filters on
  /// messages leave titles out.
  public func search(
    _ query: SearchQuery, order: SearchOrder = .newest, account: AccountID? = nil, limit: Int, offset: Int = 0
  ) throws(MirrorError) -> [SearchHit] {
    guard !query.isEmpty else { return [] }
    return try read("search the mirror") { db in
      let isCommon = try query.lastMayBeBegun && Self.isCommon(query.terms.last?.quoted, db)
      let selection = SearchSelection(
        query, lastIsWhole: isCommon, order: order, places: try query.conversation.map { try Self.places(in: $0, db) })
      guard let selection else { return [] }
      return try db.all(
        selection.sql, selection.arguments(account: account, limit: max(limit, 0), offset: max(offset, 0))
      ).map(Self.hit)
    }
  }

  /// As `search`, from a line that is parsed first.
  public func search(
    _ line: String, account: AccountID? = nil, limit: Int, offset: Int = 0
  ) throws(MirrorError) -> [SearchHit] {
    try search(SearchQuery(line), account: account, limit: limit, offset: offset)
  }

  /// The conversations that `in:` names, and between which places of the index they lie; nil: there are none.
  private static func places(in conversation: String, _ db: Database) throws -> SearchSelection.Places? {
    let rows = try Int64.fetchAll(
      db.cachedStatement(
        sql: "SELECT id FROM conversation WHERE gone_at IS NULL AND (cid = ?1 OR title LIKE ?2 ESCAPE '\\') LIMIT ?3"),
      arguments: [conversation, "%\(conversation.likeEscaped)%", SearchSelection.conversationsMax])
    guard !rows.isEmpty else { return nil }
    let list = "[\(rows.map(String.init).joined(separator: ","))]"
    let bounds = try db.first(
      "SELECT min(id), max(id) FROM passage WHERE conversation IN (SELECT value FROM json_each(?))", [list])
    guard let bounds, let first = try bounds[0] as Int64?, let last = try bounds[1] as Int64? else { return nil }
    return SearchSelection.Places(conversations: list, first: first, last: last)
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
  private static func isCommon(_ word: String?, _ db: Database) throws -> Bool {
    guard let word else { return false }
    return try db.first(
      "SELECT 1 FROM passage_index WHERE passage_index MATCH ? LIMIT 1 OFFSET ?", [word, SearchQuery.commonPlaces - 1])
      != nil
  }

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

/// The SQL of one search: what is not asked for is not in it.
private struct SearchSelection {
  /// The conversations of `in:`, as a JSON array, and the range of passages in which theirs lie.
  struct Places {
    var conversations: String
    var first: Int64
    var last: Int64
  }

  /// `in:` means so many conversations at the most.
  static let conversationsMax = 1000

  let sql: String
  private let named: [String: (any DatabaseValueConvertible)?]

  /// - Parameter places: nil: not asked for; some nil: asked for and not there.
  /// - Returns: nil: nothing can be found.
  init?(_ query: SearchQuery, lastIsWhole: Bool, order: MirrorStore.SearchOrder, places: Places??) {
    let hasWords = !query.terms.isEmpty
    let row = hasWords ? "passage_index.rowid" : "passage.id"
    var conditions: [String] = []
    var named: [String: (any DatabaseValueConvertible)?] = [:]
    func ask(_ condition: String, _ name: String, _ value: (any DatabaseValueConvertible)?) {
      guard let value else { return }
      conditions.append(condition)
      named[name] = value
    }
    if hasWords { ask("passage_index MATCH :match", "match", query.match(lastIsWhole: lastIsWhole)) }
    if let places {
      guard let places else { return nil }
      ask(
        "passage.conversation IN (SELECT value FROM json_each(:conversations))", "conversations", places.conversations)
      ask("\(row) >= :first", "first", places.first)
      ask("\(row) <= :last", "last", places.last)
    }
    ask("role = :role", "role", query.role)
    ask("ifnull(message.created_at, message.saved_at) < :before", "before", query.before?.milliseconds)
    ask("ifnull(message.created_at, message.saved_at) >= :after", "after", query.after?.milliseconds)
    ask("\(Self.model) LIKE :model ESCAPE '\\'", "model", query.model.map { "%\($0.likeEscaped)%" })
    // Words are in titles too; what is said of messages only is not true of a title.
    if !hasWords || query.hasMessageFilters { conditions.append("passage.message IS NOT NULL") }
    // By rowid, not by rank: newest first needs no sorting of all hits.
    let byRank = order == .best && hasWords
    if byRank {
      conditions.append(
        """
        passage_index.rowid >= ifnull((SELECT rowid FROM passage_index WHERE passage_index MATCH :match
          ORDER BY rowid DESC LIMIT 1 OFFSET \(MirrorStore.rankedMax)), 0)
        """)
    }
    sql = """
      SELECT conversation.account, cid, title, mid, message.branch, role, message.created_at,
        \(hasWords ? "snippet(passage_index, 0, char(2), char(3), '…', 24)" : "substr(words, 1, 200)")
      FROM \(hasWords ? "passage_index JOIN passage ON passage.id = \(row)" : "passage")
      JOIN conversation ON conversation.id = passage.conversation
      LEFT JOIN message ON message.id = passage.message
      \(query.model == nil ? "" : "LEFT JOIN usage ON usage.account = message.account AND usage.message = mid")
      WHERE \(conditions.joined(separator: " AND ")) AND (:account IS NULL OR (conversation.account = :account
        AND EXISTS (SELECT 1 FROM account WHERE account.id = :account AND refused = 0)))
      ORDER BY \(byRank ? "rank, " : "")\(row) DESC LIMIT :limit OFFSET :offset
      """
    self.named = named
  }

  func arguments(account: AccountID?, limit: Int, offset: Int) -> StatementArguments {
    StatementArguments(
      named.merging(["account": account?.rawValue, "limit": limit, "offset": offset]) { old, _ in old })
  }

  /// As the message says it, or the API's count of tokens.
  private static let model = """
    iif(json_valid(CAST(message.text AS TEXT)), coalesce(json_extract(CAST(message.text AS TEXT), '$.model'),
      json_extract(CAST(message.text AS TEXT), '$.metadata.model'), usage.model), usage.model)
    """
}
