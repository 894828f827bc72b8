internal import GRDB

enum ListKind: String, CaseIterable { case conversations, messages, branches, checkpoints }

struct ListRow {
  let id: Int64
  let complete: Bool
  let total: Int64?
  let asOf: Int64
}

extension Partition {
  /// A list that was seen or begun here; nil: never.
  /// - Parameter key: the filter or branch; "" is the list without one.
  func list(_ kind: ListKind, _ key: String = "", of conversation: Int64?) throws -> ListRow? {
    try first(
      """
      SELECT id, complete, total, as_of FROM list
      WHERE account = ? AND ifnull(conversation, 0) = ? AND kind = ? AND key = ?
      """, [account, conversation ?? 0, kind.rawValue, key]
    ).map { ListRow(id: try $0[0], complete: try $0[1], total: try $0[2], asOf: try $0[3]) }
  }

  /// The messages of a branch (nil: the main one). The main branch has two lists, with and without its name: the one that
  /// was seen last stands for both.
  func messageList(branch: String?, of conversation: Int64) throws -> ListRow? {
    let main = try mainBranch(of: conversation)
    if let branch, branch != main { return try list(.messages, branch, of: conversation) }
    let unnamed = try list(.messages, of: conversation)
    let named = try main.flatMap { try list(.messages, $0, of: conversation) }
    guard let unnamed, let named else { return unnamed ?? named }
    return unnamed.asOf < named.asOf ? named : unnamed
  }

  func members(of list: ListRow) throws -> [Int64] {
    try numbers("SELECT member FROM list_member WHERE list = ? ORDER BY position", [list.id])
  }
}

extension Observation {
  /// The list, begun when there is none yet.
  func openList(_ kind: ListKind, _ key: String = "", of conversation: Int64?, complete: Bool = false) throws -> ListRow
  {
    if let list = try part.list(kind, key, of: conversation) { return list }
    let id = try part.insert(
      "INSERT INTO list (account, conversation, kind, key, complete, as_of) VALUES (?, ?, ?, ?, ?, ?)",
      [part.account, conversation, kind.rawValue, key, complete, now])
    return ListRow(id: id, complete: complete, total: nil, asOf: now)
  }

  /// What a list showed. One that shows everything replaces what was known; another adds to it.
  /// - Returns: members that the list no longer shows.
  mutating func saveList(
    _ kind: ListKind, _ key: String = "", of ref: ConversationRef, _ seen: [Int64], showsAll: Bool, facet: Changes.Facet
  ) throws -> [Int64] {
    let list = try openList(kind, key, of: ref.row)
    let old = try part.members(of: list)
    let unique = seen.withoutRepetitions()
    let known = Set(old)
    let new = showsAll ? unique : old + unique.filter { !known.contains($0) }
    if new != old {
      if !old.isEmpty || list.complete { try noteChange(facet, in: ref, knownAt: list.asOf) }
      try setMembers(list, from: old, to: new)
    }
    let isComplete = showsAll || (list.complete && new == old)
    try part.run("UPDATE list SET complete = ?, as_of = ? WHERE id = ?", [isComplete, now, list.id])
    let kept = Set(new)
    return old.filter { !kept.contains($0) }
  }

  /// Rewrites the members behind the common start only: a list that grew costs what it grew by.
  private func setMembers(_ list: ListRow, from old: [Int64], to new: [Int64]) throws {
    let same = zip(old, new).prefix { $0 == $1 }.count
    var position: Int64 = 0
    if same > 0,
      let last = try part.first(
        "SELECT position FROM list_member WHERE list = ? AND member = ?", [list.id, old[same - 1]])
    {
      position = try last[0] + 1
    }
    if same == 0 {
      try part.run("DELETE FROM list_member WHERE list = ?", [list.id])
    } else if same < old.count {
      try part.run("DELETE FROM list_member WHERE list = ? AND position >= ?", [list.id, position])
    }
    for member in new[same...] {
      try part.run("INSERT INTO list_member (list, position, member) VALUES (?, ?, ?)", [list.id, position, member])
      position += 1
    }
  }

  /// Adds a member at the end, unless the list has it.
  func append(_ member: Int64, to list: ListRow) throws {
    try part.run(
      """
      INSERT INTO list_member (list, position, member)
      SELECT ?1, ifnull((SELECT max(position) FROM list_member WHERE list = ?1), -1) + 1, ?2 WHERE true
      ON CONFLICT DO NOTHING
      """, [list.id, member])
  }

  /// Puts members at a position, moving what stands there and behind it; those that the list has stay where they are.
  func insert(_ members: [Int64], at position: Int64, in list: ListRow) throws {
    let known = Set(try part.members(of: list))
    let new = members.filter { !known.contains($0) }
    // Away and back: one step would meet positions that are still taken.
    let far = Int64(1) << 40
    try part.run(
      "UPDATE list_member SET position = position + ? WHERE list = ? AND position >= ?", [far, list.id, position])
    try part.run(
      "UPDATE list_member SET position = position - ? WHERE list = ? AND position >= ?",
      [far - Int64(new.count), list.id, far])
    for (offset, member) in new.enumerated() {
      try part.run(
        "INSERT INTO list_member (list, position, member) VALUES (?, ?, ?)",
        [list.id, position + Int64(offset), member])
    }
  }

  /// Puts a new version at the place of the old one, in every list that has it.
  func replaceMember(_ old: Int64, with new: Int64, in kind: ListKind, of ref: ConversationRef) throws {
    guard old != new else { return }
    try part.run(
      """
      UPDATE OR IGNORE list_member SET member = ? WHERE member = ? AND list IN (
        SELECT id FROM list WHERE conversation = ? AND kind = ?)
      """, [new, old, ref.row, kind.rawValue])
  }

  /// The lists of a kind can no longer say what does not exist.
  /// - Parameter conversation: nil: of every conversation, or the lists of conversations.
  func doubtLists(_ kind: ListKind, of conversation: Int64?) throws {
    if let conversation {
      try part.run(
        "UPDATE list SET complete = 0 WHERE conversation = ? AND kind = ?", [conversation, kind.rawValue])
    } else {
      try part.run(
        "UPDATE list SET complete = 0, total = NULL WHERE account = ? AND kind = ?", [part.account, kind.rawValue])
    }
  }
}

extension Array where Element: Hashable {
  /// Each element once, at its first place.
  func withoutRepetitions() -> [Element] {
    var seen = Set<Element>()
    return filter { seen.insert($0).inserted }
  }
}
