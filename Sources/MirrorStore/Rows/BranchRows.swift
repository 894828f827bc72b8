internal import GRDB

extension Partition {
  /// The id of the main branch: the one that says so, else the only one without a parent, else the branch that the
  /// messages of the list without a branch name. nil: not known.
  func mainBranch(of conversation: Int64) throws -> String? {
    if let row = try first(
      "SELECT bid FROM branch WHERE conversation = ? AND is_main = 1 AND gone_at IS NULL", [conversation])
    {
      return try row[0]
    }
    let roots = try all(
      """
      SELECT bid FROM branch
      WHERE conversation = ? AND parent IS NULL AND fork_point IS NULL AND gone_at IS NULL LIMIT 2
      """, [conversation])
    if !roots.isEmpty { return roots.count == 1 ? try roots[0][0] : nil }
    guard let list = try list(.messages, of: conversation) else { return nil }
    for order in ["position", "position DESC"] {
      // Not all of them: where none says, a long conversation would be read through at every send.
      let row = try first(
        """
        SELECT branch FROM (SELECT member FROM list_member WHERE list = ? ORDER BY \(order) LIMIT 16)
        JOIN message ON message.id = member WHERE branch IS NOT NULL LIMIT 1
        """, [list.id])
      if let row { return try row[0] }
    }
    return nil
  }
}

extension Observation {
  /// Keeps a branch and gives its row.
  /// - Parameter parent, forkPoint: from the request, for an answer that lacks them.
  mutating func saveBranch(
    _ sighting: Sighting, in ref: ConversationRef, _ extent: Extent, parent: String? = nil, forkPoint: String? = nil,
    isMain: Bool = false
  ) throws -> Int64 {
    let seen = sighting.object
    let parent = seen["parentBranchId"]?.identifier ?? parent
    let forkPoint = seen["forkPointMessageId"]?.identifier ?? forkPoint
    let isMain = seen["isMain"]?.bool ?? (isMain ? true : nil)
    guard
      let known = try part.first(
        "SELECT id, text, gone_at, saved_at FROM branch WHERE conversation = ? AND bid = ?", [ref.row, sighting.id])
    else {
      return try part.insert(
        """
        INSERT INTO branch (conversation, bid, parent, fork_point, is_main, text, saved_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """, [ref.row, sighting.id, parent, forkPoint, isMain ?? false, seen.text.bytes.blob, now])
    }
    let id: Int64 = try known[0]
    guard mayShow(goneAt: try known[2]) else { return id }
    let old = try known.json(1)
    if try known[2] as Int64? != nil || old?.contradicts(seen) != false {
      try noteChange(.branches, in: ref, knownAt: known[3])
    }
    let text = extent == .partial ? seen.laid(over: old) : Array(seen.text.bytes)
    try part.run(
      """
      UPDATE branch SET text = ?, parent = coalesce(?, parent), fork_point = coalesce(?, fork_point),
        is_main = coalesce(?, is_main), saved_at = ?, gone_at = NULL
      WHERE id = ?
      """, [text.blob, parent, forkPoint, isMain, now, id])
    return id
  }

  /// A branch's own messages go with it, except those that another branch's list still shows as its context.
  mutating func hideBranch(_ bid: String, in ref: ConversationRef) throws {
    try part.run("UPDATE branch SET gone_at = ? WHERE conversation = ? AND bid = ?", [now, ref.row, bid])
    try part.run("DELETE FROM list WHERE conversation = ? AND kind = 'messages' AND key = ?", [ref.row, bid])
    try part.run("DELETE FROM list WHERE conversation = ? AND kind = 'checkpoints' AND key = ?", [ref.row, bid])
    try noteChange(.branches, in: ref, knownAt: now)
    for row in try part.numbers(
      """
      SELECT id FROM message WHERE conversation = ?1 AND branch = ?2 AND gone_at IS NULL AND id NOT IN (
        SELECT member FROM list_member JOIN list ON list.id = list_member.list
        WHERE list.conversation = ?1 AND list.kind = 'messages')
      """, [ref.row, bid])
    {
      try hideMessage(row, in: ref)
    }
    try part.run("UPDATE checkpoint SET gone_at = ? WHERE conversation = ? AND branch = ?", [now, ref.row, bid])
    try part.run("DELETE FROM draft WHERE conversation = ? AND branch = ?", [ref.row, bid])
  }

  /// Adds to the `messageCount` that a branch's text shows; a branch that shows none stays as it is.
  func addToMessageCount(_ difference: Int64, branch: String?, in ref: ConversationRef) throws {
    guard let bid = try branch ?? part.mainBranch(of: ref.row),
      let row = try part.first("SELECT id, text FROM branch WHERE conversation = ? AND bid = ?", [ref.row, bid]),
      let object = try row.json(1), let count = object["messageCount"]?.integer,
      case (let sum, let overflow) = count.addingReportingOverflow(difference), !overflow, sum >= 0
    else { return }
    let text = object.replacing("messageCount", with: String(sum).utf8)
    try part.run("UPDATE branch SET text = ? WHERE id = ?", [text.blob, row[0] as Int64])
  }
}
