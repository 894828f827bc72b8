import ArgumentParser
import Daemon

struct TreeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree", abstract: "Draw the branches of a conversation.",
    discussion: """
      Each line is a branch: its title, its id, its own messages and checkpoints, and the message that it forks behind. \
      Reads the mirror directly: no daemon and no network are needed.
      """)

  @OptionGroup var location: LocationOptions

  @Argument(help: "The conversation's id, as `list` prints it.", completion: .conversations)
  var id: String

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let found = try location.reading { mirror throws(StartError) in try mirror.tree(id) }
    guard let tree = found else {
      Terminal.error("the mirror holds no conversation \(id). `chatroutesd list` shows what it holds.")
      throw ExitCode(1)
    }
    if json { return try Terminal.print(json: tree) }
    Terminal.page(lines(tree).joined(separator: "\n"))
    if !tree.isComplete { Terminal.note("\nThe mirror holds this conversation in part: read it once while online.") }
  }

  private func lines(_ tree: LocalMirror.Tree) -> [String] {
    var lines = [Terminal.bold(Terminal.line(tree.conversation.title, columns: Terminal.width))]
    for (branch, stem) in zip(tree.branches, TreeDrawing.stems(depths: tree.branches.map(\.depth))) {
      lines.append(
        stem.own + Terminal.line(facts(of: branch), columns: max(20, Terminal.width - stem.own.count)))
      guard let forkPoint = branch.forkPoint else { continue }
      let line = Terminal.line(
        "behind \u{201C}\(forkPoint)\u{201D}", columns: max(20, Terminal.width - stem.below.count))
      lines.append(stem.below + Terminal.dim(line))
    }
    return lines
  }

  private func facts(of branch: LocalMirror.TreeBranch) -> String {
    let title = branch.isMain && branch.title.isEmpty ? "Main" : branch.title
    var facts = [title, branch.id, count(branch.messages, "message", "messages")]
    if branch.checkpoints > 0 { facts.append(count(branch.checkpoints, "checkpoint", "checkpoints")) }
    if let merged = branch.mergedAt { facts.append("merged \(merged.prefix(10))") }
    return facts.joined(separator: "  ")
  }
}

/// The lines in front of the entries of a tree.
enum TreeDrawing {
  /// For each entry, in the order in which they are printed, what stands before its line and before the one below it.
  /// - Parameter depths: 0: a root; a child is one deeper than its parent, which comes before it.
  static func stems(depths: [Int]) -> [(own: String, below: String)] {
    depths.indices.map { index in
      let depth = depths[index]
      guard depth > 0 else { return ("", hasSibling(after: index, at: 1, depths) ? "│ " : "  ") }
      let trunk = (1..<depth).map { hasSibling(after: index, at: $0, depths) ? "│  " : "   " }.joined()
      let isLast = !hasSibling(after: index, at: depth, depths)
      let hasChild = index + 1 < depths.count && depths[index + 1] > depth
      return (trunk + (isLast ? "└─ " : "├─ "), trunk + (isLast ? "   " : "│  ") + (hasChild ? "│ " : "  "))
    }
  }

  /// Whether another entry of that depth follows under the same parent.
  private static func hasSibling(after index: Int, at depth: Int, _ depths: [Int]) -> Bool {
    depths[(index + 1)...].first { $0 <= depth } == depth
  }
}
