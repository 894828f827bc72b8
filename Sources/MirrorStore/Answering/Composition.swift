internal import GRDB

/// A part of a composed answer, with what it rests on.
struct Composition {
  var json: [UInt8] = []
  /// The oldest observation; nil: none yet.
  var asOf: Int64?
  var complete = true

  mutating func rest(on time: Int64, complete: Bool = true) {
    asOf = min(asOf ?? time, time)
    self.complete = self.complete && complete
  }

  mutating func rest(on list: ListRow) {
    rest(on: list.asOf, complete: list.complete)
  }

  mutating func append(_ text: StaticString) {
    json.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// The answer `{"success":true,"data":{…}}` around the members composed so far.
  var answer: MirrorAnswer {
    var enveloped = Array(#"{"success":true,"data":{"#.utf8)
    enveloped.append(contentsOf: json)
    enveloped.append(contentsOf: "}}".utf8)
    return .composed(json: enveloped, asOf: UnixTime(milliseconds: asOf ?? 0), complete: complete)
  }
}

extension Partition {
  /// Puts an answer together from entities and lists.
  func compose(_ read: MirrorRead) throws -> MirrorAnswer {
    guard let cid = read.conversationID else { return try composeConversations(read) }
    guard
      let row = try first(
        "SELECT id, gone_at FROM conversation WHERE account = ? AND cid = ?", [account, cid])
    else {
      return try list(.conversations, of: nil)?.complete == true ? .absent : .unknown
    }
    if row[1] as Int64? != nil { return .absent }
    let ref = ConversationRef(row: row[0], cid: cid)
    return switch read {
    case .conversations: .unknown
    case .conversation: try composeConversation(ref)
    case .tree: try composeTree(ref)
    case .messages(_, let branch): try composeMessages(ref, branch)
    case .branchMessages(_, let branch): try composeMessages(ref, branch)
    case .branches: try composeBranches(ref)
    case .checkpoints(_, let branch): try composeCheckpoints(ref, branch)
    }
  }

  private func composeConversation(_ ref: ConversationRef) throws -> MirrorAnswer {
    guard
      let row = try first(
        "SELECT ifnull(text, item_text), shows_messages, shows_branches, saved_at FROM conversation WHERE id = ?",
        [ref.row]), var text = try row.bytes(0)
    else { return .unknown }
    let messages = try messageList(branch: nil, of: ref.row)
    let branches = try list(.branches, of: ref.row)
    let (showsMessages, showsBranches) = (row[1] as Bool? ?? true, row[2] as Bool? ?? true)
    // Where the API embeds neither, the conversation alone is all there is to show.
    guard messages != nil || branches != nil || !(showsMessages || showsBranches) else { return .unknown }
    var composition = Composition()
    composition.rest(on: row[3])
    if showsMessages {
      composition.complete = composition.complete && messages != nil
      if let messages {
        composition.rest(on: messages)
        appendMember("messages", try messageArray(messages, ref), toObject: &text)
      }
    }
    if showsBranches {
      composition.complete = composition.complete && branches != nil
      if let branches {
        composition.rest(on: branches)
        appendMember("branches", try branchArray(branches), toObject: &text)
      }
    }
    composition.append(#""conversation":"#)
    composition.json.append(contentsOf: text)
    return composition.answer
  }

  private func composeMessages(_ ref: ConversationRef, _ branch: String?) throws -> MirrorAnswer {
    if let branch, let answer = try absence(of: branch, in: ref) { return answer }
    guard let list = try messageList(branch: branch, of: ref.row) else { return .unknown }
    var composition = Composition()
    composition.rest(on: list)
    composition.append(#""messages":"#)
    composition.json.append(contentsOf: try messageArray(list, ref))
    return composition.answer
  }

  private func composeBranches(_ ref: ConversationRef) throws -> MirrorAnswer {
    guard let list = try list(.branches, of: ref.row) else { return .unknown }
    var composition = Composition()
    composition.rest(on: list)
    composition.append(#""branches":"#)
    composition.json.append(contentsOf: try branchArray(list))
    return composition.answer
  }

  private func composeCheckpoints(_ ref: ConversationRef, _ branch: String?) throws -> MirrorAnswer {
    if let branch, let answer = try absence(of: branch, in: ref) { return answer }
    let ofAll = try list(.checkpoints, of: ref.row)
    let ofBranch = try branch.flatMap { try list(.checkpoints, $0, of: ref.row) }
    guard let list = ofBranch.flatMap({ $0.complete || ofAll?.complete != true ? $0 : nil }) ?? ofAll else {
      return .unknown
    }
    var composition = Composition()
    composition.rest(on: list)
    composition.append(#""checkpoints":["#)
    try each(
      """
      SELECT text FROM list_member JOIN checkpoint ON checkpoint.id = member
      WHERE list = ?1 AND gone_at IS NULL AND (?2 IS NULL OR branch = ?2) ORDER BY position
      """, [list.id, list.id == ofBranch?.id ? nil : branch]
    ) { row in
      try row.append(0, to: &composition.json)
      composition.json.append(UInt8(ascii: ","))
    }
    composition.json.closeArray()
    return composition.answer
  }

  /// What to say about a branch that is not there; nil: it is, or may be.
  private func absence(of branch: String, in ref: ConversationRef) throws -> MirrorAnswer? {
    let row = try first("SELECT gone_at FROM branch WHERE conversation = ? AND bid = ?", [ref.row, branch])
    if let row { return row[0] as Int64? == nil ? nil : .absent }
    return try list(.branches, of: ref.row)?.complete == true ? .absent : nil
  }

  /// The messages of a list as a JSON array.
  func messageArray(_ list: ListRow, _ ref: ConversationRef) throws -> [UInt8] {
    let main = try mainBranch(of: ref.row)
    var json: [UInt8] = [UInt8(ascii: "[")]
    try each(
      """
      SELECT text, fill, branch FROM list_member JOIN message ON message.id = member
      WHERE list = ? AND gone_at IS NULL ORDER BY position
      """, [list.id]
    ) { row in
      try row.append(0, to: &json)
      let fill = MessageFill(rawValue: row[1])
      if fill.contains(.conversation) { appendMember("conversationId", jsonString(ref.cid), toObject: &json) }
      if fill.contains(.branch), let branch = row[2] as String? ?? main {
        appendMember("branchId", jsonString(branch), toObject: &json)
      }
      json.append(UInt8(ascii: ","))
    }
    json.closeArray()
    return json
  }

  private func branchArray(_ list: ListRow) throws -> [UInt8] {
    var json: [UInt8] = [UInt8(ascii: "[")]
    try each(
      """
      SELECT text FROM list_member JOIN branch ON branch.id = member
      WHERE list = ? AND gone_at IS NULL ORDER BY position
      """, [list.id]
    ) { row in
      try row.append(0, to: &json)
      json.append(UInt8(ascii: ","))
    }
    json.closeArray()
    return json
  }
}

extension [UInt8] {
  /// Ends an array of which every element was followed by a comma.
  mutating func closeArray() {
    if last == UInt8(ascii: ",") { removeLast() }
    append(UInt8(ascii: "]"))
  }
}
