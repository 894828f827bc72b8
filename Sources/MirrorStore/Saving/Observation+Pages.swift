internal import GRDB

/// Pages of the list of conversations. A list is complete when the pages seen hold as many conversations as the API says
/// there are. A member has one position only, so pages that were fetched while the order changed leave a gap and do not
/// pass for complete.
extension Observation {
  mutating func foldPage(_ page: SeenRead.Page, filter: String?, limitWasAsked: Bool) throws {
    let key = filter.conversationListKey
    let list = try openList(.conversations, key, of: nil)
    let knownBefore = try list.complete ? Set(part.members(of: list)) : []
    let rows = try page.items.map { try saveConversation($0.id, $0.object, .item).row }.withoutRepetitions()
    if !limitWasAsked, let limit = page.limit {
      try part.run("UPDATE account SET list_limit = ? WHERE id = ?", [limit, part.account])
    }
    let total = page.impliedTotal
    if list.complete, total == Int64(knownBefore.count), knownBefore.isSuperset(of: rows) {
      if page.isWholeList { try part.run("UPDATE list SET as_of = ? WHERE id = ?", [now, list.id]) }
      return
    }
    if list.complete || (list.total != nil && total != nil && list.total != total) {
      changes.listOfConversations = true
    }
    try savePositions(list, page, rows, total)
    try closeListIfWhole(list, key: key)
  }

  private func savePositions(_ list: ListRow, _ page: SeenRead.Page, _ rows: [Int64], _ total: Int64?) throws {
    let startsAnew = list.complete || (total != nil && list.total != total) || page.isWholeList
    if startsAnew { try part.run("DELETE FROM list_member WHERE list = ?", [list.id]) }
    try part.run(
      "UPDATE list SET complete = 0, total = coalesce(?, total), as_of = iif(?, ?, min(as_of, ?)) WHERE id = ?",
      [total, startsAnew, now, now, list.id])
    guard let start = page.start else { return }
    let end = max(page.limit ?? 0, Int64(page.items.count)) + start
    try part.run("DELETE FROM list_member WHERE list = ? AND position >= ? AND position < ?", [list.id, start, end])
    for (offset, row) in rows.enumerated() {
      try part.run(
        "INSERT OR REPLACE INTO list_member (list, position, member) VALUES (?, ?, ?)",
        [list.id, start + Int64(offset), row])
    }
  }

  private mutating func closeListIfWhole(_ list: ListRow, key: String) throws {
    guard
      let row = try part.first(
        "SELECT total, as_of, (SELECT count(*) FROM list_member WHERE list = list.id) FROM list WHERE id = ?",
        [list.id]),
      let total = try row[0] as Int64?, try total == row[2] as Int64
    else { return }
    try part.run("UPDATE list SET complete = 1 WHERE id = ?", [list.id])
    guard key.isEmpty else { return }
    for gone in try part.all(
      """
      SELECT id, cid FROM conversation WHERE account = ? AND gone_at IS NULL AND saved_at <= ?
        AND id NOT IN (SELECT member FROM list_member WHERE list = ?)
      """, [part.account, row[1] as Int64, list.id])
    {
      try hideConversation(ConversationRef(row: gone[0], cid: gone[1]))
    }
  }

  /// A conversation that was created here is in the list of all and in that of one's own.
  func addToLists(_ ref: ConversationRef) throws {
    _ = try openList(.conversations, of: nil)
    for key in ["", "owned"] {
      guard let list = try part.list(.conversations, key, of: nil) else { continue }
      try append(ref.row, to: list)
      try part.run("UPDATE list SET total = total + 1 WHERE id = ?", [list.id])
    }
  }

  /// A deleted conversation leaves every list; those that were complete stay so.
  func removeFromLists(_ ref: ConversationRef) throws {
    try part.run(
      """
      UPDATE list SET total = total - 1 WHERE account = ?1 AND conversation IS NULL AND total > 0 AND id IN (
        SELECT list FROM list_member WHERE member = ?2)
      """, [part.account, ref.row])
    try part.run(
      "DELETE FROM list_member WHERE member = ? AND list IN (SELECT id FROM list WHERE account = ? AND conversation IS NULL)",
      [ref.row, part.account])
  }
}

extension String? {
  /// No filter and `all` are one list.
  var conversationListKey: String {
    self == nil || self == "all" ? "" : self ?? ""
  }
}
