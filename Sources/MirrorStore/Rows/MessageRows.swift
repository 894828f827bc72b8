internal import GRDB

/// Members that are added to a message's text when it is shown, since the API left them out of the answer to a send.
struct MessageFill: OptionSet {
  let rawValue: Int64
  static let conversation = MessageFill(rawValue: 1)
  static let branch = MessageFill(rawValue: 2)
}

/// A message as one answer shows it, and what that answer says about its place.
struct MessageSighting {
  var message: Sighting
  /// The branch that the answer is about; nil: the main branch.
  var branch: String?
  var extent = Extent.whole
  /// Seen in the answer to a send: its place is known from the request.
  var isSent = false
  /// Made here from a request.
  var isProvisional = false

  var fill: MessageFill {
    guard isSent else { return [] }
    var fill: MessageFill = []
    if !message.object.contains("conversationId") { fill.insert(.conversation) }
    if !message.object.contains("branchId") { fill.insert(.branch) }
    return fill
  }
}

extension Partition {
  /// The conversation that a message belongs to; nil: the message is not known.
  func conversation(ofMessage mid: String) throws -> ConversationRef? {
    try first(
      """
      SELECT conversation.id, cid FROM message JOIN conversation ON conversation.id = message.conversation
      WHERE message.account = ? AND mid = ?
      """, [account, mid]
    ).map { ConversationRef(row: try $0[0], cid: try $0[1]) }
  }
}

extension Observation {
  /// Keeps a message and gives its row.
  mutating func saveMessage(_ sighting: MessageSighting, in ref: ConversationRef) throws -> Int64 {
    let known = try part.first(
      "SELECT id, text, branch, gone_at, provisional, saved_at FROM message WHERE account = ? AND mid = ?",
      [part.account, sighting.message.id])
    if let known { return try updateMessage(known, sighting, in: ref) }
    if let row = try adoptProvisional(sighting, in: ref) { return row }
    return try insertMessage(sighting, in: ref)
  }

  private mutating func insertMessage(_ sighting: MessageSighting, in ref: ConversationRef) throws -> Int64 {
    let object = sighting.message.object
    let row = try part.insert(
      """
      INSERT INTO message (account, conversation, mid, branch, role, text, fill, provisional, created_at, saved_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        part.account, ref.row, sighting.message.id, object["branchId"]?.identifier ?? sighting.branch,
        object["role"]?.columnText, object.text.bytes.blob, sighting.fill.rawValue, sighting.isProvisional,
        object.time("createdAt")?.milliseconds, now,
      ])
    try indexMessage(row, ref, object["content"]?.columnText)
    try saveCost(of: sighting.message)
    return row
  }

  private mutating func updateMessage(_ known: StoredRow, _ sighting: MessageSighting, in ref: ConversationRef) throws
    -> Int64
  {
    let id: Int64 = try known[0]
    let goneAt: Int64? = try known[3]
    let wasProvisional: Bool = try known[4]
    let seen = sighting.message.object
    guard mayShow(goneAt: goneAt), let oldBytes = try known.bytes(1) else { return id }
    if goneAt == nil, wasProvisional == sighting.isProvisional, oldBytes[...] == seen.text.bytes { return id }
    // A real message is never replaced by one that was made here.
    if sighting.isProvisional, !wasProvisional { return id }
    let old = JSONText(trusted: oldBytes[...]).object
    let keepsOld = sighting.extent == .partial && !wasProvisional
    let text = keepsOld ? seen.laid(over: old) : Array(seen.text.bytes)
    if goneAt == nil, !wasProvisional, let old { try keepEarlier(old, of: id, unlessItSays: seen) }
    if goneAt != nil || old?.contradicts(seen) != false { try noteChange(.messages, in: ref, knownAt: known[5]) }
    try part.run(
      """
      UPDATE message SET text = ?, branch = coalesce(?, branch), role = coalesce(?, role),
        fill = iif(?, fill, ?), provisional = ?, created_at = coalesce(?, created_at), saved_at = ?, gone_at = NULL
      WHERE id = ?
      """,
      [
        text.blob, seen["branchId"]?.identifier, seen["role"]?.columnText, keepsOld, sighting.fill.rawValue,
        sighting.isProvisional, seen.time("createdAt")?.milliseconds, now, id,
      ])
    try saveCost(of: sighting.message)
    if let content = seen["content"] {
      try indexMessage(id, ref, content.columnText)
    } else if goneAt != nil {
      try indexMessage(id, ref, old?["content"]?.columnText)
    }
    return id
  }

  /// How many earlier versions of one message are kept, the newest.
  private static var earlierMax: Int { 20 }

  /// An edited message keeps what it said.
  private func keepEarlier(_ old: JSONObject, of message: Int64, unlessItSays seen: JSONObject) throws {
    guard let content = seen.string("content"), let said = old.string("content"), said != content else { return }
    try part.run(
      "INSERT INTO earlier (message, text, replaced_at) VALUES (?, ?, ?)", [message, old.text.bytes.blob, now])
    try part.run(
      """
      DELETE FROM earlier WHERE id IN (SELECT id FROM earlier WHERE message = ? ORDER BY id DESC LIMIT -1 OFFSET ?)
      """, [message, Self.earlierMax])
  }

  /// As `keepEarlier`, for an edit that made a new message in the place of the old one.
  func keepEarlier(ofMessage old: Int64, replacedBy new: Int64) throws {
    try part.run("UPDATE earlier SET message = ? WHERE message = ?", [new, old])
    guard let was = try part.first("SELECT text FROM message WHERE id = ?", [old])?.json(0),
      let seen = try part.first("SELECT text FROM message WHERE id = ?", [new])?.json(0)
    else { return }
    try keepEarlier(was, of: new, unlessItSays: seen)
  }

  /// Gives the row of a message that was made from a request to the real one when that shows: same words, same branch.
  /// Every list that held the provisional message so holds the real one, at its place.
  private mutating func adoptProvisional(_ sighting: MessageSighting, in ref: ConversationRef) throws -> Int64? {
    let seen = sighting.message.object
    guard !sighting.isProvisional, seen.string("role") == "user", let content = seen.string("content") else {
      return nil
    }
    let branch = try branchKey(seen["branchId"]?.identifier ?? sighting.branch, in: ref)
    for row in try part.all(
      """
      SELECT id, text, branch, gone_at, provisional, saved_at FROM message
      WHERE conversation = ? AND provisional = 1 AND gone_at IS NULL AND mid LIKE 'local-%' ORDER BY id
      """, [ref.row])
    {
      guard try row.json(1)?.string("content") == content, try branchKey(row[2], in: ref) == branch else { continue }
      try part.run("UPDATE message SET mid = ? WHERE id = ?", [sighting.message.id, row[0] as Int64])
      return try updateMessage(row, sighting, in: ref)
    }
    return nil
  }

  mutating func hideMessage(_ row: Int64, in ref: ConversationRef) throws {
    let knownAt: Int64? = try part.first("SELECT saved_at FROM message WHERE id = ?", [row])?[0]
    try noteChange(.messages, in: ref, knownAt: knownAt ?? 0)
    try part.run("UPDATE message SET gone_at = ? WHERE id = ?", [now, row])
    try unindexMessage(row)
  }

  /// A provisional message leaves no tombstone: its id was never the API's.
  private func forgetMessage(_ row: Int64) throws {
    try part.run(
      "DELETE FROM list_member WHERE member = ? AND list IN (SELECT id FROM list WHERE kind = 'messages')", [row])
    try part.run("DELETE FROM message WHERE id = ?", [row])
  }

  /// A complete list no longer shows a message: if the list is that of its own branch, the message is gone everywhere.
  mutating func messageLeft(_ row: Int64, list key: String, in ref: ConversationRef) throws {
    guard
      let message = try part.first("SELECT branch, provisional, saved_at, gone_at FROM message WHERE id = ?", [row]),
      (try message[3] as Int64?) == nil, (try message[2] as Int64) <= now
    else { return }
    if try message[1] as Bool { return try forgetMessage(row) }
    if try branchKey(message[0], in: ref) == branchKey(key, in: ref) { try hideMessage(row, in: ref) }
  }

  /// One key for one branch: '' for the main branch, whether named or not.
  func branchKey(_ branch: String?, in ref: ConversationRef) throws -> String {
    guard let branch, !branch.isEmpty else { return "" }
    return try part.mainBranch(of: ref.row) == branch ? "" : branch
  }
}
