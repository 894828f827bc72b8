/// Draws a conversation's tree as SVG: lines from left to right, a dot for each message, a fork for each branch.
///
/// Every dot and every name is a link. Colours come from the style sheet.
struct TreePicture {
  private let view: TreeView
  private let links: TreeLinks
  private let columnWidth: Double
  private let columnsMax: Int
  /// Rows from the current branch to the root; empty: none is current.
  private let path: [Int]
  private let isDense: Bool
  private let forkPoints: Set<String>

  /// Above so many messages only those are drawn that begin or end something: a dot of its own tells nothing any more.
  static let dotsMax = 1500

  private static let rowHeight = 36
  private static let marginLeft = 14
  private static let marginTop = 22
  /// What the names at the ends of the lines may take, and what one letter of them takes at the most, more or less.
  private static let nameWidths = 80...320
  private static let letterWidth = 9
  private static let nameLettersMax = 40
  private static let linesWidth = 900.0
  private static let columnWidths = 3.0...26.0
  private static let bend = 8

  init(_ view: TreeView, _ links: TreeLinks? = nil) {
    self.view = view
    self.links = links ?? TreeLinks(ofPagesFor: view.conversation.id)
    columnsMax = max(2, view.branches.map(Self.lastColumn).max() ?? 2)
    columnWidth = min(
      max(Self.linesWidth / Double(columnsMax), Self.columnWidths.lowerBound), Self.columnWidths.upperBound)
    path = Self.path(of: view)
    isDense = view.branches.reduce(0) { $0 + $1.messages.count } > Self.dotsMax
    forkPoints = Set(view.branches.compactMap { $0.fork?.messageID })
  }

  var svg: HTML {
    let letters = view.branches.map { name(of: $0).count }.max() ?? 0
    let nameWidth = min(max(letters * Self.letterWidth + 30, Self.nameWidths.lowerBound), Self.nameWidths.upperBound)
    let width = x(columnsMax) + nameWidth
    let height = view.branches.count * Self.rowHeight + Self.marginTop
    return """
      <svg class="tree" xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      role="group" aria-label="Branches of this conversation">
      \(view.branches.indices.map(line))\(view.branches.indices.map(merge))\(currentPath)\(view.branches.indices.map(dots))\(view.branches.indices.map(name))</svg>

      """
  }

  // MARK: Places

  private func x(_ column: Int) -> Int { Self.marginLeft + Int(Double(column - 1) * columnWidth) }
  private func y(_ row: Int) -> Int { Self.marginTop + row * Self.rowHeight }

  private static func lastColumn(_ branch: TreeBranch) -> Int {
    branch.messages.last?.column ?? (branch.fork?.column ?? 0) + 1
  }

  private static func path(of view: TreeView) -> [Int] {
    guard let current = view.currentBranchID, var row = view.branches.firstIndex(where: { $0.id == current }) else {
      return []
    }
    var path = [row]
    // Parents come first, so this ends.
    while let fork = view.branches[row].fork, fork.row < row {
      row = fork.row
      path.append(row)
    }
    return path
  }

  // MARK: Lines

  private func line(_ row: Int) -> HTML { "<path class=\"line\" d=\"\(course(of: row, to: nil))\" />\n" }

  /// From where a branch begins to its end, or to a column.
  private func course(of row: Int, to column: Int?) -> String {
    let branch = view.branches[row]
    let end = x(column ?? Self.lastColumn(branch))
    guard let fork = branch.fork, fork.row < row else {
      return "M\(x(branch.messages.first?.column ?? 1)) \(y(row))H\(end)"
    }
    let (from, bend) = (x(fork.column), min(Self.bend, max(1, end - x(fork.column))))
    return
      "M\(from) \(y(fork.row))V\(y(row) - bend)Q\(from) \(y(row)) \(from + bend) \(y(row))H\(max(end, from + bend))"
  }

  /// From the end of a merged branch back to the line that it came from.
  private func merge(_ row: Int) -> HTML {
    let branch = view.branches[row]
    guard branch.isMerged, let fork = branch.fork, fork.row < row else { return "" }
    let end = x(Self.lastColumn(branch))
    let back = end + Self.bend
    let parentEnd = min(x(Self.lastColumn(view.branches[fork.row])), back)
    return """
      <path class="line merge" d="M\(end) \(y(row))Q\(back) \(y(row)) \(back) \(y(row) - Self.bend)V\(y(fork.row))H\(parentEnd)">\
      <title>Merged into \(Wording.clipped(Wording.branch(view.branches[fork.row].title, isMain: view.branches[fork.row].isMain), to: 60))\
      </title></path>

      """
  }

  private var currentPath: HTML {
    guard !path.isEmpty else { return "" }
    var courses = course(of: path[0], to: nil)
    for (child, row) in zip(path, path.dropFirst()) {
      courses += course(of: row, to: view.branches[child].fork?.column)
    }
    return "<path class=\"line current\" d=\"\(courses)\" />\n"
  }

  // MARK: Messages

  private func dots(_ row: Int) -> HTML {
    let branch = view.branches[row]
    let shown = isDense ? branch.messages.filter(isNotable(in: branch)) : branch.messages
    return "\(shown.map { dot($0, branch, row) })\(branch.checkpoints.map { diamond($0, row) })"
  }

  /// Whether something begins, ends or forks there.
  private func isNotable(in branch: TreeBranch) -> (TreeMessage) -> Bool {
    { $0.id == branch.messages.first?.id || $0.id == branch.messages.last?.id || forkPoints.contains($0.id) }
  }

  private func dot(_ message: TreeMessage, _ branch: TreeBranch, _ row: Int) -> HTML {
    let link = links.message(message, branch)
    let style: HTML =
      switch message.role {
      case "user": "user"
      case "assistant": "assistant"
      default: "other"
      }
    let says = "\(Wording.role(message.role)): \(Wording.gist(message.text, to: 120))"
    return """
      <a href="\(link)" aria-label="\(says)"><circle class="\(style)" cx="\(x(message.column))" cy="\(y(row))" \
      r="\(columnWidth < 9 ? 3 : 5)"><title>\(says)</title></circle></a>

      """
  }

  private func diamond(_ checkpoint: TreeCheckpoint, _ row: Int) -> HTML {
    let (x, y) = (x(checkpoint.column), y(row) - 12)
    return """
      <path class="checkpoint" d="M\(x) \(y - 5)L\(x + 5) \(y)L\(x) \(y + 5)L\(x - 5) \(y)Z">\
      <title>Checkpoint: \(Wording.clipped(checkpoint.summary, to: 200))</title></path>

      """
  }

  // MARK: Names

  private func name(of branch: TreeBranch) -> String {
    Wording.clipped(Wording.branch(branch.title, isMain: branch.isMain), to: Self.nameLettersMax)
  }

  private func name(_ row: Int) -> HTML {
    let branch = view.branches[row]
    let link = links.branch(branch)
    let current: HTML = branch.id == view.currentBranchID ? " aria-current=\"true\"" : ""
    return """
      <a href="\(link)"\(current)><text x="\(x(Self.lastColumn(branch)) + 14)" y="\(y(row) + 5)">\
      \(name(of: branch))</text></a>

      """
  }
}

/// Where the dots and the names of a picture lead.
struct TreeLinks {
  var message: (TreeMessage, TreeBranch) -> String
  var branch: (TreeBranch) -> String
}

extension TreeLinks {
  /// To the pages of a conversation.
  init(ofPagesFor conversation: String) {
    self.init(
      message: { PageLink.message($0.id, of: conversation, branch: $1.isMain ? nil : $1.id) },
      branch: { PageLink.conversation(conversation, branch: $0.isMain ? nil : $0.id) })
  }
}
