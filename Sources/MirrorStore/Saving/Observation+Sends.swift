internal import Foundation
internal import GRDB

extension Observation {
  /// A send brings two messages: the user's, often known from the request only, and the assistant's.
  mutating func foldSend(_ seen: SeenWrite, conversation id: String, branch: String?) throws {
    let assistant = seen.answer?["assistantMessage"].flatMap { Sighting($0) }
    let user = seen.answer?["userMessage"].flatMap { Sighting($0) }
    let single = assistant == nil ? seen.answer?.entity("message") : nil
    guard user != nil || assistant != nil || single != nil else {
      throw Unmirrored(reason: "the answer shows no message")
    }
    let ref = try conversationRef(id)
    let requested = branch ?? seen.request?["branchId"]?.identifier
    let answered = (assistant ?? single ?? user)?.object["branchId"]?.identifier
    let branch = try answered ?? requested ?? part.mainBranch(of: ref.row)
    let answer = assistant ?? (single?.object.string("role") == "user" ? nil : single)
    let question = user ?? (answer == nil ? single : nil)
    let saidAt = (answer ?? question)?.object.time("createdAt")?.milliseconds
    var rows: [Int64] = []
    if let question {
      rows.append(try saveSent(question, branch, in: ref))
    } else if let answer, let made = try provisionalQuestion(seen.request, answer, branch, saidAt, in: ref) {
      rows.append(made)
    }
    if let answer {
      rows.append(try saveSent(answer, branch, in: ref))
      try saveUsage(seen.answer, of: answer, saidAt, conversation: id)
    }
    try insertSent(rows, saidAt, branch: branch, isNamed: requested != nil, in: ref)
    try addToMessageCount(Int64(rows.count), branch: branch, in: ref)
    try touch(ref, answer ?? question)
    if rows.count == 2 { try dropDrafts(askedBy: rows[0], in: ref) }
  }

  private mutating func saveSent(_ message: Sighting, _ branch: String?, in ref: ConversationRef) throws -> Int64 {
    try saveMessage(MessageSighting(message: message, branch: branch, isSent: true), in: ref)
  }

  /// The model and the tokens stand beside the message, and only in the answer to the send.
  private func saveUsage(
    _ seen: Payload?, of answer: Sighting, _ saidAt: Int64?, conversation id: String
  ) throws {
    let (usage, model) = (seen?["usage"]?.object, seen?["model"]?.columnText)
    let tokens = ["promptTokens", "completionTokens", "totalTokens"].map { usage?[$0]?.integer }
    guard model != nil || tokens.contains(where: { $0 != nil }) else { return }
    try part.run(
      """
      INSERT INTO usage (account, conversation, message, model, prompt_tokens, completion_tokens, total_tokens, said_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (account, message) DO UPDATE SET model = excluded.model, prompt_tokens = excluded.prompt_tokens,
        completion_tokens = excluded.completion_tokens, total_tokens = excluded.total_tokens
      """, [part.account, id, answer.id, model, tokens[0], tokens[1], tokens[2], saidAt ?? now])
    try saveCost(of: answer)
  }

  /// Answers to sends may name the cost, or only the list that shows them later.
  func saveCost(of message: Sighting) throws {
    guard let cost = message.object["metadata"]?.object?["cost"]?.amount else { return }
    try part.run(
      "UPDATE usage SET cost = ? WHERE account = ? AND message = ?", [cost, part.account, message.id])
  }

  /// The user's message as the request gave it, under the id that the answer names or one of our own.
  private mutating func provisionalQuestion(
    _ request: JSONObject?, _ answer: Sighting, _ branch: String?, _ saidAt: Int64?, in ref: ConversationRef
  ) throws -> Int64? {
    guard let content = request?["content"], content.isString else { return nil }
    let id = try questionID(answer) ?? "local-\(UUID().uuidString.lowercased())"
    var json = Array("{\"id\":".utf8) + jsonString(id) + Array("}".utf8)
    if let parent = try lastMessage(before: saidAt, branch, in: ref) {
      appendMember("parentMessageId", jsonString(parent), toObject: &json)
    }
    appendMember("role", "\"user\"".utf8, toObject: &json)
    appendMember("content", content.bytes, toObject: &json)
    // The API's clock, not ours: both messages are of one moment.
    if let time = answer.object["createdAt"] { appendMember("createdAt", time.bytes, toObject: &json) }
    guard let message = Sighting(JSONText(trusted: json[...])) else { return nil }
    return try saveMessage(
      MessageSighting(message: message, branch: branch, isSent: true, isProvisional: true), in: ref)
  }

  /// The message that an answer has for its parent is its question, unless it was there before; nil: not named.
  private func questionID(_ answer: Sighting) throws -> String? {
    guard let parent = answer.object["parentMessageId"]?.identifier else { return nil }
    let known = try part.first(
      "SELECT 1 FROM message WHERE account = ? AND mid = ? AND provisional = 0", [part.account, parent])
    return known == nil ? parent : nil
  }

  /// The id of the message that a new one follows; nil: not known for sure.
  private func lastMessage(before saidAt: Int64?, _ branch: String?, in ref: ConversationRef) throws -> String? {
    guard let list = try part.messageList(branch: branch, of: ref.row), list.complete else { return nil }
    let place = try placeOfSent(saidAt, in: list) ?? .max
    return try part.first(
      """
      SELECT mid FROM list_member JOIN message ON message.id = member
      WHERE list = ? AND gone_at IS NULL AND position < ? ORDER BY position DESC LIMIT 1
      """, [list.id, place]
    ).map { try $0[0] }
  }

  /// The main branch's messages are in its list and in the one without a branch; a list that is not there begins here.
  /// - Parameter isNamed: Whether the request said which branch: one that did not is for the main branch, also where it is
  ///   not known yet which one that is.
  private func insertSent(
    _ rows: [Int64], _ saidAt: Int64?, branch: String?, isNamed: Bool, in ref: ConversationRef
  ) throws {
    let main = try part.mainBranch(of: ref.row)
    let isMain = branch == nil || branch == main || (main == nil && !isNamed)
    var lists = try [part.list(.messages, branch ?? main ?? "", of: ref.row)]
    if isMain { lists.append(try part.list(.messages, of: ref.row)) }
    if lists.allSatisfy({ $0 == nil }) {
      lists = [try openList(.messages, isMain ? "" : branch ?? "", of: ref.row)]
    }
    for list in lists.compactMap(\.self) {
      if let place = try placeOfSent(saidAt, in: list) {
        try insert(rows, at: place, in: list)
      } else {
        for row in rows { try append(row, to: list) }
      }
    }
  }

  /// Where an answer of that time belongs: answers to parallel sends come back in another order than the API gave them.
  /// Only what was sent here since the list was last seen is put in order.
  /// - Returns: the position of the first message that is later; nil: the end of the list.
  private func placeOfSent(_ saidAt: Int64?, in list: ListRow) throws -> Int64? {
    guard let saidAt else { return nil }
    return try part.first(
      """
      SELECT min(position) FROM list_member JOIN message ON message.id = member
      WHERE list = ?1 AND position > (SELECT max(position) FROM list_member WHERE list = ?1) - \(Self.parallelMax)
        AND created_at > ?2 AND saved_at >= ?3
      """, [list.id, saidAt, list.asOf])?[0]
  }

  /// How many messages at the end of a list are looked at.
  private static let parallelMax = 64

  /// A conversation that was written to comes first, and its `updatedAt` is at least the new message's time.
  private func touch(_ ref: ConversationRef, _ newest: Sighting?) throws {
    if let newest, let time = newest.object["createdAt"], time.isString,
      let row = try part.first("SELECT text, item_text FROM conversation WHERE id = ?", [ref.row])
    {
      let saidAt = newest.object.time("createdAt")
      func updated(_ object: JSONObject?) -> [UInt8]? {
        guard let object else { return nil }
        // Of answers that overtook one another the later one counts.
        if let saidAt, let known = object.time("updatedAt"), known > saidAt { return Array(object.text.bytes) }
        return object.replacing("updatedAt", with: time.bytes)
      }
      let text = try updated(row.json(0))
      let item = try updated(row.json(1))
      try part.run(
        "UPDATE conversation SET text = ?, item_text = ? WHERE id = ?", [text?.blob, item?.blob, ref.row])
    }
    try moveToFront(ref)
  }

  // MARK: Drafts

  func saveDraft(
    _ request: JSONObject?, branch: String?, text: String, model: String?, _ outcome: StreamOutcome,
    in ref: ConversationRef
  ) throws {
    try part.run(
      """
      INSERT INTO draft (conversation, branch, question, answer, model, outcome, saved_at, newest_message)
      VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT ifnull(max(id), 0) FROM message))
      """,
      [
        ref.row, branch ?? request?["branchId"]?.identifier, request?["content"]?.columnText ?? "",
        text.replacing("\0", with: "\u{FFFD}"), model, outcome.rawValue, now,
      ])
  }

  /// The same question was sent again, and answered.
  private func dropDrafts(askedBy question: Int64, in ref: ConversationRef) throws {
    try part.run(
      """
      DELETE FROM draft WHERE conversation = ?1 AND newest_message < ?2
        AND question = (SELECT words FROM passage WHERE message = ?2)
      """, [ref.row, question])
  }

  /// A draft goes when its question shows as a message that came after it and has an answer behind it.
  func dropAnsweredDrafts(in ref: ConversationRef) throws {
    guard try part.first("SELECT 1 FROM draft WHERE conversation = ? LIMIT 1", [ref.row]) != nil else { return }
    // From each question to its drafts: the other way, every draft would look through all messages.
    try part.run(
      """
      DELETE FROM draft WHERE id IN (
        SELECT draft.id FROM message AS question
        CROSS JOIN passage ON passage.message = question.id
        CROSS JOIN draft ON draft.conversation = ?1 AND draft.question = passage.words
        CROSS JOIN list ON list.conversation = ?1 AND list.kind = 'messages'
        CROSS JOIN list_member AS asked ON asked.list = list.id AND asked.member = question.id
        CROSS JOIN list_member AS next ON next.list = list.id AND next.position = asked.position + 1
        CROSS JOIN message AS reply ON reply.id = next.member
        WHERE question.conversation = ?1 AND question.id > draft.newest_message AND question.role = 'user'
          AND reply.role = 'assistant')
      """, [ref.row])
  }
}
