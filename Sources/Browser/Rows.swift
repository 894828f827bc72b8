public import Foundation

/// What every page shows around its content.
public struct PageFrame: Sendable {
  /// The text of the browser's tab; the product name is added.
  public var title: String
  /// What the search box holds.
  public var searchText: String
  /// How upstream is: `online`, `suspect`, `offline` or `bypass`.
  public var mode: String
  /// One sentence above the content; nil: what the mode itself has to say.
  public var notice: String?
  /// Where apps reach this daemon, without a path: shown where a page explains how to point an app at it.
  public var origin: String

  public init(
    title: String, searchText: String = "", mode: String = "online", notice: String? = nil,
    origin: String = "http://127.0.0.1:8484"
  ) {
    self.title = title
    self.searchText = searchText
    self.mode = mode
    self.notice = notice
    self.origin = origin
  }
}

/// Which part of a longer list a page shows.
public struct Paging: Sendable, Equatable {
  /// Counted from 1.
  public var number: Int
  public var hasNext: Bool
  /// How many items there are on all pages; nil: unknown.
  public var itemsTotal: Int?

  public init(number: Int = 1, hasNext: Bool = false, itemsTotal: Int? = nil) {
    self.number = number
    self.hasNext = hasNext
    self.itemsTotal = itemsTotal
  }
}

/// One conversation as the list shows it.
public struct ConversationRow: Sendable {
  public var id: String
  public var title: String
  public var model: String?
  public var lastActivity: Date?
  public var branchCount: Int
  public var messageCount: Int
  /// An answer of it broke off before its end.
  public var hasDrafts: Bool
  /// false: only a part of it has been read through the daemon so far.
  public var isComplete: Bool
  /// ChatRoutes named a change of it that is newer than what is held of it.
  public var isStale: Bool

  public init(
    id: String, title: String, model: String? = nil, lastActivity: Date? = nil, branchCount: Int = 1,
    messageCount: Int = 0, hasDrafts: Bool = false, isComplete: Bool = true, isStale: Bool = false
  ) {
    self.id = id
    self.title = title
    self.model = model
    self.lastActivity = lastActivity
    self.branchCount = branchCount
    self.messageCount = messageCount
    self.hasDrafts = hasDrafts
    self.isComplete = isComplete
    self.isStale = isStale
  }
}

/// How sure the daemon is of a message.
public enum MessageState: Sendable, Equatable {
  /// As ChatRoutes listed it.
  case normal
  /// An answer that did not arrive whole: `interrupted`, `abandoned` or `truncated`.
  case draft(outcome: String)
  /// Sent through the daemon, not yet seen in a list of ChatRoutes.
  case provisional
}

/// One message of a branch.
public struct MessageRow: Sendable {
  public var id: String
  /// `user`, `assistant`, `system`, or what a later API calls it.
  public var role: String
  public var content: String
  public var model: String?
  public var tokenCount: Int?
  public var createdAt: Date?
  public var state: MessageState
  /// The branch it was written on when that is not the one shown.
  public var branchTitle: String?
  /// What it said before it was edited, oldest first.
  public var earlier: [EarlierRow]

  public init(
    id: String, role: String, content: String, model: String? = nil, tokenCount: Int? = nil, createdAt: Date? = nil,
    state: MessageState = .normal, branchTitle: String? = nil, earlier: [EarlierRow] = []
  ) {
    self.id = id
    self.role = role
    self.content = content
    self.model = model
    self.tokenCount = tokenCount
    self.createdAt = createdAt
    self.state = state
    self.branchTitle = branchTitle
    self.earlier = earlier
  }
}

/// What a message said before an edit.
public struct EarlierRow: Sendable {
  public var content: String
  /// When the edit was seen.
  public var until: Date?

  public init(content: String, until: Date? = nil) {
    self.content = content
    self.until = until
  }
}

/// One branch in the list beside the messages; the list is in tree order, parents before children.
public struct BranchTab: Sendable {
  public var id: String
  public var title: String
  public var isMain: Bool
  public var messageCount: Int
  public var isCurrent: Bool
  /// Forks between it and the main branch; 0: the main branch.
  public var depth: Int
  /// Its messages were never read through the daemon.
  public var isUnread: Bool
  public var isMerged: Bool

  public init(
    id: String, title: String, isMain: Bool = false, messageCount: Int = 0, isCurrent: Bool = false, depth: Int = 0,
    isUnread: Bool = false, isMerged: Bool = false
  ) {
    self.id = id
    self.title = title
    self.isMain = isMain
    self.messageCount = messageCount
    self.isCurrent = isCurrent
    self.depth = depth
    self.isUnread = isUnread
    self.isMerged = isMerged
  }
}

/// A summary that stands for everything up to its anchor message.
public struct CheckpointRow: Sendable {
  public var id: String
  public var summary: String
  /// nil: the anchor is not among the messages shown.
  public var anchorMessageID: String?
  public var tokenCount: Int?
  public var createdAt: Date?

  public init(
    id: String, summary: String, anchorMessageID: String? = nil, tokenCount: Int? = nil, createdAt: Date? = nil
  ) {
    self.id = id
    self.summary = summary
    self.anchorMessageID = anchorMessageID
    self.tokenCount = tokenCount
    self.createdAt = createdAt
  }
}

/// One branch of one conversation, with what surrounds it.
public struct ConversationView: Sendable {
  public var row: ConversationRow
  public var branches: [BranchTab]
  /// Oldest first.
  public var messages: [MessageRow]
  public var checkpoints: [CheckpointRow]
  /// false: the branch has messages that were never read through the daemon.
  public var isComplete: Bool
  /// How many ChatRoutes said there are beyond those that are held; nil: it did not say.
  public var missingCount: Int?
  /// Answers that broke off, shown behind the messages.
  public var draftRows: [MessageRow]
  public var page: Paging

  public init(
    row: ConversationRow, branches: [BranchTab] = [], messages: [MessageRow] = [], checkpoints: [CheckpointRow] = [],
    isComplete: Bool = true, missingCount: Int? = nil, draftRows: [MessageRow] = [], page: Paging = Paging()
  ) {
    self.row = row
    self.missingCount = missingCount
    self.branches = branches
    self.messages = messages
    self.checkpoints = checkpoints
    self.isComplete = isComplete
    self.draftRows = draftRows
    self.page = page
  }
}

/// One place where the words of a search were found.
public struct SearchHitRow: Sendable {
  /// A piece of the text around a match.
  public struct SnippetPart: Sendable {
    public var text: String
    public var isMatch: Bool

    public init(text: String, isMatch: Bool) {
      self.text = text
      self.isMatch = isMatch
    }
  }

  public var conversationID: String
  public var conversationTitle: String
  /// nil: the title matched, not a message.
  public var messageID: String?
  /// nil: the main branch.
  public var branchID: String?
  public var role: String?
  public var createdAt: Date?
  public var snippet: [SnippetPart]

  public init(
    conversationID: String, conversationTitle: String, messageID: String? = nil, branchID: String? = nil,
    role: String? = nil, createdAt: Date? = nil, snippet: [SnippetPart] = []
  ) {
    self.conversationID = conversationID
    self.conversationTitle = conversationTitle
    self.messageID = messageID
    self.branchID = branchID
    self.role = role
    self.createdAt = createdAt
    self.snippet = snippet
  }
}
