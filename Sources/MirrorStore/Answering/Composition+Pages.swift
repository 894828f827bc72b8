internal import GRDB

/// How many conversations a page has when neither the request nor the API said so.
private let pageLimitDefault: Int64 = 10

extension Partition {
  /// A page of conversations, newest first.
  func composeConversations(_ read: MirrorRead) throws -> MirrorAnswer {
    guard case .conversations(let asked, let limit, let filter) = read else { return .unknown }
    let key = filter.conversationListKey
    let list = try list(.conversations, key, of: nil)
    let total: Int64 = try first(Self.counting(key), arguments(key, list))?[0] ?? 0
    guard list != nil || (key.isEmpty && total > 0) else { return .unknown }
    let page = Int64(max(asked ?? 1, 1))
    let perPage = try limit.map { Int64(max($0, 1)) } ?? usualLimit()
    let (start, overflow) = (page - 1).multipliedReportingOverflow(by: perPage)
    let isComplete = list?.complete ?? false
    // A page behind what is known may well have something on it.
    if !isComplete, overflow || start >= total { return .unknown }

    var composition = Composition()
    composition.rest(on: list?.asOf ?? .max, complete: isComplete)
    composition.append(#""conversations":["#)
    if !overflow {
      var oldest = Int64.max
      try composition.appendElements(self, Self.selecting(key), arguments(key, list) + [perPage, start]) { row, _ in
        oldest = min(oldest, try row[1])
      }
      composition.rest(on: oldest)
    } else {
      composition.json.closeArray()
    }
    let hasNext = !overflow && total - start > perPage
    composition.json.append(
      contentsOf: #","total":\#(total),"page":\#(page),"limit":\#(perPage),"hasNext":\#(hasNext)"#.utf8)
    return twofold(composition)
  }

  /// The TypeScript SDK reads the list under `data`, the Python SDK at the top level.
  private func twofold(_ members: Composition) -> MirrorAnswer {
    var json = Array(#"{"success":true,"data":{"#.utf8)
    json.reserveCapacity(members.json.count * 2 + 32)
    json.append(contentsOf: members.json)
    json.append(contentsOf: "},".utf8)
    json.append(contentsOf: members.json)
    json.append(UInt8(ascii: "}"))
    return .composed(json: json, asOf: UnixTime(milliseconds: members.asOf ?? 0), complete: members.complete)
  }

  private func usualLimit() throws -> Int64 {
    try first("SELECT list_limit FROM account WHERE id = ?", [account])?[0] ?? pageLimitDefault
  }

  private func arguments(_ key: String, _ list: ListRow?) -> StatementArguments {
    key.isEmpty ? [list?.id ?? 0, account] : [list?.id ?? 0]
  }

  private static func counting(_ key: String) -> String {
    "SELECT count(*) FROM \(key.isEmpty ? everyConversation : filteredConversations)"
  }

  private static func selecting(_ key: String) -> String {
    """
    SELECT ifnull(item_text, text), saved_at FROM \(key.isEmpty ? everyConversation : filteredConversations)
    ORDER BY sort_at DESC, ifnull(position, 0), conversation.id LIMIT ? OFFSET ?
    """
  }

  /// The list without a filter shows every conversation that is known and not gone.
  private static let everyConversation = """
    conversation LEFT JOIN list_member ON list_member.member = conversation.id AND list = ?
    WHERE account = ? AND gone_at IS NULL AND ifnull(item_text, text) IS NOT NULL
    """

  /// A list with a filter shows what lists with this filter showed.
  private static let filteredConversations = """
    list_member JOIN conversation ON conversation.id = member
    WHERE list = ? AND gone_at IS NULL AND ifnull(item_text, text) IS NOT NULL
    """
}
