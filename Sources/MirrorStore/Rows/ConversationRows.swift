internal import GRDB

/// The view through which a conversation was seen.
enum ConversationView { case full, item, patch }

extension Partition {
  /// nil: never heard of.
  func conversation(_ cid: String) throws -> ConversationRef? {
    try first("SELECT id FROM conversation WHERE account = ? AND cid = ?", [account, cid])
      .map { ConversationRef(row: try $0[0], cid: cid) }
  }

  func conversation(row: Int64) throws -> ConversationRef? {
    try first("SELECT cid FROM conversation WHERE id = ?", [row]).map { ConversationRef(row: row, cid: try $0[0]) }
  }
}

extension Observation {
  /// The conversation's row; one without a text when it was not known.
  func conversationRef(_ cid: String) throws -> ConversationRef {
    if let known = try part.conversation(cid) { return known }
    let row = try part.insert(
      "INSERT INTO conversation (account, cid, saved_at) VALUES (?, ?, ?)", [part.account, cid, now])
    return ConversationRef(row: row, cid: cid)
  }

  /// Keeps what a view shows of a conversation; each view has its own text, and the newest values show in both.
  mutating func saveConversation(_ cid: String, _ seen: JSONObject, _ view: ConversationView) throws -> ConversationRef
  {
    let ref = try conversationRef(cid)
    guard
      let row = try part.first(
        "SELECT text, item_text, gone_at, title, saved_at FROM conversation WHERE id = ?", [ref.row]),
      mayShow(goneAt: try row[2])
    else { return ref }
    let text = try row.json(0)
    let item = try row.json(1)
    let seenText = seen.removing(["messages", "branches"])
    let newText: [UInt8]?
    let newItem: [UInt8]?
    switch view {
    case .full:
      newText = seenText
      newItem = item?.replacingShared(from: seen) ?? item.map { Array($0.text.bytes) }
    case .item:
      newText = text?.replacingShared(from: seen) ?? text.map { Array($0.text.bytes) }
      newItem = seenText
    case .patch:
      // A patch alone is not the conversation, unless it names it.
      newText = text?.overlaid(by: seen) ?? (item == nil && seen.contains("id") ? seenText : nil)
      newItem = item?.replacingShared(from: seen) ?? item.map { Array($0.text.bytes) }
    }
    let isBack = try row[2] as Int64? != nil
    if isBack || text?.contradicts(seen) == true || item?.contradicts(seen) == true {
      try noteChange(.conversation, in: ref, knownAt: row[4])
    }
    try part.run(
      "UPDATE conversation SET text = ?, item_text = ?, saved_at = ?, gone_at = NULL WHERE id = ?",
      [newText?.blob, newItem?.blob, now, ref.row])
    try saveColumns(ref, seen)
    if isBack { try indexAgain(ref) } else { try indexTitle(ref, seen["title"]?.columnText, was: row[3]) }
    return ref
  }

  /// The columns that a view without these members says nothing about stay as they are.
  private func saveColumns(_ ref: ConversationRef, _ seen: JSONObject) throws {
    if let title = seen["title"] {
      try part.run("UPDATE conversation SET title = ? WHERE id = ?", [title.columnText, ref.row])
    }
    if let time = seen.time("updatedAt") ?? seen.time("createdAt") {
      try part.run("UPDATE conversation SET sort_at = ? WHERE id = ?", [time.milliseconds, ref.row])
    }
  }

  /// Remembers whether GET of the conversation embeds its messages and branches.
  func saveEmbedding(_ ref: ConversationRef, messages: Bool, branches: Bool) throws {
    try part.run(
      "UPDATE conversation SET shows_messages = ?, shows_branches = ? WHERE id = ?", [messages, branches, ref.row])
  }

  /// Moves a conversation that was just written to in front of all others.
  func moveToFront(_ ref: ConversationRef) throws {
    try part.run(
      """
      UPDATE conversation SET saved_at = ?1,
        sort_at = max(?1, sort_at, (
          SELECT ifnull(max(sort_at), 0) + 1 FROM conversation WHERE account = ?2 AND id <> ?3 AND gone_at IS NULL))
      WHERE id = ?3
      """, [now, part.account, ref.row])
  }

  mutating func hideConversation(_ ref: ConversationRef) throws {
    try part.run("UPDATE conversation SET gone_at = ? WHERE id = ?", [now, ref.row])
    try part.run("DELETE FROM passage WHERE conversation = ?", [ref.row])
    try part.run("DELETE FROM draft WHERE conversation = ?", [ref.row])
    changes.note(.conversation, of: ref.cid)
    changes.note(.messages, of: ref.cid)
    changes.note(.branches, of: ref.cid)
    changes.note(.checkpoints, of: ref.cid)
  }
}

extension JSONObject {
  /// A time written as RFC 3339, or as a number of seconds or milliseconds.
  func time(_ name: String) -> UnixTime? {
    guard let value = self[name] else { return nil }
    if let text = value.string { return UnixTime(rfc3339: text) }
    return value.integer.flatMap { number in
      if number > 100_000_000_000 { return UnixTime(milliseconds: number) }
      let (milliseconds, overflow) = number.multipliedReportingOverflow(by: 1000)
      return overflow ? nil : UnixTime(milliseconds: milliseconds)
    }
  }
}
