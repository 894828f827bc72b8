internal import GRDB

/// Named reads for the daemon's own pages and commands. They show one account, or all of them when `account` is nil, the
/// refused ones included: whoever may see the pages owns the machine's copy.
extension MirrorStore {
  /// Conversations that a filter lets through, in its order.
  public func conversationSummaries(
    _ filter: ConversationFilter = ConversationFilter(), account: AccountID? = nil, limit: Int, offset: Int = 0
  ) throws(MirrorError) -> [ConversationSummary] {
    try read("list conversations") { db in
      // First which, then what is shown of them: counting is for those that are shown only.
      try db.all(
        """
        \(Self.selectSummary) JOIN (
          SELECT conversation.id AS shown, row_number() OVER (ORDER BY \(Self.order(filter.order))) AS place
          FROM conversation WHERE \(Self.condition(of: filter)) ORDER BY place LIMIT ?4 OFFSET ?5
        ) ON shown = conversation.id ORDER BY place
        """,
        [
          account?.rawValue, "%\(filter.title.likeEscaped)%", "%\(filter.model.likeEscaped)%", max(limit, 0),
          max(offset, 0),
        ]
      ).map(Self.summary)
    }
  }

  /// How many conversations a filter lets through.
  public func conversationCount(_ filter: ConversationFilter, account: AccountID? = nil) throws(MirrorError) -> Int {
    if account == nil, filter.isEverything {
      let untold: Int = try read("count conversations") { db in
        try db.first(
          """
          SELECT count(*) FROM conversation
          WHERE gone_at IS NULL AND ifnull(text, item_text) IS NULL AND \(Self.hasMessages)
          """)?[0] ?? 0
      }
      return try counts().conversations.count + untold
    }
    return try read("count conversations") { db in
      try db.first(
        "SELECT count(*) FROM conversation WHERE \(Self.condition(of: filter))",
        [account?.rawValue, "%\(filter.title.likeEscaped)%", "%\(filter.model.likeEscaped)%"])?[0] ?? 0
    }
  }

  private static func condition(of filter: ConversationFilter) -> String {
    let state =
      switch filter.state {
      case .any: ""
      case .drafts: "AND EXISTS (SELECT 1 FROM draft WHERE draft.conversation = conversation.id)"
      case .partial: "AND NOT \(holdsMainBranch)"
      }
    return """
      conversation.gone_at IS NULL AND (ifnull(text, item_text) IS NOT NULL OR \(hasMessages)) AND \(visible)
      AND (?2 = '%%' OR title LIKE ?2 ESCAPE '\\') AND (?3 = '%%' OR \(model) LIKE ?3 ESCAPE '\\') \(state)
      """
  }

  /// Of some conversations only messages were seen: the app had their id from elsewhere, or their own answer was not recorded.
  private static let hasMessages = """
    EXISTS (SELECT 1 FROM message WHERE message.conversation = conversation.id AND message.gone_at IS NULL)
    """

  private static let model = """
    iif(json_valid(CAST(ifnull(text, item_text) AS TEXT)),
      json_extract(CAST(ifnull(text, item_text) AS TEXT), '$.model'), NULL)
    """

  private static func order(_ order: ConversationFilter.Order) -> String {
    switch order {
    case .newest: "sort_at DESC, conversation.id DESC"
    case .oldest: "sort_at, conversation.id"
    case .title: "title COLLATE NOCASE, conversation.id"
    case .longest:
      """
      (SELECT count(*) FROM message WHERE message.conversation = conversation.id AND message.gone_at IS NULL) DESC,
      conversation.id DESC
      """
    }
  }

  /// Whether every account's list of conversations is held to its end.
  public func holdsWholeLists() throws(MirrorError) -> Bool {
    try read("look at the lists of conversations") { db in
      try Bool.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT NOT EXISTS (SELECT 1 FROM account WHERE length(key) > 0 AND id NOT IN (
              SELECT account FROM list WHERE conversation IS NULL AND kind = 'conversations' AND key = '' AND complete))
            """)) ?? false
    }
  }

  /// A conversation with messages of one branch; nil: not held, or gone.
  /// - Parameter branch: nil: the main branch.
  public func conversationDetail(
    _ id: String, branch: String? = nil, window: MessageWindow = .all, account: AccountID? = nil
  ) throws(MirrorError) -> ConversationDetail? {
    try read("show a conversation") { db -> ConversationDetail? in
      guard let (part, ref, summary) = try Self.find(id, account, db) else { return nil }
      let branches = try part.branchSummaries(ref)
      var branch = branch
      if let asked = branch, !branches.contains(where: { $0.id == asked }) {
        // Messages may be known before their branch is, or outlive it: another branch shows them.
        guard case .with = window else { return nil }
        branch = nil
      }
      let shown = try branch ?? part.mainBranch(of: ref.row)
      let list = try part.messageList(branch: branch, of: ref.row)
      let place = try list.map { try part.place(of: window, in: $0, of: ref) } ?? (start: 0, count: 0)
      return ConversationDetail(
        summary: summary, branches: branches, branchID: shown,
        messages: try list.map { try part.messageDetails($0, from: place.start, count: place.count) } ?? [],
        messagesBefore: place.start, messagesTotal: try list.map { try part.messageCount($0, in: ref) } ?? 0,
        drafts: try part.drafts(ref, shown),
        checkpoints: try part.checkpoints(ref), isComplete: list?.complete ?? false,
        isWhole: try part.isWhole(ref))
    }
  }

  /// What a message says, all of it; nil: not held, or gone.
  public func messageContent(
    _ message: String, of conversation: String, account: AccountID? = nil
  ) throws(MirrorError) -> String? {
    try read("show a message") { db -> String? in
      guard let (part, ref, _) = try Self.find(conversation, account, db) else { return nil }
      return try part.first(
        "SELECT text FROM message WHERE account = ? AND mid = ? AND conversation = ? AND gone_at IS NULL",
        [part.account, message, ref.row])?.json(0)?.string("content")
    }
  }

  /// The bytes of a conversation's visible messages, as JSON; 0: not held.
  public func messageBytes(of conversation: String, account: AccountID? = nil) throws(MirrorError) -> Int64 {
    try read("measure a conversation") { db in
      guard let (part, ref, _) = try Self.find(conversation, account, db) else { return 0 }
      return try part.first(
        "SELECT ifnull(sum(length(text)), 0) FROM message WHERE conversation = ? AND gone_at IS NULL", [ref.row])?[0]
        ?? 0
    }
  }

  /// The whole conversation as a tree; nil: not held, or gone.
  public func conversationTree(_ id: String, account: AccountID? = nil) throws(MirrorError) -> TreeOutline? {
    try read("show a conversation's tree") { db in
      guard let (part, ref, _) = try Self.find(id, account, db) else { return nil }
      return TreeOutline(try part.conversationTree(ref), branches: try part.branchSummaries(ref))
    }
  }

  /// How much the mirror holds, in all accounts.
  public func counts() throws(MirrorError) -> MirrorCounts {
    try read("count what the mirror holds") { db in
      var tally: [String: MirrorCounts.Class] = [:]
      try db.each("SELECT kind, visible, bytes FROM tally") { row in
        tally[try row[0]] = .init(count: try row[1], bytes: try row[2])
      }
      func held(_ kind: String) -> MirrorCounts.Class { tally[kind] ?? .init(count: 0, bytes: 0) }
      return MirrorCounts(
        conversations: held("conversation"), branches: held("branch"), messages: held("message"),
        checkpoints: held("checkpoint"), drafts: held("draft"), responses: held("response"),
        bytes: try Int64.fetchOne(
          db, sql: "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()") ?? 0)
    }
  }

  static func find(
    _ id: String, _ account: AccountID?, _ db: Database
  ) throws -> (Partition, ConversationRef, ConversationSummary)? {
    let row = try db.first(
      """
      \(selectSummary) WHERE conversation.gone_at IS NULL AND \(visible) AND cid = ?2
      ORDER BY complete DESC, messages DESC, sort_at DESC LIMIT 1
      """, [account?.rawValue, id])
    guard let row else { return nil }
    let part = Partition(db: db, account: try row["account"])
    return (part, ConversationRef(row: try row["id"], cid: id), try summary(row))
  }

  /// The account that was asked for unless it is refused, or every account.
  private static let visible = """
    (?1 IS NULL OR (conversation.account = ?1
      AND EXISTS (SELECT 1 FROM account WHERE account.id = ?1 AND refused = 0)))
    """

  private static let holdsMainBranch = """
    ifnull((SELECT max(complete) FROM list WHERE list.conversation = conversation.id AND kind = 'messages'
      AND (key = '' OR key IN (SELECT bid FROM branch
        WHERE branch.conversation = conversation.id AND is_main = 1))), 0)
    """

  private static let selectSummary = """
    SELECT ifnull(text, item_text), conversation.id, conversation.account, cid, title,
      (SELECT count(*) FROM message WHERE message.conversation = conversation.id AND gone_at IS NULL) AS messages,
      (SELECT count(*) FROM branch WHERE branch.conversation = conversation.id AND gone_at IS NULL) AS branches,
      (SELECT count(*) FROM draft WHERE draft.conversation = conversation.id) AS drafts,
      \(holdsMainBranch) AS complete,
      (SELECT max(as_of, written_at) FROM list WHERE list.conversation = conversation.id AND kind = 'messages'
        ORDER BY as_of DESC LIMIT 1) AS known_at
    FROM conversation
    """

  private static func isLater(_ changed: Int64, than known: Int64) -> Bool {
    let (limit, isTooMuch) = known.addingReportingOverflow(clockToleranceMilliseconds)
    return !isTooMuch && changed > limit
  }

  /// The API's clock and this machine's differ; a change so little newer is the one that was seen.
  private static let clockToleranceMilliseconds: Int64 = 60_000

  private static func summary(_ row: StoredRow) throws -> ConversationSummary {
    let object = try row.json(0)
    let knownAt: Int64? = try row["known_at"]
    let changedAt = object?.time("updatedAt")?.milliseconds
    return ConversationSummary(
      account: AccountID(rawValue: try row["account"]), id: try row["cid"], title: try row["title"] ?? "",
      model: object?.string("model"), createdAt: object?.time("createdAt"), updatedAt: object?.time("updatedAt"),
      messageCount: try row["messages"], branchCount: try row["branches"], draftCount: try row["drafts"],
      isComplete: try row["complete"],
      isStale: knownAt.flatMap { known in changedAt.map { isLater($0, than: known) } } ?? false)
  }
}

extension String {
  /// As a LIKE pattern that matches just this text.
  var likeEscaped: String {
    replacing("\0", with: "").replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
  }
}
