internal import Browser
internal import MirrorStore

/// The rows of a tree's picture, from what the mirror holds.
struct TreeRows {
  private(set) var branches: [TreeBranch] = []

  /// How much of a message is shown to recognize it by.
  private static let snippetMax = 200

  init(_ detail: ConversationDetail, _ outline: TreeOutline) {
    let main = detail.branches.first { $0.isMain }?.id ?? ""
    let own = Dictionary(grouping: outline.nodes.indices) { outline.nodes[$0].branchID ?? main }
    func messages(of branch: String) -> [TreeMessage] {
      (own[branch] ?? []).map { outline.nodes[$0] }.sorted { $0.depth < $1.depth }.map {
        TreeMessage(id: $0.messageID, role: $0.role, text: String($0.content.prefix(Self.snippetMax)), column: $0.depth)
      }
    }
    let columns = Dictionary(
      outline.nodes.map { ($0.messageID, (branch: $0.branchID ?? main, column: $0.depth)) },
      uniquingKeysWith: { first, _ in first })
    // Hung on the branch that has the fork point, the last fork first: so no line crosses another.
    func place(_ branch: BranchSummary) -> (branch: String, column: Int)? {
      branch.forkPointMessageID.flatMap { columns[$0] }
    }
    let ordered = BranchForest.ordered(
      detail.branches, parent: { place($0)?.branch ?? $0.parentBranchID }, rank: { -(place($0)?.column ?? 0) })
    let rows = Dictionary(uniqueKeysWithValues: ordered.enumerated().map { ($1.branch.id, $0) })
    // Messages may be known before any branch is.
    if ordered.isEmpty { branches = [TreeBranch(id: "", title: "", isMain: true, messages: messages(of: main))] }
    for (row, (branch, depth)) in ordered.enumerated() {
      var fork: TreeBranch.Fork?
      if let id = branch.forkPointMessageID, let place = place(branch), let parent = rows[place.branch], parent < row {
        fork = TreeBranch.Fork(row: parent, column: place.column, messageID: id)
      }
      branches.append(
        TreeBranch(
          id: branch.id, title: branch.title, isMain: branch.isMain,
          messages: messages(of: branch.id), fork: fork,
          checkpoints: detail.checkpoints.filter { ($0.branchID ?? main) == branch.id }.compactMap { checkpoint in
            checkpoint.anchorMessageID.flatMap { columns[$0] }.map {
              TreeCheckpoint(summary: checkpoint.summary, column: $0.column)
            }
          }, depth: depth, isMerged: branch.mergedAt != nil))
    }
  }
}
