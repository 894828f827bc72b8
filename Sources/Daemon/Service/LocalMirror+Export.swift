internal import Browser
internal import MirrorStore

extension LocalMirror {
  /// How a conversation is exported.
  public enum ExportFormat: String, Sendable, CaseIterable {
    /// For people: every branch with its own messages.
    case md
    /// For people too: one file that needs nothing else, with a picture of the tree.
    case html
    /// For programs: the texts as ChatRoutes sent them; see `MirrorStore.archive`.
    case json

    var contentType: String {
      switch self {
      case .md: "text/markdown; charset=utf-8"
      case .html: "text/html; charset=utf-8"
      case .json: "application/json"
      }
    }
  }

  /// A whole conversation, all its branches; `nil`: not in the mirror.
  public func export(_ id: String, as format: ExportFormat) throws(StartError) -> [UInt8]? {
    try reading { () throws(MirrorError) in try exported(id, as: format) }
  }

  func exported(_ id: String, as format: ExportFormat) throws(MirrorError) -> [UInt8]? {
    switch format {
    case .json: try store.archive(id).map { $0 + [UInt8(ascii: "\n")] }
    case .md: try conversation(id).map { Array($0.markdown.utf8) }
    case .html:
      if let conversation = try conversation(id), let tree = try PageContent(store: store).tree(id, branch: nil) {
        conversation.html(tree: tree)
      } else {
        nil
      }
    }
  }

  private func conversation(_ id: String) throws(MirrorError) -> ConversationExport? {
    guard let main = try store.conversationDetail(id) else { return nil }
    let titles = Dictionary(
      main.branches.map { ($0.id, $0.isMain && $0.title.isEmpty ? "Main" : $0.title) },
      uniquingKeysWith: { first, _ in first })
    let exported = Set(main.branches.map(\.id))
    var contents: [String: String] = [:]
    var written: Set<String> = []
    var branches: [ConversationExport.Branch] = []
    for (branch, _) in BranchForest.ordered(main.branches) {
      guard let detail = branch.isMain ? main : try store.conversationDetail(id, branch: branch.id) else { continue }
      for message in detail.messages { contents[message.id] = message.content }
      let fork = branch.forkPointMessageID.flatMap { contents[$0] }.map { message in
        (parent: branch.parentBranchID.flatMap { titles[$0] } ?? "Main", message: message)
      }
      // Each message once: on its own branch, or where it shows first when that one is unknown or gone.
      let own = detail.messages.filter { message in
        let home = message.branchID ?? main.branchID ?? ""
        return (home == branch.id || !exported.contains(home)) && written.insert(message.id).inserted
      }
      branches.append(Self.branch(branch, own, detail, fork: fork))
    }
    // Messages may be known before any branch is.
    if branches.isEmpty { branches = [Self.branch(nil, main.messages, main, fork: nil)] }
    var row = PageContent.row(main.summary)
    row.isComplete = main.isWhole
    return ConversationExport(conversation: row, branches: branches)
  }

  private static func branch(
    _ branch: BranchSummary?, _ messages: [MessageDetail], _ detail: ConversationDetail,
    fork: (parent: String, message: String)?
  ) -> ConversationExport.Branch {
    let rows =
      messages.map { PageContent.message($0, in: detail) } + detail.drafts.enumerated().flatMap(PageContent.draft)
    let ids = Set(messages.map(\.id))
    return ConversationExport.Branch(
      id: branch?.id ?? "", title: branch?.title ?? "", isMain: branch?.isMain ?? true, fork: fork, messages: rows,
      checkpoints: detail.checkpoints.filter { $0.anchorMessageID.map(ids.contains) ?? false }.map(
        PageContent.checkpoint))
  }
}
