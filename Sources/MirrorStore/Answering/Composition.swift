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

  /// Appends the texts of rows as the elements of an array that is already open, and closes it.
  mutating func appendElements(
    _ part: Partition, _ sql: String, _ arguments: StatementArguments,
    _ finish: (StoredRow, inout [UInt8]) throws -> Void = { _, _ in }
  ) throws {
    try part.each(sql, arguments) { row in
      guard try !part.leavesDamagedOut || row.isJSON(0) else {
        complete = false
        return
      }
      try row.append(0, to: &json)
      try finish(row, &json)
      json.append(UInt8(ascii: ","))
    }
    json.closeArray()
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
  /// Puts an answer together from entities and lists. A file can be damaged without SQLite noticing: what is no JSON any
  /// more is left out, and the answer then counts as partial.
  func compose(_ read: MirrorRead) throws -> MirrorAnswer {
    let answer = try composeUnchecked(read)
    guard case .composed(let json, _, _) = answer, !Self.isJSON(json) else { return answer }
    var careful = self
    careful.leavesDamagedOut = true
    let mended = try careful.composeUnchecked(read)
    guard case .composed(let json, _, _) = mended, !Self.isJSON(json) else { return mended }
    return .unknown
  }

  private static func isJSON(_ bytes: [UInt8]) -> Bool {
    (try? JSONText(checking: bytes)) != nil  // why not does not matter
  }

  private func composeUnchecked(_ read: MirrorRead) throws -> MirrorAnswer {
    guard let cid = read.conversationID else { return try composeConversations(read) }
    guard
      let row = try first(
        "SELECT id, gone_at FROM conversation WHERE account = ? AND cid = ?", [account, cid])
    else {
      return try list(.conversations, of: nil)?.complete == true ? .absent : .unknown
    }
    if try row[1] as Int64? != nil { return .absent }
    let ref = ConversationRef(row: try row[0], cid: cid)
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
        [ref.row]), let text = try row.bytes(0), try !leavesDamagedOut || row.isJSON(0)
    else { return .unknown }
    let messages = try messageList(branch: nil, of: ref.row)
    let branches = try list(.branches, of: ref.row)
    let (showsMessages, showsBranches) = (try row[1] as Bool? ?? true, try row[2] as Bool? ?? true)
    // Where the API embeds neither, the conversation alone is all there is to show.
    guard messages != nil || branches != nil || !(showsMessages || showsBranches) else { return .unknown }
    var composition = Composition()
    composition.rest(on: try row[3])
    composition.append(#""conversation":"#)
    composition.json.append(contentsOf: text)
    if showsMessages {
      composition.complete = composition.complete && messages != nil
      if let messages { try appendMessages(messages, ref, asMember: "messages", to: &composition) }
    }
    if showsBranches {
      composition.complete = composition.complete && branches != nil
      if let branches { try appendBranches(branches, asMember: "branches", to: &composition) }
    }
    return composition.answer
  }

  private func composeMessages(_ ref: ConversationRef, _ branch: String?) throws -> MirrorAnswer {
    if let branch, let answer = try absence(of: branch, in: ref) { return answer }
    guard let list = try messageList(branch: branch, of: ref.row) else { return .unknown }
    var composition = Composition()
    composition.append(#""messages":["#)
    try appendMessages(list, ref, to: &composition)
    return composition.answer
  }

  private func composeBranches(_ ref: ConversationRef) throws -> MirrorAnswer {
    guard let list = try list(.branches, of: ref.row) else { return .unknown }
    var composition = Composition()
    composition.append(#""branches":["#)
    try appendBranches(list, to: &composition)
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
    try composition.appendElements(
      self,
      """
      SELECT text FROM list_member JOIN checkpoint ON checkpoint.id = member
      WHERE list = ?1 AND gone_at IS NULL AND (?2 IS NULL OR branch = ?2) ORDER BY position
      """, [list.id, list.id == ofBranch?.id ? nil : branch])
    return composition.answer
  }

  /// What to say about a branch that is not there; nil: it is, or may be.
  private func absence(of branch: String, in ref: ConversationRef) throws -> MirrorAnswer? {
    let row = try first("SELECT gone_at FROM branch WHERE conversation = ? AND bid = ?", [ref.row, branch])
    if let row { return try row[0] as Int64? == nil ? nil : .absent }
    return try list(.branches, of: ref.row)?.complete == true ? .absent : nil
  }

  /// Appends the messages of a list, as the elements of an open array.
  /// - Parameter name: appends them as a member of the object whose closing brace was appended last.
  private func appendMessages(
    _ list: ListRow, _ ref: ConversationRef, asMember name: StaticString? = nil, to composition: inout Composition
  ) throws {
    let main = try mainBranch(of: ref.row)
    composition.rest(on: list)
    if let name { composition.json.reopenObject(forArray: name) }
    try composition.appendElements(
      self,
      """
      SELECT text, fill, branch FROM list_member JOIN message ON message.id = member
      WHERE list = ? AND gone_at IS NULL ORDER BY position
      """, [list.id]
    ) { row, json in
      let fill = MessageFill(rawValue: try row[1])
      if fill.contains(.conversation) { appendMember("conversationId", jsonString(ref.cid), toObject: &json) }
      if fill.contains(.branch), let branch = try row[2] as String? ?? main {
        appendMember("branchId", jsonString(branch), toObject: &json)
      }
    }
    if name != nil { composition.json.append(UInt8(ascii: "}")) }
  }

  /// Appends the branches of a list, as `appendMessages` does.
  private func appendBranches(
    _ list: ListRow, asMember name: StaticString? = nil, to composition: inout Composition
  ) throws {
    composition.rest(on: list)
    if let name { composition.json.reopenObject(forArray: name) }
    try composition.appendElements(
      self,
      """
      SELECT text FROM list_member JOIN branch ON branch.id = member
      WHERE list = ? AND gone_at IS NULL ORDER BY position
      """, [list.id])
    if name != nil { composition.json.append(UInt8(ascii: "}")) }
  }
}

extension StoredResponse {
  /// Whether it is JSON still: only such answers were stored.
  var isWhole: Bool { status == 404 || (try? JSONText(checking: body)) != nil }  // why not does not matter
}

extension [UInt8] {
  /// Takes the closing brace of the object at the end away and begins an array as its last member.
  fileprivate mutating func reopenObject(forArray name: StaticString) {
    appendMember(name, CollectionOfOne(UInt8(ascii: "[")), toObject: &self)
    removeLast()
  }

  /// Ends an array of which every element was followed by a comma.
  mutating func closeArray() {
    if last == UInt8(ascii: ",") { removeLast() }
    append(UInt8(ascii: "]"))
  }
}
