/// One conversation with its branches, messages and checkpoints.
struct Conversation: Sendable {
  let id: String
  let userID: String
  var title: String
  var model: String
  /// Model settings and archive state as the client last set them, in order of first appearance.
  var settings: JSON = .object([])
  let createdAt: Timestamp
  var updatedAt: Timestamp
  /// In creation order, main first; a parent always precedes its children.
  private(set) var branches: [Branch]
  private(set) var messages: [String: Message] = [:]
  var checkpoints: [Checkpoint] = []

  init(id: String, userID: String, title: String, model: String, mainID: String, at moment: Timestamp) {
    self.id = id
    self.userID = userID
    self.title = title
    self.model = model
    createdAt = moment
    updatedAt = moment
    branches = [
      Branch(
        id: mainID, parentID: nil, forkPointID: nil, title: "Main", contextMode: .full, createdAt: moment,
        updatedAt: moment)
    ]
  }

  var main: Branch { branches[0] }

  func branch(_ id: String) throws(Problem) -> Branch {
    guard let branch = branches.first(where: { $0.id == id }) else { throw .notFound("branch") }
    return branch
  }

  func message(_ id: String) throws(Problem) -> Message {
    guard let message = messages[id], message.deletedAt == nil else { throw .notFound("message") }
    return message
  }

  /// The branch whose own chain holds a message; after a merge that is the older one, the parent.
  func owner(of messageID: String) -> Branch? { branches.first { $0.own.contains(messageID) } }

  // MARK: Lists

  /// What a branch shows: inherited context, then its own messages, without deleted ones.
  func shown(_ branch: Branch) -> [Message] { visible(lineage(of: branch)) }

  func visible(_ ids: [String]) -> [Message] {
    ids.compactMap { messages[$0] }.filter { $0.deletedAt == nil }
  }

  /// Identifiers of inherited and own messages, with deleted ones: a deleted fork point still marks its place.
  private func lineage(of branch: Branch) -> [String] { inherited(by: branch) + branch.own }

  private func inherited(by branch: Branch) -> [String] {
    guard let forkPoint = branch.forkPointID, let parent = branches.first(where: { $0.id == branch.parentID }) else {
      return []
    }
    let line = lineage(of: parent)
    guard let end = line.firstIndex(of: forkPoint) else { return [] }
    switch branch.contextMode {
    case .full: return Array(line[...end])
    case .partial: return visible(Array(line[...end])).suffix(10).map(\.id)
    case .minimal: return [forkPoint]
    }
  }

  // MARK: Changes

  mutating func append(_ message: Message) {
    guard let index = branches.firstIndex(where: { $0.id == message.branchID }) else { return }
    messages[message.id] = message
    branches[index].own.append(message.id)
    branches[index].updatedAt = message.createdAt
    updatedAt = message.createdAt
  }

  mutating func rewrite(_ messageID: String, content: String, at moment: Timestamp) {
    messages[messageID]?.content = content
    messages[messageID]?.updatedAt = moment
    messages[messageID]?.version += 1
    updatedAt = moment
  }

  mutating func delete(_ messageID: String, at moment: Timestamp) {
    messages[messageID]?.deletedAt = moment
    updatedAt = moment
  }

  mutating func add(_ branch: Branch) {
    branches.append(branch)
    updatedAt = branch.createdAt
  }

  mutating func change(_ branchID: String, at moment: Timestamp, _ change: (inout Branch) -> Void) {
    guard let index = branches.firstIndex(where: { $0.id == branchID }) else { return }
    change(&branches[index])
    branches[index].updatedAt = moment
    updatedAt = moment
  }

  /// Ends a branch and appends its own messages, under their identifiers, to its parent's own list.
  mutating func merge(_ branch: Branch, at moment: Timestamp) {
    guard let parentID = branch.parentID else { return }
    change(parentID, at: moment) { parent in
      let known = Set(parent.own)
      parent.own += branch.own.filter { !known.contains($0) }
    }
    change(branch.id, at: moment) { merged in
      merged.isActive = false
      merged.mergedAt = moment
    }
  }

  /// Removes a branch, all that were forked from it, and what only these held. Gives the removed messages.
  mutating func remove(_ branchID: String, at moment: Timestamp) -> [String] {
    var doomed: Set<String> = [branchID]
    for branch in branches {  // parents come first, so one pass finds all descendants
      if let parent = branch.parentID, doomed.contains(parent) { doomed.insert(branch.id) }
    }
    let candidates = branches.filter { doomed.contains($0.id) }.flatMap(\.own)
    branches.removeAll { doomed.contains($0.id) }
    checkpoints.removeAll { doomed.contains($0.branchID) }
    let kept = Set(branches.flatMap(\.own))
    let removed = Set(candidates).subtracting(kept)
    for id in removed { messages[id] = nil }
    updatedAt = moment
    return Array(removed)
  }

  // MARK: JSON

  /// The conversation as a list shows it: no messages, no branches.
  var json: JSON {
    let head: JSON = [
      "id": .string(id), "userId": .string(userID), "title": .string(title), "model": .string(model),
    ]
    let tail: JSON = ["createdAt": .string(createdAt.text), "updatedAt": .string(updatedAt.text)]
    return head.merging(settings).merging(tail)
  }

  var branchesJSON: JSON { .array(branches.map(json)) }

  func json(of branch: Branch) -> JSON {
    branch.json(conversationID: id, messageCount: shown(branch).count)
  }

  func messagesJSON(of branch: Branch) -> JSON { .array(shown(branch).map(\.json)) }
}
