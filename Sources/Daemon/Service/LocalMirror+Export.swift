internal import Browser
internal import MirrorStore

extension LocalMirror {
  /// How a conversation is exported.
  public enum ExportFormat: String, Sendable, CaseIterable {
    /// For people: every branch with its own messages.
    case md
    /// For programs: the texts as ChatRoutes sent them; see `MirrorStore.archive`.
    case json
  }

  /// A whole conversation, all its branches; `nil`: not in the mirror.
  public func export(_ id: String, as format: ExportFormat) throws(StartError) -> [UInt8]? {
    try reading { () throws(MirrorError) in
      switch format {
      case .json: try store.archive(id).map { $0 + [UInt8(ascii: "\n")] }
      case .md: try markdown(id).map { Array($0.utf8) }
      }
    }
  }

  private func markdown(_ id: String) throws(MirrorError) -> String? {
    guard let main = try store.conversationDetail(id) else { return nil }
    let titles = Dictionary(
      main.branches.map { ($0.id, $0.isMain && $0.title.isEmpty ? "Main" : $0.title) },
      uniquingKeysWith: { first, _ in first })
    var contents: [String: String] = [:]
    var branches: [MarkdownExport.Branch] = []
    for (branch, _) in BranchForest.ordered(main.branches) {
      guard let detail = branch.isMain ? main : try store.conversationDetail(id, branch: branch.id) else { continue }
      for message in detail.messages { contents[message.id] = message.content }
      let fork = branch.forkPointMessageID.flatMap { contents[$0] }.map { message in
        (parent: branch.parentBranchID.flatMap { titles[$0] } ?? "Main", message: message)
      }
      let own = detail.messages.filter { branch.isMain || $0.branchID == branch.id }
      branches.append(
        MarkdownExport.Branch(
          title: branch.title, isMain: branch.isMain, fork: fork, messages: Self.rows(own, detail)))
    }
    // Messages may be known before any branch is.
    if branches.isEmpty {
      branches = [MarkdownExport.Branch(title: "", isMain: true, messages: Self.rows(main.messages, main))]
    }
    return MarkdownExport(conversation: PageContent.row(main.summary), branches: branches).text
  }

  private static func rows(_ messages: [MessageDetail], _ detail: ConversationDetail) -> [MessageRow] {
    messages.map { PageContent.message($0, in: detail) } + detail.drafts.enumerated().flatMap(PageContent.draft)
  }
}
