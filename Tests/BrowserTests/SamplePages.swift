import Foundation

@testable import Browser

/// Every page there is, with one text in every place that takes a text.
enum SamplePages: String, CaseIterable, Sendable {
  case list, listEmpty, listFiltered, compare, conversation, conversationEmpty, tree, treeEmpty, usage, usageEmpty,
    overview, search,
    searchEmpty,
    searchUnasked, signIn,
    notFound, failure

  func rendered(with text: String, mode: String = "online") -> [UInt8] {
    let frame = PageFrame(title: text, searchText: text, mode: mode, notice: text, origin: text)
    let row = ConversationRow(id: text, title: text, model: text, hasDrafts: true, isComplete: false)
    switch self {
    case .list:
      let filter = ListFilter(title: text, model: text, state: text, order: text)
      return Pages.conversations(
        ConversationListView(
          rows: [row], filter: filter, page: Paging(number: 2, hasNext: true), isComplete: false), frame: frame)
    case .listFiltered: return Pages.conversations(ConversationListView(filter: ListFilter(title: text)), frame: frame)
    case .listEmpty: return Pages.conversations(ConversationListView(), frame: frame)
    case .conversation: return Pages.conversation(Self.view(of: row, text), frame: frame)
    case .compare: return Pages.compare(Self.comparison(of: row, text), frame: frame)
    case .conversationEmpty: return Pages.conversation(ConversationView(row: row, isComplete: false), frame: frame)
    case .tree: return Pages.tree(Self.tree(of: row, text), frame: frame)
    case .treeEmpty: return Pages.tree(TreeView(conversation: row), frame: frame)
    case .usage:
      let row = UsageView.Row(day: text, model: text, answers: 2, promptTokens: 30, completionTokens: 4, cost: 0.5)
      let day = UsageView.Day(name: text, calls: 3, savedCalls: 2, mirrorBytes: 1)
      return Pages.usage(UsageView(days: [day], rows: [row], callsThisMonth: 3), frame: frame)
    case .overview:
      return Pages.overview(
        OverviewView(alarms: [text], sections: [.init(title: text, facts: [(text, text)])]), frame: frame)
    case .usageEmpty: return Pages.usage(UsageView(days: [], rows: []), frame: frame)
    case .search:
      return Pages.search(
        SearchView(query: text + "q", hints: [text], hits: [Self.hit(text)], page: Paging(hasNext: true)), frame: frame)
    case .searchEmpty: return Pages.search(SearchView(query: text + "q", isBestFirst: true), frame: frame)
    case .searchUnasked: return Pages.search(SearchView(query: text, isAsked: false, hints: [text]), frame: frame)
    case .signIn: return Pages.signIn(frame: frame)
    case .notFound: return Pages.notFound(frame: frame)
    case .failure: return Pages.failure(text, frame: frame)
    }
  }

  private static func view(of row: ConversationRow, _ text: String) -> ConversationView {
    let message = MessageRow(
      id: text, role: text, content: "\(text)\n```\(text)\n\(text)\n```\n\(text)", model: text, tokenCount: 3,
      createdAt: Date(timeIntervalSince1970: 0), branchTitle: text,
      earlier: [EarlierRow(content: text, until: Date(timeIntervalSince1970: 0))])
    var draft = message
    draft.id = text + "-draft"
    draft.state = .draft(outcome: text)
    return ConversationView(
      row: row,
      branches: [
        BranchTab(id: text, title: text, isMain: true), BranchTab(id: text, title: text, isCurrent: true, depth: 1),
      ],
      messages: [message],
      checkpoints: [CheckpointRow(id: text, summary: text, anchorMessageID: text)],
      isComplete: false, draftRows: [draft], page: Paging(number: 2, hasNext: true))
  }

  private static func comparison(of row: ConversationRow, _ text: String) -> CompareView {
    let messages = Self.view(of: row, text).messages
    let side = CompareView.Side(branchID: text, title: text, messages: messages, moreCount: 2, isComplete: false)
    return CompareView(
      conversation: row, branches: [BranchTab(id: text, title: text), BranchTab(id: "", title: "")], left: side,
      right: side, commonCount: 2, lastCommon: messages[0])
  }

  private static func tree(of row: ConversationRow, _ text: String) -> TreeView {
    let messages = (1...3).map { TreeMessage(id: text, role: text, text: text, column: $0) }
    return TreeView(
      conversation: row,
      branches: [
        TreeBranch(id: text, title: text, isMain: true, messages: messages),
        TreeBranch(
          id: text, title: text, messages: messages, fork: .init(row: 0, column: 2, messageID: text),
          checkpoints: [TreeCheckpoint(summary: text, column: 3)], depth: 1, isMerged: true),
      ], currentBranchID: text)
  }

  private static func hit(_ text: String) -> SearchHitRow {
    SearchHitRow(
      conversationID: text, conversationTitle: text, messageID: text, branchID: text, role: text,
      snippet: [.init(text: text, isMatch: false), .init(text: text, isMatch: true)])
  }
}
