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

  /// One copy of a conversation. There are several when it was read with several credentials.
  public struct Copy: Sendable {
    public let id: String
    /// Counted from 1 among the copies of the same conversation.
    public let number: Int
    /// nil: the fullest one.
    let account: AccountID?
  }

  /// Every copy of every conversation.
  public func copies() throws(StartError) -> [Copy] {
    let all = try reading { () throws(MirrorError) in try store.conversationSummaries(limit: .max) }
    let counts = Dictionary(grouping: all, by: \.id).mapValues(\.count)
    var seen: [String: Int] = [:]
    return all.map { one in
      seen[one.id, default: 0] += 1
      return Copy(id: one.id, number: seen[one.id] ?? 1, account: (counts[one.id] ?? 1) > 1 ? one.account : nil)
    }
  }

  /// A whole conversation, all its branches, as it is held in full best; `nil`: not in the mirror.
  public func export(_ id: String, as format: ExportFormat) throws(StartError) -> [UInt8]? {
    try export(Copy(id: id, number: 1, account: nil), as: format)
  }

  public func export(_ copy: Copy, as format: ExportFormat) throws(StartError) -> [UInt8]? {
    try reading { () throws(MirrorError) in try exported(copy.id, as: format, account: copy.account) }
  }

  func exported(
    _ id: String, as format: ExportFormat, account: AccountID? = nil
  ) throws(MirrorError) -> [UInt8]? {
    switch format {
    case .json: try store.archive(id, account: account).map { $0 + [UInt8(ascii: "\n")] }
    case .md: try conversation(id, account).map { Array($0.markdown.utf8) }
    case .html:
      if let conversation = try conversation(id, account),
        let tree = try PageContent(store: store).tree(id, branch: nil, account: account)
      {
        conversation.html(tree: tree)
      } else {
        nil
      }
    }
  }

  private func conversation(_ id: String, _ account: AccountID?) throws(MirrorError) -> ConversationExport? {
    guard let main = try store.conversationDetail(id, account: account) else { return nil }
    let titles = Dictionary(
      main.branches.map { ($0.id, $0.isMain && $0.title.isEmpty ? "Main" : $0.title) },
      uniquingKeysWith: { first, _ in first })
    let exported = Set(main.branches.map(\.id))
    var contents: [String: String] = [:]
    var written: Set<String> = []
    var branches: [ConversationExport.Branch] = []
    for (branch, _) in BranchForest.ordered(main.branches) {
      guard let detail = branch.isMain ? main : try store.conversationDetail(id, branch: branch.id, account: account)
      else { continue }
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
