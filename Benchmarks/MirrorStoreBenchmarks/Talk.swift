import MirrorStore

/// A conversation of one branch, and the answers in which the API shows it.
struct Talk: Sendable {
  /// Two talks of one number are the same.
  let number: Int
  let messageCount: Int
  let wordsPerMessage: Int

  var id: String { "conv_\(number)" }
  var messagesRead: MirrorRead { .messages(conversation: id, branch: nil) }

  func messagesAnswer() -> StoredResponse {
    .json { json in
      json += #"{"success":true,"data":{"messages":["#.utf8
      appendMessages(to: &json)
      json += "]}}".utf8
    }
  }

  /// With its messages and its branch.
  func answer() -> StoredResponse {
    .json { json in
      json += #"{"success":true,"data":{"conversation":{\#(members),"messages":["#.utf8
      appendMessages(to: &json)
      json += #"],"branches":[{"id":"\#(branch)","title":"Main","isMain":true}]}}}"#.utf8
    }
  }

  /// What a list of conversations shows.
  static func page(_ number: Int, of talks: [Talk], limit: Int) -> StoredResponse {
    let start = (number - 1) * limit
    let items = talks.dropFirst(start).prefix(limit).map { "{\($0.members)}" }.joined(separator: ",")
    let place = #""total":\#(talks.count),"page":\#(number),"limit":\#(limit)"#
    return .json { json in
      json += #"{"success":true,"conversations":[\#(items)],\#(place),"hasNext":\#(start + limit < talks.count)}"#.utf8
    }
  }

  private var branch: String { "branch_\(number)" }

  private var members: String {
    #""id":"\#(id)","title":"Talk \#(number)","model":"m-large","updatedAt":\#(1_767_225_600_000 - number)"#
  }

  private func appendMessages(to json: inout [UInt8]) {
    var prose = Prose(seed: number)
    for index in 0..<messageCount {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      json += #"{"id":"msg_\#(number)_\#(index)","conversationId":"\#(id)","branchId":"\#(branch)","#.utf8
      json += #""role":"\#(index.isMultiple(of: 2) ? "user" : "assistant")","#.utf8
      json += #""createdAt":"2026-01-01T00:00:00.000Z","content":""#.utf8
      prose.append(words: wordsPerMessage, to: &json)
      json += #""}"#.utf8
    }
  }
}

extension StoredResponse {
  fileprivate static func json(_ append: (inout [UInt8]) -> Void) -> StoredResponse {
    var body: [UInt8] = []
    append(&body)
    return StoredResponse(
      status: 200, fields: [Field(name: "Content-Type", value: "application/json")], body: body, fetchedAt: .now)
  }
}
