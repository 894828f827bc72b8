internal import MirrorStore

/// The branches of a conversation in the order in which they are drawn.
enum BranchForest {
  /// Parents before their children; `depth` 0 is a branch without a known parent. Branches that name each other as
  /// parents come last, as if they had none.
  /// - Parameters:
  ///   - parent: the id of the branch that a branch hangs on.
  ///   - rank: siblings come in this order; those of one rank as the mirror has them.
  static func ordered(
    _ branches: [BranchSummary], parent: (BranchSummary) -> String? = { $0.parentBranchID },
    rank: (BranchSummary) -> Int = { _ in 0 }
  ) -> [(branch: BranchSummary, depth: Int)] {
    let known = Set(branches.map(\.id))
    let children = Dictionary(grouping: branches) { branch in
      parent(branch).flatMap { known.contains($0) && $0 != branch.id ? $0 : nil } ?? ""
    }.mapValues { siblings in
      siblings.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(\.element)
    }
    var ordered: [(branch: BranchSummary, depth: Int)] = []
    var seen: Set<String> = []
    func visit(_ roots: [BranchSummary]) {
      var pending = roots.reversed().map { ($0, 0) }
      while let (branch, depth) = pending.popLast() {
        guard seen.insert(branch.id).inserted else { continue }
        ordered.append((branch, depth))
        pending += (children[branch.id] ?? []).reversed().map { ($0, depth + 1) }
      }
    }
    visit(children[""] ?? [])
    for branch in branches where !seen.contains(branch.id) { visit([branch]) }
    return ordered
  }
}
