/// A conversation in a list of the mirror's own pages.
public struct ConversationSummary: Sendable, Equatable {
  public var account: AccountID
  public var id: String
  /// "" when it has none.
  public var title: String
  public var model: String?
  public var createdAt: UnixTime?
  public var updatedAt: UnixTime?
  /// Visible messages that the mirror holds.
  public var messageCount: Int
  public var branchCount: Int
  public var draftCount: Int
  /// Do the messages of its main branch lack nothing, as far as the mirror knows?
  public var isComplete: Bool
  /// Did the API name a change that is newer than what was last read of it or written to it through here?
  public var isStale: Bool
}

/// Which messages of a branch are read.
public enum MessageWindow: Sendable, Equatable {
  case all
  /// So many from a place on, which counts from 0.
  case from(Int, count: Int)
  /// The one of the windows of a size, laid end to end, that has this message; the first one if none has.
  case with(message: String, count: Int)
}

/// Which conversations are listed, and in which order.
public struct ConversationFilter: Sendable, Equatable {
  public enum Order: String, Sendable, CaseIterable { case newest, oldest, title, longest }
  public enum State: String, Sendable, CaseIterable {
    case any
    /// An answer broke off.
    case drafts
    /// Known not to be held in full.
    case partial
  }

  /// What the title contains, as written; "" is every title.
  public var title: String
  /// What the model's name contains; "" is every model.
  public var model: String
  public var state: State
  public var order: Order

  public init(title: String = "", model: String = "", state: State = .any, order: Order = .newest) {
    (self.title, self.model, self.state, self.order) = (title, model, state, order)
  }

  public var isEverything: Bool { title.isEmpty && model.isEmpty && state == .any }
}

/// A conversation as the mirror's own pages show it.
public struct ConversationDetail: Sendable, Equatable {
  public var summary: ConversationSummary
  public var branches: [BranchSummary]
  /// The branch whose messages these are; nil: the main branch, whose id is not known.
  public var branchID: String?
  /// Those of the window that was asked for, oldest first.
  public var messages: [MessageDetail]
  /// How many messages the branch has before the window.
  public var messagesBefore: Int
  /// How many messages the branch has, as far as the mirror holds them.
  public var messagesTotal: Int
  public var drafts: [DraftDetail]
  public var checkpoints: [CheckpointDetail]
  /// Do the messages lack nothing, as far as the mirror knows?
  public var isComplete: Bool
  /// Does nothing lack of any branch, as far as the mirror knows?
  public var isWhole: Bool
}

public struct BranchSummary: Sendable, Equatable {
  public var id: String
  public var title: String
  public var parentBranchID: String?
  public var forkPointMessageID: String?
  public var contextMode: String?
  public var isMain: Bool
  /// Visible messages of this branch's own that the mirror holds.
  public var messageCount: Int
  /// How many messages the API said that it shows, inherited ones included; nil: it did not say.
  public var toldMessageCount: Int?
  /// When it was merged into its parent; nil: it was not, or nothing is known of it.
  public var mergedAt: UnixTime?
  /// Have its messages never been read through here?
  public var isUnread = false
}

public struct MessageDetail: Sendable, Equatable {
  public var id: String
  public var branchID: String?
  public var parentMessageID: String?
  /// "user", "assistant", "system" or what else the API calls it; "" when it does not say.
  public var role: String
  public var content: String
  public var model: String?
  public var tokenCount: Int64?
  /// What the API counted for it, when it was sent through here.
  public var usage: TokenUsage?
  public var createdAt: UnixTime?
  /// Made from a request; the API has not shown it yet.
  public var isProvisional: Bool
  /// What it said before it was edited, oldest first.
  public var earlier: [EarlierText] = []
}

/// What a message said before an edit.
public struct EarlierText: Sendable, Equatable {
  public var content: String
  public var replacedAt: UnixTime
}

/// The tokens of one answer; nil: not said.
public struct TokenUsage: Sendable, Equatable {
  /// Of the question and all that went with it.
  public var prompt: Int64?
  /// Of the answer.
  public var completion: Int64?
  public var total: Int64?
}

/// What came of a stream that broke.
public struct DraftDetail: Sendable, Equatable {
  public var branchID: String?
  /// The user's message.
  public var question: String
  /// What arrived of the answer.
  public var answer: String
  public var model: String?
  public var outcome: StreamOutcome
  public var savedAt: UnixTime
}

public struct CheckpointDetail: Sendable, Equatable {
  public var id: String
  public var branchID: String?
  public var anchorMessageID: String?
  public var summary: String
  public var tokenCount: Int64?
  public var createdAt: UnixTime?
}

/// A conversation's messages as a tree, flat: a parent comes before its children.
public struct TreeOutline: Sendable, Equatable {
  public struct Node: Sendable, Equatable {
    public var messageID: String
    /// An index into `nodes`; nil: the root.
    public var parent: Int?
    /// The root's is 1.
    public var depth: Int
    /// nil: the main branch, whose id is not known.
    public var branchID: String?
    /// Is it the first message of its branch?
    public var opensBranch: Bool
    public var role: String
    public var content: String
  }

  public var nodes: [Node]
  public var branches: [BranchSummary]
}

/// A message or title that has the words that were searched for.
public struct SearchHit: Sendable, Equatable {
  public var account: AccountID
  public var conversationID: String
  public var conversationTitle: String
  /// nil: the title itself was found.
  public var messageID: String?
  public var branchID: String?
  public var role: String?
  public var createdAt: UnixTime?
  public var snippet: String
  /// Where the words stand, in UTF-8 bytes of `snippet`; never overlapping, in order.
  public var highlights: [Range<Int>]
}

/// How much the mirror holds, kind by kind.
public struct MirrorCounts: Sendable, Equatable {
  public struct Class: Sendable, Equatable {
    /// What is visible: not deleted, and seen.
    public var count: Int
    /// All texts, those of deleted things included.
    public var bytes: Int64
  }

  public var conversations: Class
  public var branches: Class
  public var messages: Class
  public var checkpoints: Class
  public var drafts: Class
  /// Whole answers kept for verbatim replay.
  public var responses: Class
  /// Bytes of the database file, its free pages included; the WAL is not counted.
  public var bytes: Int64
}
