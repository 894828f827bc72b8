internal import GRDB

extension Partition {
  func branchSummaries(_ ref: ConversationRef) throws -> [BranchSummary] {
    let main = try mainBranch(of: ref.row)
    return try all(
      """
      SELECT bid, text, parent, fork_point, (
        SELECT count(*) FROM message WHERE message.conversation = branch.conversation AND message.gone_at IS NULL
          AND ifnull(message.branch, ?2) = bid)
      FROM branch WHERE conversation = ?1 AND gone_at IS NULL ORDER BY bid <> ifnull(?2, ''), id
      """, [ref.row, main]
    ).map { row in
      let object = try row.json(1)
      return BranchSummary(
        id: try row[0], title: object?.string("title") ?? "", parentBranchID: try row[2],
        forkPointMessageID: try row[3],
        contextMode: object?.string("contextMode"), isMain: try row[0] as String == main, messageCount: try row[4])
    }
  }

  func messageDetails(_ list: ListRow) throws -> [MessageDetail] {
    try all(
      """
      SELECT mid, text, branch, provisional, usage.model, prompt_tokens, completion_tokens, total_tokens, usage.id
      FROM list_member JOIN message ON message.id = member
        LEFT JOIN usage ON usage.account = message.account AND usage.message = mid
      WHERE list = ? AND gone_at IS NULL ORDER BY position
      """, [list.id]
    ).map { row in
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
