internal import Browser
internal import Foundation
internal import MirrorStore

/// What the pages show, read from the mirror and put into the pages' own words.
struct PageContent: Sendable {
  let store: MirrorStore

  static let conversationsPerPage = 50
  static let hitsPerPage = 30
  /// Beyond this a branch is shown in pages.
  static let messagesPerPage = 200

  func conversations(_ asked: ListFilter, page: Int) throws -> ConversationListView {
    let size = Self.conversationsPerPage
    let filter = ConversationFilter(
      title: asked.title, model: asked.model, state: .init(rawValue: asked.state) ?? .any,
      order: .init(rawValue: asked.order) ?? .newest)
    let found = try store.conversationSummaries(filter, limit: size + 1, offset: (page - 1) * size)
    return ConversationListView(
      rows: found.prefix(size).map(Self.row), filter: asked,
      page: Paging(number: page, hasNext: found.count > size, itemsTotal: try store.conversationCount(filter)),
      isComplete: try store.holdsWholeLists())
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

  /// - Parameters:
  ///   - page: from 1.
  ///   - message: shows the page that has it instead.
  func conversation(_ id: String, branch: String?, page: Int, message: String?) throws -> ConversationView? {
    let size = Self.messagesPerPage
    let window =
      message.map { MessageWindow.with(message: $0, count: size) } ?? .from((page - 1) * size, count: size)
    guard let detail = try store.conversationDetail(id, branch: branch, window: window) else { return nil }
    let isLast = detail.messagesBefore + detail.messages.count >= detail.messagesTotal
    let told = detail.branches.first { $0.id == detail.branchID }?.toldMessageCount
    return ConversationView(
      row: Self.row(detail.summary), branches: Self.tabs(detail),
      messages: detail.messages.map { Self.message($0, in: detail) },
      checkpoints: detail.checkpoints.map(Self.checkpoint), isComplete: detail.isComplete,
      missingCount: told.flatMap { $0 > detail.messagesTotal ? $0 - detail.messagesTotal : nil },
      draftRows: isLast ? detail.drafts.enumerated().flatMap(Self.draft) : [],
      page: Paging(number: detail.messagesBefore / size + 1, hasNext: !isLast, itemsTotal: detail.messagesTotal))
  }

  /// Beyond this the rest of a side is on its own page.
  static let comparedMessagesMax = 200

  /// - Parameters: ids of branches; nil: the main branch on the left, the first other one on the right.
  /// - Returns: nil: no such conversation or branch, or only one branch.
  func comparison(_ id: String, left: String?, right: String?) throws -> CompareView? {
    guard let first = try store.conversationDetail(id, branch: left) else { return nil }
    let leftID = first.branchID ?? ""
    let other = first.branches.first { $0.id != leftID && !$0.isUnread } ?? first.branches.first { $0.id != leftID }
    guard let rightID = right ?? other?.id, let second = try store.conversationDetail(id, branch: rightID) else {
      return nil
    }
    let common = zip(first.messages, second.messages).prefix { $0.id == $1.id }.count
    return CompareView(
      conversation: Self.row(first.summary), branches: Self.tabs(first),
      left: Self.side(first, behind: common), right: Self.side(second, behind: common), commonCount: common,
      lastCommon: common > 0 ? Self.message(first.messages[common - 1], in: first) : nil)
  }

  private static func side(_ detail: ConversationDetail, behind common: Int) -> CompareView.Side {
    let branch = detail.branches.first { $0.id == detail.branchID }
    let own = detail.messages.dropFirst(common)
    return CompareView.Side(
      branchID: detail.branchID ?? "", title: branch?.title ?? "", isMain: branch?.isMain ?? true,
      messages: own.prefix(comparedMessagesMax).map { message($0, in: detail) },
      moreCount: max(0, own.count - comparedMessagesMax), isComplete: detail.isComplete)
  }

  /// - Parameter branch: the one that the reader comes from.
  func tree(_ id: String, branch: String?, account: AccountID? = nil) throws(MirrorError) -> TreeView? {
    guard let detail = try store.conversationDetail(id, branch: branch, account: account),
      let outline = try store.conversationTree(id, account: account)
    else { return nil }
    return TreeView(
      conversation: Self.row(detail.summary), branches: TreeRows(detail, outline).branches,
      currentBranchID: detail.branchID)
  }

  /// The days that the usage page shows: a whole month of any length.
  static let usageDays = 31

  /// - Parameter pending: what was done today and is not written down yet.
  func usage(pending: [DayCount: Int64] = [:], at now: UnixTime = .now) throws -> UsageView {
    let names = UsageDays.names(ofLast: Self.usageDays, at: now)
    let start = UsageDays.start(ofLast: Self.usageDays, at: now)
    var counts = try store.dayCounts(since: start)
    if let today = names.last, !pending.isEmpty {
      counts[today, default: [:]].merge(pending) { Int64(clamping: Self.sum([Int(clamping: $0), Int(clamping: $1)])) }
    }
    let days = names.map { name in Self.day(name, counts[name] ?? [:]) }
    let month = names.last?.prefix(7) ?? ""
    return UsageView(
      days: days,
      rows: try store.usage(since: start).map {
        UsageView.Row(
          day: $0.day, model: $0.model, answers: $0.answers, promptTokens: Int($0.promptTokens),
          completionTokens: Int($0.completionTokens), cost: $0.answersWithCost > 0 ? $0.cost : nil)
      }, callsThisMonth: Self.sum(days.filter { $0.name.hasPrefix(month) }.map(\.calls)))
  }

  /// A damaged file may hold any numbers.
  private static func sum(_ numbers: [Int]) -> Int {
    numbers.reduce(0) { sum, number in
      let (added, isTooMuch) = sum.addingReportingOverflow(max(0, number))
      return isTooMuch ? .max : added
    }
  }

  private static func day(_ name: String, _ counts: [DayCount: Int64]) -> UsageView.Day {
    func count(_ kinds: DayCount...) -> Int { sum(kinds.map { Int(clamping: counts[$0] ?? 0) }) }
    return UsageView.Day(
      name: name, calls: count(.calls), failedCalls: count(.failedCalls), savedCalls: count(.savedCalls),
      streamsComplete: count(.streamsComplete),
      streamsBroken: count(.streamsInterrupted, .streamsAbandoned, .streamsTruncated),
      mirrorBytes: counts[.mirrorBytes])
  }

  // MARK: - Rows

  static func row(_ summary: ConversationSummary) -> ConversationRow {
    ConversationRow(
      id: summary.id, title: summary.title, model: summary.model,
      lastActivity: date(summary.updatedAt ?? summary.createdAt),
      branchCount: summary.branchCount, messageCount: summary.messageCount, hasDrafts: summary.draftCount > 0,
      isComplete: summary.isComplete, isStale: summary.isStale)
  }

  private static func tabs(_ detail: ConversationDetail) -> [BranchTab] {
    BranchForest.ordered(detail.branches).map { branch, depth in
      BranchTab(
        id: branch.id, title: branch.title, isMain: branch.isMain, messageCount: branch.messageCount,
        isCurrent: branch.id == detail.branchID, depth: depth, isUnread: branch.isUnread,
        isMerged: branch.mergedAt != nil)
    }
  }

  static func message(_ message: MessageDetail, in detail: ConversationDetail) -> MessageRow {
    let home = message.branchID == detail.branchID ? nil : detail.branches.first { $0.id == message.branchID }
    return MessageRow(
      id: message.id, role: message.role, content: message.content, model: message.model,
      tokenCount: (message.tokenCount ?? message.usage?.completion).map(Int.init), createdAt: date(message.createdAt),
      state: message.isProvisional ? .provisional : .normal, branchTitle: home?.title,
      earlier: message.earlier.map { EarlierRow(content: $0.content, until: date($0.replacedAt)) })
  }

  /// A draft is the question as it was sent and as much of the answer as arrived.
  static func draft(_ number: Int, _ draft: DraftDetail) -> [MessageRow] {
    let state = MessageState.draft(outcome: draft.outcome.rawValue)
    let id = "draft-\(draft.branchID ?? "")-\(number)"
    return [
      MessageRow(
        id: "\(id)-question", role: "user", content: draft.question, createdAt: date(draft.savedAt)),
      MessageRow(
        id: "\(id)-answer", role: "assistant", content: draft.answer, model: draft.model,
        createdAt: date(draft.savedAt), state: state),
    ]
  }

  static func checkpoint(_ checkpoint: CheckpointDetail) -> CheckpointRow {
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
