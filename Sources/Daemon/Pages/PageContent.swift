internal import Browser
internal import Foundation
internal import MirrorStore

/// What the pages show, read from the mirror and put into the pages' own words.
struct PageContent: Sendable {
  let store: MirrorStore

  static let conversationsPerPage = 50
  static let hitsPerPage = 30
  /// Beyond this a branch is shown in pages. High, since a link to a message works on its own page only.
  static let messagesPerPage = 1000

  func conversations(page: Int) throws -> (rows: [ConversationRow], paging: Paging, isComplete: Bool) {
    let size = Self.conversationsPerPage
    let found = try store.conversationSummaries(limit: size + 1, offset: (page - 1) * size)
    let rows = found.prefix(size).map(Self.row)
    let total = try store.counts().conversations.count
    return (rows, Paging(number: page, hasNext: found.count > size, itemsTotal: total), try store.holdsWholeLists())
  }

  func search(_ line: String, bestFirst: Bool, page: Int) throws -> SearchView {
    let size = Self.hitsPerPage
    let query = SearchQuery(line)
    let found = try store.search(
      query, order: bestFirst ? .best : .newest, limit: size + 1, offset: (page - 1) * size)
    return SearchView(
      query: line, isAsked: !query.isEmpty, hints: query.hints, isBestFirst: bestFirst,
      hits: found.prefix(size).map(Self.hit), page: Paging(number: page, hasNext: found.count > size))
  }

  /// - Parameter page: `nil` would be the whole branch; pages count from 1.
  func conversation(_ id: String, branch: String?, page: Int) throws -> ConversationView? {
    guard let detail = try store.conversationDetail(id, branch: branch) else { return nil }
    let size = Self.messagesPerPage
    let start = min((page - 1) * size, detail.messages.count)
    let shown = detail.messages[start..<min(start + size, detail.messages.count)]
    let isLast = start + size >= detail.messages.count
    return ConversationView(
      row: Self.row(detail.summary), branches: Self.tabs(detail),
      messages: shown.map { Self.message($0, in: detail) }, checkpoints: detail.checkpoints.map(Self.checkpoint),
      isComplete: detail.isComplete, draftRows: isLast ? detail.drafts.enumerated().flatMap(Self.draft) : [],
      page: Paging(number: page, hasNext: !isLast, itemsTotal: detail.messages.count))
  }

  /// - Parameter branch: the one that the reader comes from.
  func tree(_ id: String, branch: String?) throws -> TreeView? {
    guard let detail = try store.conversationDetail(id, branch: branch), let outline = try store.conversationTree(id)
    else { return nil }
    return TreeView(
      conversation: Self.row(detail.summary), branches: TreeRows(detail, outline).branches,
      currentBranchID: detail.branchID)
  }

  /// The days that the usage page shows.
  static let usageDays = 30

  func usage(at now: UnixTime = .now) throws -> UsageView {
    let days = Self.usageDays
    return UsageView(
      days: UsageDays.names(ofLast: days, at: now),
      rows: try store.usage(since: UsageDays.start(ofLast: days, at: now)).map {
        UsageView.Row(
          day: $0.day, model: $0.model, answers: $0.answers, promptTokens: Int($0.promptTokens),
          completionTokens: Int($0.completionTokens))
      })
  }

  // MARK: - Rows

  static func row(_ summary: ConversationSummary) -> ConversationRow {
    ConversationRow(
      id: summary.id, title: summary.title, model: summary.model,
      lastActivity: date(summary.updatedAt ?? summary.createdAt),
      branchCount: summary.branchCount, messageCount: summary.messageCount, hasDrafts: summary.draftCount > 0,
      isComplete: summary.isComplete)
  }

  private static func tabs(_ detail: ConversationDetail) -> [BranchTab] {
    BranchForest.ordered(detail.branches).map { branch, depth in
      BranchTab(
        id: branch.id, title: branch.title, isMain: branch.isMain, messageCount: branch.messageCount,
        isCurrent: branch.id == detail.branchID, depth: depth)
    }
  }

  static func message(_ message: MessageDetail, in detail: ConversationDetail) -> MessageRow {
    let home = message.branchID == detail.branchID ? nil : detail.branches.first { $0.id == message.branchID }
    return MessageRow(
      id: message.id, role: message.role, content: message.content, model: message.model,
      tokenCount: (message.tokenCount ?? message.usage?.completion).map(Int.init), createdAt: date(message.createdAt),
      state: message.isProvisional ? .provisional : .normal, branchTitle: home?.title)
  }

  /// A draft is the question as it was sent and as much of the answer as arrived.
  static func draft(_ number: Int, _ draft: DraftDetail) -> [MessageRow] {
    let state = MessageState.draft(outcome: draft.outcome.rawValue)
    return [
      MessageRow(
        id: "draft-\(number)-question", role: "user", content: draft.question, createdAt: date(draft.savedAt),
        state: state),
      MessageRow(
        id: "draft-\(number)-answer", role: "assistant", content: draft.answer, model: draft.model,
        createdAt: date(draft.savedAt), state: state),
    ]
  }

  private static func checkpoint(_ checkpoint: CheckpointDetail) -> CheckpointRow {
    CheckpointRow(
      id: checkpoint.id, summary: checkpoint.summary, anchorMessageID: checkpoint.anchorMessageID,
      tokenCount: checkpoint.tokenCount.map(Int.init), createdAt: date(checkpoint.createdAt))
  }

  private static func hit(_ hit: SearchHit) -> SearchHitRow {
    SearchHitRow(
      conversationID: hit.conversationID, conversationTitle: hit.conversationTitle, messageID: hit.messageID,
      branchID: hit.branchID, role: hit.role, createdAt: date(hit.createdAt),
      snippet: SnippetParts.cut(hit.snippet, at: hit.highlights).map { .init(text: $0.text, isMatch: $0.isMatch) })
  }

  private static func date(_ time: UnixTime?) -> Date? {
    time.map { Date(timeIntervalSince1970: Double($0.milliseconds) / 1000) }
  }
}

/// Cuts a snippet at its highlights.
enum SnippetParts {
  static func cut(_ snippet: String, at highlights: [Range<Int>]) -> [(text: String, isMatch: Bool)] {
    let bytes = Array(snippet.utf8)
    var parts: [(String, Bool)] = []
    var position = 0
    for range in highlights {
      if range.lowerBound > position { parts.append((text(bytes[position..<range.lowerBound]), false)) }
      parts.append((text(bytes[range]), true))
      position = range.upperBound
    }
    if position < bytes.count { parts.append((text(bytes[position...]), false)) }
    return parts
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
