internal import Foundation
public import LocalServer
internal import MirrorStore

/// The mirror as the commands read it: read-only, with or without a running daemon.
public struct LocalMirror: Sendable {
  let store: MirrorStore

  init(store: MirrorStore) { self.store = store }

  /// - Throws: `StartError` that says what to do.
  public init(path: String) throws(StartError) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StartError(
        "there is no mirror at \(path) yet. Run `chatroutesd serve` and point an app at it, or give --database.")
    }
    do { store = try MirrorStore.open(.file(path), readOnly: true) } catch {
      throw StartError("\(error)")
    }
  }

  public struct Conversation: Codable, Sendable {
    public var id: String
    public var title: String
    public var model: String?
    public var updatedAt: String?
    public var messages: Int
    public var branches: Int
    public var drafts: Int
    public var isComplete: Bool
    /// ChatRoutes named a change that is newer than what is held.
    public var isStale: Bool
  }

  public struct Branch: Codable, Sendable {
    public var id: String
    public var title: String
    public var parentBranchId: String?
    public var isMain: Bool
    public var messages: Int
  }

  public struct Message: Codable, Sendable {
    public var id: String
    public var role: String
    public var content: String
    public var model: String?
    /// As the API counted them when it answered; nil: not said, or not sent through here.
    public var usage: Usage?
    public var createdAt: String?
    public var branchId: String?
    /// `provisional`: not yet seen in a list of the API; else how the stream of a draft ended.
    public var state: String?
  }

  /// The tokens of one answer, named as the API names them.
  public struct Usage: Codable, Sendable {
    public var promptTokens: Int64?
    public var completionTokens: Int64?
    public var totalTokens: Int64?
  }

  public struct Thread: Codable, Sendable {
    public var conversation: Conversation
    public var branch: String?
    public var branches: [Branch]
    public var messages: [Message]
    public var drafts: [Message]
    public var isComplete: Bool
  }

  /// A conversation's branches, parents before their children.
  public struct Tree: Codable, Sendable {
    public var conversation: Conversation
    public var branches: [TreeBranch]
    public var isComplete: Bool
  }

  public struct TreeBranch: Codable, Sendable {
    public var id: String
    public var title: String
    public var isMain: Bool
    public var parentBranchId: String?
    public var forkPointMessageId: String?
    /// The beginning of the message that it forks behind; nil: not known.
    public var forkPoint: String?
    public var messages: Int
    public var checkpoints: Int
    /// 0: no known parent.
    public var depth: Int
    /// When it was merged into its parent; nil: it was not.
    public var mergedAt: String?
  }

  public struct Hit: Codable, Sendable {
    public var conversationId: String
    public var title: String
    public var messageId: String?
    public var branchId: String?
    public var role: String?
    public var createdAt: String?
    public var snippet: String
    /// UTF-8 ranges of `snippet` that matched: start, end.
    public var highlights: [[Int]]

    /// The snippet cut at its matches.
    public var parts: [(text: String, isMatch: Bool)] {
      SnippetParts.cut(snippet, at: highlights.map { $0[0]..<$0[1] })
    }
  }

  /// In which order conversations are listed.
  public enum ListOrder: String, Sendable, CaseIterable { case newest, oldest, title, longest }
  /// Which of them: `drafts` have an answer that broke off, `partial` ones are known not to be held in full.
  public enum ListState: String, Sendable, CaseIterable { case any, drafts, partial }

  /// Conversations whose titles and models contain something.
  public func conversations(
    title: String? = nil, model: String? = nil, state: ListState = .any, order: ListOrder = .newest, limit: Int
  ) throws(StartError) -> [Conversation] {
    let filter = ConversationFilter(
      title: title ?? "", model: model ?? "", state: .init(rawValue: state.rawValue) ?? .any,
      order: .init(rawValue: order.rawValue) ?? .newest)
    return try reading { () throws(MirrorError) in
      try store.conversationSummaries(filter, limit: limit).map(Self.conversation)
    }
  }

  /// One conversation with the messages of one branch; `nil`: not in the mirror.
  public func thread(_ id: String, branch: String?) throws(StartError) -> Thread? {
    try reading { () throws(MirrorError) in try store.conversationDetail(id, branch: branch).map(Self.thread) }
  }

  /// The branches of a conversation; `nil`: not in the mirror.
  public func tree(_ id: String) throws(StartError) -> Tree? {
    try reading { () throws(MirrorError) in
      guard let detail = try store.conversationDetail(id), let outline = try store.conversationTree(id) else {
        return nil
      }
      let contents = Dictionary(
        outline.nodes.map { ($0.messageID, $0.content) }, uniquingKeysWith: { first, _ in first })
      let checkpoints = Dictionary(grouping: detail.checkpoints) { $0.branchID }
      return Tree(
        conversation: Self.conversation(detail.summary),
        branches: BranchForest.ordered(detail.branches).map { branch, depth in
          TreeBranch(
            id: branch.id, title: branch.title, isMain: branch.isMain, parentBranchId: branch.parentBranchID,
            forkPointMessageId: branch.forkPointMessageID,
            forkPoint: branch.forkPointMessageID.flatMap { contents[$0] }.map { String($0.prefix(Self.forkPointMax)) },
            messages: branch.messageCount, checkpoints: checkpoints[branch.id]?.count ?? 0, depth: depth,
            mergedAt: Self.text(branch.mergedAt))
        }, isComplete: detail.isWhole)
    }
  }

  /// How much of a message is shown to recognize it by.
  private static let forkPointMax = 80

  /// What a query finds, and what of it was not understood; see `SearchQuery`.
  /// - Parameter bestFirst: what is about the words most comes first, not what is newest.
  public func search(_ line: String, bestFirst: Bool = false, limit: Int) throws(StartError) -> (
    hits: [Hit], hints: [String]
  ) {
    let query = SearchQuery(line)
    let hits = try reading { () throws(MirrorError) in
      try store.search(query, order: bestFirst ? .best : .newest, limit: limit).map { hit in
        Hit(
          conversationId: hit.conversationID, title: hit.conversationTitle, messageId: hit.messageID,
          branchId: hit.branchID, role: hit.role, createdAt: Self.text(hit.createdAt), snippet: hit.snippet,
          highlights: hit.highlights.map { [$0.lowerBound, $0.upperBound] })
      }
    }
    return (hits, query.hints)
  }

  /// What the answers of one day and model cost.
  public struct DayUsage: Codable, Sendable {
    /// `2026-11-26`, in UTC.
    public var day: String
    public var model: String?
    public var answers: Int
    public var promptTokens: Int64
    public var completionTokens: Int64
    public var totalTokens: Int64
    /// US dollars; nil: ChatRoutes named it for none of the answers.
    public var cost: Double?
  }

  /// What the daemon did on one day.
  public struct DayCalls: Codable, Sendable {
    /// `2026-11-26`, in UTC.
    public var day: String
    public var calls: Int64
    public var failedCalls: Int64
    public var savedCalls: Int64
    public var streamsComplete: Int64
    public var streamsInterrupted: Int64
    public var streamsAbandoned: Int64
    public var streamsTruncated: Int64
    public var mirrorBytes: Int64
  }

  /// What the daemon did in the last days, today included; the newest day first, days without anything left out.
  public func calls(days: Int) throws(StartError) -> [DayCalls] {
    try reading { () throws(MirrorError) in
      try store.dayCounts(since: UsageDays.start(ofLast: days, at: .now)).sorted { $0.key > $1.key }.map {
        day, counts in
        func count(_ kind: DayCount) -> Int64 { counts[kind] ?? 0 }
        return DayCalls(
          day: day, calls: count(.calls), failedCalls: count(.failedCalls), savedCalls: count(.savedCalls),
          streamsComplete: count(.streamsComplete), streamsInterrupted: count(.streamsInterrupted),
          streamsAbandoned: count(.streamsAbandoned), streamsTruncated: count(.streamsTruncated),
          mirrorBytes: count(.mirrorBytes))
      }
    }
  }

  /// What answers cost in the last days, today included; the newest day first.
  public func usage(days: Int) throws(StartError) -> [DayUsage] {
    try reading { () throws(MirrorError) in
      try store.usage(since: UsageDays.start(ofLast: days, at: .now)).map {
        DayUsage(
          day: $0.day, model: $0.model, answers: $0.answers, promptTokens: $0.promptTokens,
          completionTokens: $0.completionTokens, totalTokens: $0.totalTokens,
          cost: $0.answersWithCost > 0 ? $0.cost : nil)
      }
    }
  }

  public struct Recording: Codable, Sendable {
    /// The message that the stream brought: what `replay` takes.
    public var id: String
    public var conversationId: String
    public var startedAt: String?
    public var bytes: Int
    public var pieces: Int
    public var milliseconds: Int
  }

  /// Recorded streams, newest first.
  public func recordings(limit: Int) throws(StartError) -> [Recording] {
    try reading { () throws(MirrorError) in
      try store.recordings(limit: limit).map {
        Recording(
          id: $0.messageID, conversationId: $0.conversationID, startedAt: Self.text($0.startedAt), bytes: $0.byteCount,
          pieces: $0.pieceCount, milliseconds: $0.milliseconds)
      }
    }
  }

  /// A server that answers every request with the stream that brought a message, as it came.
  /// - Parameter speed: 2 is twice as fast; 0: without any pause.
  /// - Returns: nil: no such stream is kept.
  public func replay(ofMessage id: String, speed: Double) throws(StartError) -> LocalServer? {
    let recording = try reading { () throws(MirrorError) in try store.recording(ofMessage: id) }
    return recording.map { Replay(recording: $0, speed: speed).server() }
  }

  func reading<Value>(_ work: () throws(MirrorError) -> Value) throws(StartError) -> Value {
    do { return try work() } catch { throw StartError("\(error)") }
  }

  private static func conversation(_ summary: ConversationSummary) -> Conversation {
    Conversation(
      id: summary.id, title: summary.title, model: summary.model,
      updatedAt: text(summary.updatedAt ?? summary.createdAt),
      messages: summary.messageCount, branches: summary.branchCount, drafts: summary.draftCount,
      isComplete: summary.isComplete, isStale: summary.isStale)
  }

  private static func thread(_ detail: ConversationDetail) -> Thread {
    Thread(
      conversation: conversation(detail.summary), branch: detail.branchID,
      branches: detail.branches.map {
        Branch(
          id: $0.id, title: $0.title, parentBranchId: $0.parentBranchID, isMain: $0.isMain, messages: $0.messageCount)
      },
      messages: detail.messages.map {
        Message(
          id: $0.id, role: $0.role, content: $0.content, model: $0.model,
          usage: $0.usage.map {
            Usage(promptTokens: $0.prompt, completionTokens: $0.completion, totalTokens: $0.total)
          }, createdAt: text($0.createdAt),
          branchId: $0.branchID, state: $0.isProvisional ? "provisional" : nil)
      },
      drafts: detail.drafts.flatMap { draft in
        [("user", draft.question, nil), ("assistant", draft.answer, draft.model)].map { role, content, model in
          Message(
            id: "", role: role, content: content, model: model, createdAt: text(draft.savedAt),
            branchId: draft.branchID, state: draft.outcome.rawValue)
        }
      }, isComplete: detail.isComplete)
  }

  private static func text(_ time: UnixTime?) -> String? {
    time.map { Date(timeIntervalSince1970: Double($0.milliseconds) / 1000).formatted(.iso8601) }
  }
}
