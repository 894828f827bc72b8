internal import GRDB

extension Partition {
  /// The tree of a conversation whose messages are known.
  func composeTree(_ ref: ConversationRef) throws -> MirrorAnswer {
    guard
      let row = try first("SELECT ifnull(text, item_text), saved_at FROM conversation WHERE id = ?", [ref.row]),
      let text = try row.bytes(0), try !leavesDamagedOut || row.isJSON(0),
      let messages = try messageList(branch: nil, of: ref.row)
    else { return .unknown }
    var composition = Composition()
    composition.rest(on: try row[1])
    composition.rest(on: messages)
    let tree = try conversationTree(ref)
    composition.complete = composition.complete && !tree.lacksDamaged
    try rest(on: ref, tree, &composition)
    composition.append(#""conversation":"#)
    composition.json.append(contentsOf: text)
    composition.append(#","tree":"#)
    composition.json.append(contentsOf: tree.json())
    let branches = tree.branches.filter(\.isSeen)
    composition.json.append(
      contentsOf: #","metadata":{"totalNodes":\#(tree.nodes.count),"totalBranches":\#(branches.count),"#.utf8)
    composition.json.append(contentsOf: #""maxDepth":\#(tree.depth)},"branches":["#.utf8)
    for branch in branches {
      composition.json.append(contentsOf: branch.text.text.bytes)
      composition.json.append(UInt8(ascii: ","))
    }
    composition.json.closeArray()
    composition.append(#","mainBranch":"#)
    let main = branches.first { $0.isMain }
    composition.json.append(contentsOf: main?.text.text.bytes ?? Array("null".utf8)[...])
    return composition.answer
  }

  /// A tree is complete when the list of branches and the messages of each are.
  private func rest(on ref: ConversationRef, _ tree: ConversationTree, _ composition: inout Composition) throws {
    guard let list = try list(.branches, of: ref.row) else {
      composition.complete = false
      return
    }
    composition.rest(on: list)
    for branch in tree.branches where !branch.isMain {
      guard let messages = try self.list(.messages, branch.bid, of: ref.row) else {
        composition.complete = false
        continue
      }
      composition.rest(on: messages)
    }
  }

  /// The visible messages and branches of a conversation, put in order.
  func conversationTree(_ ref: ConversationRef) throws -> ConversationTree {
    let main = try mainBranch(of: ref.row)
    var branches = try branches(ref, main: main)
    // Messages may be seen before any branch: they are the main branch's.
    if !branches.contains(where: \.isMain), let nothing = JSONText(trusted: Array("{}".utf8)[...]).object {
      branches.insert(ConversationTree.Branch(bid: main ?? "", forkPoint: nil, text: nothing, isMain: true), at: 0)
    }
    let indexes = Dictionary(branches.enumerated().map { ($1.bid, $0) }, uniquingKeysWith: { first, _ in first })
    let ranks = try ranks(ref)
    var messages: [(mid: String, branch: Int, text: JSONObject, rank: Int64)] = []
    var damaged = 0
    for row in try all(
      "SELECT id, mid, branch, text FROM message WHERE conversation = ? AND gone_at IS NULL ORDER BY id", [ref.row])
    {
      guard let branch = indexes[try row[2] as String? ?? main ?? ""] else { continue }
      guard try !leavesDamagedOut || row.isJSON(3), let text = try row.json(3) else {
        damaged += 1
        continue
      }
      let bid = branches[branch].bid
      let id: Int64 = try row[0]
      let rank = ranks[bid]?[id] ?? (branches[branch].isMain ? ranks[""]?[id] : nil)
      messages.append((try row[1], branch, text, rank ?? .max))
    }
    // Equal ranks keep their order of arrival: the sort is stable.
    messages.sort { $0.rank < $1.rank }
    var tree = ConversationTree(branches: branches, messages: messages.map { ($0.mid, $0.branch, $0.text) })
    tree.lacksDamaged = damaged > 0
    return tree
  }

  private func branches(_ ref: ConversationRef, main: String?) throws -> [ConversationTree.Branch] {
    try all(
      """
      SELECT bid, fork_point, text FROM branch
      LEFT JOIN list ON list.account = ?2 AND ifnull(list.conversation, 0) = ?1 AND kind = 'branches' AND key = ''
      LEFT JOIN list_member ON list = list.id AND member = branch.id
      WHERE branch.conversation = ?1 AND gone_at IS NULL ORDER BY ifnull(position, 1e9), branch.id
      """, [ref.row, account]
    ).compactMap { row in
      guard try !leavesDamagedOut || row.isJSON(2) else { return nil }
      return try row.json(2).map {
        ConversationTree.Branch(bid: try row[0], forkPoint: try row[1], text: $0, isMain: try row[0] as String == main)
      }
    }
  }

  /// The position of every message in every list of messages that has it.
  private func ranks(_ ref: ConversationRef) throws -> [String: [Int64: Int64]] {
    var ranks: [String: [Int64: Int64]] = [:]
    try each(
      """
      SELECT key, member, position FROM list JOIN list_member ON list = list.id
      WHERE conversation = ? AND kind = 'messages'
      """, [ref.row]
    ) { ranks[try $0[0], default: [:]][try $0[1]] = try $0[2] }
    return ranks
  }
}
