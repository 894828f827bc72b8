internal import GRDB

extension MirrorStore {
  /// Everything that is visible of a conversation, all branches of it, as one JSON object; nil: not held, or gone.
  ///
  /// `conversation`, `branches`, `messages` and `checkpoints` are the texts as received; a message that did not say where it
  /// belongs gets `conversationId` and `branchId` behind what it said. `order` tells, by branch, the ids of
  /// its messages as the API listed them, inherited ones included; "" is the list without a branch. `earlier` are the texts of
  /// messages before they were edited, with the time in milliseconds. `drafts` are what came of streams that broke. `isComplete` is false when the mirror knows that it does not know all of it.
  public func archive(_ id: String, account: AccountID? = nil) throws(MirrorError) -> [UInt8]? {
    try read("put a conversation together") { db in
      guard let (part, ref, _) = try Self.find(id, account, db) else { return nil }
      return try part.archive(ref, isComplete: try part.isWhole(ref))
    }
  }
}

extension Partition {
  /// The first form of it.
  private static let archiveFormat = 1

  fileprivate func archive(_ ref: ConversationRef, isComplete: Bool) throws -> [UInt8] {
    var archive = Composition()
    archive.append(#"{"format":"#)
    archive.json += "\(Self.archiveFormat)".utf8
    archive.append(#","conversation":"#)
    let text = try first("SELECT ifnull(text, item_text) FROM conversation WHERE id = ?", [ref.row])
    if let text, try text.isJSON(0) {
      try text.append(0, to: &archive.json)
    } else {
      archive.append("null")
      archive.complete = false
    }
    // What is no JSON any more is left out.
    var careful = self
    careful.leavesDamagedOut = true
    archive.append(#","branches":["#)
    try archive.appendElements(
      careful, "SELECT text FROM branch WHERE conversation = ? AND gone_at IS NULL ORDER BY id", [ref.row])
    archive.append(#","messages":["#)
    let main = try mainBranch(of: ref.row)
    try archive.appendElements(
      careful, "SELECT text, branch FROM message WHERE conversation = ? AND gone_at IS NULL ORDER BY id", [ref.row]
    ) { row, json in
      let said = try row.json(0)
      if said?.contains("conversationId") == false {
        appendMember("conversationId", jsonString(ref.cid), toObject: &json)
      }
      if said?.contains("branchId") == false, let branch = try row[1] as String? ?? main {
        appendMember("branchId", jsonString(branch), toObject: &json)
      }
    }
    archive.append(#","checkpoints":["#)
    try archive.appendElements(
      careful, "SELECT text FROM checkpoint WHERE conversation = ? AND gone_at IS NULL ORDER BY id", [ref.row])
    archive.append(#","order":{"#)
    archive.json += try order(ref)
    archive.append(#"},"earlier":["#)
    archive.json += try earlier(ref)
    archive.append(#"],"drafts":["#)
    for draft in try allDrafts(ref) { archive.json += draft + [UInt8(ascii: ",")] }
    archive.json.closeArray()
    archive.append(#","isComplete":"#)
    archive.json += "\(isComplete && archive.complete)}".utf8
    return archive.json
  }

  private func order(_ ref: ConversationRef) throws -> [UInt8] {
    var lists: [(key: String, ids: [String])] = []
    try each(
      """
      SELECT key, mid FROM list JOIN list_member ON list = list.id JOIN message ON message.id = member
      WHERE list.conversation = ? AND kind = 'messages' AND message.gone_at IS NULL ORDER BY list.id, position
      """, [ref.row]
    ) { row in
      let key: String = try row[0]
      if lists.last?.key != key { lists.append((key, [])) }
      lists[lists.count - 1].ids.append(try row[1])
    }
    return Array(
      lists.map { list in
        jsonString(list.key) + ":[".utf8 + list.ids.map(jsonString).joined(separator: ",".utf8) + "]".utf8
      }.joined(separator: ",".utf8))
  }

  private func earlier(_ ref: ConversationRef) throws -> [UInt8] {
    let texts = try all(
      """
      SELECT mid, replaced_at, earlier.text FROM earlier JOIN message ON message.id = earlier.message
      WHERE message.conversation = ? AND gone_at IS NULL ORDER BY earlier.id
      """, [ref.row]
    ).compactMap { row -> [UInt8]? in
      guard try row.isJSON(2) else { return nil }
      var json = Array(#"{"messageId":"#.utf8) + jsonString(try row[0])
      json += #","replacedAt":\#(try row[1] as Int64),"message":"#.utf8
      try row.append(2, to: &json)
      return json + "}".utf8
    }
    return Array(texts.joined(separator: ",".utf8))
  }

  private func allDrafts(_ ref: ConversationRef) throws -> [[UInt8]] {
    try all("SELECT branch, question, answer, model, outcome FROM draft WHERE conversation = ? ORDER BY id", [ref.row])
      .map { row in
        var json = Array("{".utf8)
        for (index, name) in ["branchId", "question", "answer", "model", "outcome"].enumerated() {
          guard let value = try row[index] as String? else { continue }
          if json.count > 1 { json.append(UInt8(ascii: ",")) }
          json += jsonString(name) + ":".utf8 + jsonString(value)
        }
        return json + "}".utf8
      }
  }
}
