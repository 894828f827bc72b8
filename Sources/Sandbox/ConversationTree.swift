/// The tree of a conversation: each shown message once, below the message it follows.
///
/// Root is the first message of the main branch. Children of a message are the next one of its own chain, then, for
/// every branch forked at it in order of creation, the first own message of that branch. A message that a merge put
/// into two chains stands in the older one. A branch whose fork point is gone hangs below the nearest message before
/// it. Everything here is iterative: a chain of ten thousand messages is a tree ten thousand deep.
struct ConversationTree {
  private let conversation: Conversation
  private var order: [String] = []
  private var children: [String: [String]] = [:]
  private var depth: [String: Int] = [:]
  private var firstOf: [String: Branch] = [:]

  init(of conversation: Conversation) {
    self.conversation = conversation
    for branch in conversation.branches { place(branch) }
  }

  private mutating func place(_ branch: Branch) {
    let own = conversation.visible(branch.own).map(\.id)
    if let first = own.first, firstOf[first] == nil { firstOf[first] = branch }
    var previous = attachment(of: branch)
    for id in own {
      if depth[id] == nil { place(id, below: previous) }
      previous = id
    }
  }

  private mutating func place(_ id: String, below parent: String?) {
    order.append(id)
    depth[id] = 1 + (parent.flatMap { depth[$0] } ?? 0)
    if let parent { children[parent, default: []].append(id) }
  }

  /// The placed message that a branch's first own message follows. Nil: nothing has been placed yet, it is the root.
  private func attachment(of branch: Branch) -> String? {
    guard let forkPoint = branch.forkPointID, let owner = conversation.owner(of: forkPoint) else { return order.first }
    let before = owner.own.prefix { $0 != forkPoint } + [forkPoint]
    if let placed = before.last(where: { depth[$0] != nil }) { return placed }
    return owner.isMain ? order.first : attachment(of: owner)
  }

  /// `{conversation, tree, metadata, branches, mainBranch}`: what both official SDKs read.
  var json: JSON {
    [
      "conversation": conversation.json,
      "tree": root.map { .text(text(from: $0)) } ?? .null,
      "metadata": [
        "totalNodes": .int(order.count), "totalBranches": .int(conversation.branches.count),
        "maxDepth": .int(depth.values.max() ?? 0),
      ],
      "branches": conversation.branchesJSON,
      "mainBranch": conversation.json(of: conversation.main),
    ]
  }

  /// Null for an empty main branch, even when other branches have messages.
  private var root: String? { conversation.visible(conversation.main.own).first?.id }

  private enum Step {
    case open(String)
    case text(String)
  }

  private func text(from root: String) -> [UInt8] {
    var out: [UInt8] = []
    var steps: [Step] = [.open(root)]
    while let step = steps.popLast() {
      switch step {
      case .text(let text): out += text.utf8
      case .open(let id):
        out += opening(of: id)
        steps.append(.text("],\"branchInfo\":" + branchInfo(of: id) + "}"))
        let below = children[id] ?? []
        for (index, child) in below.enumerated().reversed() {
          steps.append(.open(child))
          if index > 0 { steps.append(.text(",")) }
        }
      }
    }
    return out
  }

  /// `{"id":…,"content":…,"role":…,"children":[` of one node.
  private func opening(of id: String) -> [UInt8] {
    guard let message = conversation.messages[id] else { preconditionFailure("a placed message is a known message") }
    let node: JSON = ["id": .string(id), "content": .string(message.content), "role": .string(message.role)]
    return node.bytes.dropLast() + Array(",\"children\":[".utf8)
  }

  private func branchInfo(of id: String) -> String {
    guard let branch = firstOf[id] else { return "null" }
    let info: JSON = ["id": .string(branch.id), "title": .string(branch.title), "isMain": .bool(branch.isMain)]
    return String(decoding: info.bytes, as: UTF8.self)
  }
}
