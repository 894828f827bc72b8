import Testing

@testable import Daemon
@testable import MirrorStore

/// Orders of branches a, b, c …, written as their parents; "-" is none.
@Suite struct BranchForestTests {
  @Test(arguments: [
    ("-", "", "a0"), ("-aab", "", "a0 b1 d2 c1"), ("--ab", "", "a0 c1 b0 d1"),
    // Siblings by rank; those of one rank as they were.
    ("-aab", "0212", "a0 c1 b1 d2"), ("-aaa", "0111", "a0 b1 c1 d1"),
    // A parent that comes later, none that is known, itself, and each other's.
    ("b-", "", "b0 a1"), ("z-", "", "a0 b0"), ("a", "", "a0"), ("-cb", "", "a0 b0 c1"), ("bca", "", "a0 c1 b2"),
  ])
  func parentsComeFirstAndNoBranchIsLost(parents: String, ranks: String, order: String) {
    let ids = "abcdefgh".prefix(parents.count).map(String.init)
    let rank = Dictionary(uniqueKeysWithValues: zip(ids, ranks.compactMap(\.wholeNumberValue)))
    let branches = zip(ids, parents).map { id, parent in
      BranchSummary(
        id: id, title: "", parentBranchID: parent == "-" ? nil : String(parent), isMain: id == "a", messageCount: 0)
    }
    let ordered = BranchForest.ordered(branches, rank: { rank[$0.id] ?? 0 })
    #expect(ordered.map { "\($0.branch.id)\($0.depth)" }.joined(separator: " ") == order)
  }
}
