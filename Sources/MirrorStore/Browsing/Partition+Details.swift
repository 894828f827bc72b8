internal import GRDB

extension Partition {
  func branchSummaries(_ ref: ConversationRef) throws -> [BranchSummary] {
    let main = try mainBranch(of: ref.row)
    return try all(
      """
      SELECT bid, text, parent, fork_point, ifnull(messages, 0), NOT EXISTS (
        SELECT 1 FROM list WHERE list.conversation = ?1 AND kind = 'messages'
          AND (key = bid OR (key = '' AND bid = ?2)))
      FROM branch LEFT JOIN (
        SELECT ifnull(branch, ?2) AS home, count(*) AS messages FROM message
        WHERE conversation = ?1 AND gone_at IS NULL GROUP BY home
      ) ON home = bid WHERE conversation = ?1 AND gone_at IS NULL ORDER BY bid <> ifnull(?2, ''), id
      """, [ref.row, main]
    ).map { row in
      let object = try row.json(1)
      return BranchSummary(
        id: try row[0], title: object?.string("title") ?? "", parentBranchID: try row[2],
        forkPointMessageID: try row[3],
        contextMode: object?.string("contextMode"), isMain: try row[0] as String == main, messageCount: try row[4],
        toldMessageCount: object?["messageCount"]?.integer.flatMap { Int(exactly: $0) },
        mergedAt: object?.time("mergedAt"), isUnread: try row[5])
    }
  }

  /// Is the list of branches held to its end, and the messages of each?
  func isWhole(_ ref: ConversationRef) throws -> Bool {
    guard try list(.branches, of: ref.row)?.complete == true else { return false }
    return try first(
      """
      SELECT NOT EXISTS (SELECT 1 FROM branch WHERE conversation = ?1 AND gone_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM list WHERE list.conversation = ?1 AND kind = 'messages' AND complete
          AND (key = bid OR (key = '' AND bid = ?2))))
      """, [ref.row, try mainBranch(of: ref.row)])?[0] ?? false
  }

  /// How many messages of a list can be seen.
  /// - Parameter position: only those before it.
  func messageCount(_ list: ListRow, in ref: ConversationRef, before position: Int64 = .max) throws -> Int {
    try first(
      """
      SELECT count(*) FROM list_member WHERE list = ? AND position < ?
        AND member IN (SELECT id FROM message WHERE conversation = ? AND gone_at IS NULL)
      """, [list.id, position, ref.row])?[0] ?? 0
  }

  /// Where a window begins, and how many messages it has at the most.
  func place(
    of window: MessageWindow, in list: ListRow, of ref: ConversationRef
  ) throws -> (start: Int, count: Int) {
    switch window {
    case .all: return (0, .max)
    case .from(let start, let count): return (max(0, start), max(1, count))
    case .with(let mid, let count):
      let position =
        try first(
          "SELECT position FROM list_member WHERE list = ? AND member = (SELECT id FROM message WHERE account = ? AND mid = ?)",
          [list.id, account, mid])?[0] as Int64?
      let before = try position.map { try messageCount(list, in: ref, before: $0) } ?? 0
      return (before - before % max(1, count), max(1, count))
    }
  }

  func messageDetails(_ list: ListRow, from start: Int = 0, count: Int = .max) throws -> [MessageDetail] {
    var rows: [Int64] = []
    var details = try all(
      """
      SELECT mid, text, branch, provisional, usage.model, prompt_tokens, completion_tokens, total_tokens, usage.id,
        message.id
      FROM list_member JOIN message ON message.id = member
        LEFT JOIN usage ON usage.account = message.account AND usage.message = mid
      WHERE list = ? AND gone_at IS NULL ORDER BY position LIMIT ? OFFSET ?
      """, [list.id, count, start]
    ).map { row in
      rows.append(try row[9])
      let object = try row.json(1)
      let metadata = object?["metadata"]?.object
      let usage: Int64? = try row[8]
      return MessageDetail(
        id: try row[0], branchID: try row[2], parentMessageID: object?["parentMessageId"]?.identifier,
        role: object?.string("role") ?? "", content: object?.string("content") ?? "",
        model: try object?.string("model") ?? metadata?.string("model") ?? row[4],
        tokenCount: (object?["tokenCount"] ?? object?["tokens"])?.integer,
        usage: try usage.map { _ in TokenUsage(prompt: try row[5], completion: try row[6], total: try row[7]) },
        createdAt: object?.time("createdAt"),
        isProvisional: try row[3])
    }
    let earlier = try earlier(rows)
    if !earlier.isEmpty { for index in rows.indices { details[index].earlier = earlier[rows[index]] ?? [] } }
    return details
  }

  /// What messages said before they were edited, by the messages' rows.
  private func earlier(_ messages: [Int64]) throws -> [Int64: [EarlierText]] {
    let list = "[\(messages.map(String.init).joined(separator: ","))]"
    var found: [Int64: [EarlierText]] = [:]
    try each(
      """
      SELECT message, text, replaced_at FROM earlier
      WHERE message IN (SELECT value FROM json_each(?)) ORDER BY message, id
      """, [list]
    ) { row in
      guard let content = try row.json(1)?.string("content") else { return }
      found[try row[0], default: []].append(
        EarlierText(content: content, replacedAt: UnixTime(milliseconds: try row[2])))
    }
    return found
  }

  /// Those of one branch; drafts without a branch belong to the main one.
  func drafts(_ ref: ConversationRef, _ branch: String?) throws -> [DraftDetail] {
    let main = try mainBranch(of: ref.row)
    return try all(
      """
      SELECT branch, question, answer, model, outcome, saved_at FROM draft
      WHERE conversation = ?1 AND ifnull(branch, ifnull(?2, '')) = ifnull(?3, '') ORDER BY id
      """, [ref.row, main, branch]
    ).map { row in
      DraftDetail(
        branchID: try row[0], question: try row[1], answer: try row[2], model: try row[3],
        outcome: StreamOutcome(rawValue: try row[4]) ?? .interrupted, savedAt: UnixTime(milliseconds: try row[5]))
    }
  }

  func checkpoints(_ ref: ConversationRef) throws -> [CheckpointDetail] {
    try all(
      "SELECT kid, branch, text FROM checkpoint WHERE conversation = ? AND gone_at IS NULL ORDER BY id", [ref.row]
    ).map { row in
      let object = try row.json(2)
      return CheckpointDetail(
        id: try row[0], branchID: try row[1], anchorMessageID: object?["anchor_message_id"]?.identifier,
        summary: object?.string("summary") ?? "", tokenCount: object?["token_count"]?.integer,
        createdAt: object?.time("created_at"))
    }
  }
}

extension TreeOutline {
  init(_ tree: ConversationTree, branches: [BranchSummary]) {
    var nodes: [Node] = []
    var ancestors: [Int] = []
    tree.walk(
      enter: { index, depth, _ in
        let node = tree.nodes[index]
        let branch = tree.branches[node.branch].bid
        nodes.append(
          Node(
            messageID: node.mid, parent: ancestors.last, depth: depth, branchID: branch.isEmpty ? nil : branch,
            opensBranch: node.opensBranch, role: node.text.string("role") ?? "",
            content: node.text.string("content") ?? ""))
        ancestors.append(nodes.count - 1)
      },
      leave: { _ in ancestors.removeLast() })
    self.init(nodes: nodes, branches: branches)
  }
}
