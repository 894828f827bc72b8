internal import GRDB

/// A conversation as a tree: each message once, as a child of the message it continues.
///
/// The root is the first message of the main branch. A message is followed by the next one of its own branch, then by the
/// first own message of every branch that forks from it. Walks are loops: a conversation may be thousands of messages deep.
struct ConversationTree {
  struct Node {
    let mid: String
    let branch: Int
    let text: JSONObject
    /// The first own message of its branch.
    let opensBranch: Bool
    var children: [Int] = []
  }

  struct Branch {
    let bid: String
    let forkPoint: String?
    let text: JSONObject
    let isMain: Bool

    /// Has the API shown it? If not, only its messages were seen.
    var isSeen: Bool { !text.members.isEmpty }
  }

  private(set) var nodes: [Node] = []
  private(set) var branches: [Branch] = []
  /// nil: the main branch has no message.
  private(set) var root: Int?
  /// Messages whose stored text is damaged were left out.
  var lacksDamaged = false
  /// Nodes on the longest way from the root to a leaf.
  private(set) var depth = 0

  /// - Parameter messages: in their order; `branch` is an index into `branches`.
  init(branches: [Branch], messages: [(mid: String, branch: Int, text: JSONObject)]) {
    self.branches = branches
    var last: [Int: Int] = [:]
    var first: [Int: Int] = [:]
    var byID: [String: Int] = [:]
    for message in messages {
      let index = nodes.count
      nodes.append(
        Node(mid: message.mid, branch: message.branch, text: message.text, opensBranch: first[message.branch] == nil))
      if let before = last[message.branch] { nodes[before].children.append(index) }
      if first[message.branch] == nil { first[message.branch] = index }
      last[message.branch] = index
      byID[message.mid] = index
    }
    for (index, branch) in branches.enumerated() where !branch.isMain {
      guard let opening = first[index], let fork = branch.forkPoint.flatMap({ byID[$0] }) else { continue }
      nodes[fork].children.append(opening)
    }
    root = branches.firstIndex { $0.isMain }.flatMap { first[$0] }
    depth = deepest()
  }

  /// Calls back when a node is entered (with its depth, the root's is 1) and left, in the order of the tree.
  func walk(enter: (_ node: Int, _ depth: Int, _ isFirstChild: Bool) -> Void, leave: (_ node: Int) -> Void) {
    guard let root else { return }
    var open: [(node: Int, next: Int)] = [(root, 0)]
    enter(root, 1, true)
    while let (node, next) = open.last {
      if next < nodes[node].children.count {
        open[open.count - 1].next += 1
        let child = nodes[node].children[next]
        open.append((child, 0))
        enter(child, open.count, next == 0)
      } else {
        leave(node)
        open.removeLast()
      }
    }
  }

  private func deepest() -> Int {
    var deepest = 0
    walk(enter: { _, depth, _ in deepest = max(deepest, depth) }, leave: { _ in })
    return deepest
  }
}

extension ConversationTree {
  /// The tree as the API shows it; content and role are the received bytes.
  func json() -> [UInt8] {
    guard root != nil else { return Array("null".utf8) }
    var json: [UInt8] = []
    walk(
      enter: { index, _, isFirst in
        if !isFirst { json.append(UInt8(ascii: ",")) }
        appendOpening(nodes[index], to: &json)
      },
      leave: { index in
        json.append(contentsOf: #"],"branchInfo":"#.utf8)
        appendBranchInfo(nodes[index], to: &json)
        json.append(UInt8(ascii: "}"))
      })
    return json
  }

  private func appendOpening(_ node: Node, to json: inout [UInt8]) {
    json.append(contentsOf: #"{"id":"#.utf8)
    appendJSONString(node.mid, to: &json)
    json.append(contentsOf: #","content":"#.utf8)
    appendValue(node.text["content"], to: &json)
    json.append(contentsOf: #","role":"#.utf8)
    appendValue(node.text["role"], to: &json)
    json.append(contentsOf: #","children":["#.utf8)
  }

  private func appendBranchInfo(_ node: Node, to json: inout [UInt8]) {
    guard node.opensBranch, branches[node.branch].isSeen else {
      json.append(contentsOf: "null".utf8)
      return
    }
    let branch = branches[node.branch]
    json.append(contentsOf: #"{"id":"#.utf8)
    appendJSONString(branch.bid, to: &json)
    json.append(contentsOf: #","title":"#.utf8)
    appendValue(branch.text["title"], to: &json)
    json.append(contentsOf: #","isMain":\#(branch.isMain)}"#.utf8)
  }

  private func appendValue(_ value: JSONText?, to json: inout [UInt8]) {
    if let value { json.append(contentsOf: value.bytes) } else { json.append(contentsOf: "null".utf8) }
  }
}
