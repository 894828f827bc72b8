/// A conversation's branches as a picture: one row a branch, one column a message on the way from the root.
public struct TreeView: Sendable {
  public var conversation: ConversationRow
  /// Parents before their children; the order of the rows.
  public var branches: [TreeBranch]
  /// The branch that the reader came from; its way to the root is shown.
  public var currentBranchID: String?

  public init(conversation: ConversationRow, branches: [TreeBranch] = [], currentBranchID: String? = nil) {
    self.conversation = conversation
    self.branches = branches
    self.currentBranchID = currentBranchID
  }
}

/// One branch of a picture, with its own messages.
public struct TreeBranch: Sendable {
  public var id: String
  public var title: String
  public var isMain: Bool
  /// In the order of their columns.
  public var messages: [TreeMessage]
  /// Where it leaves its parent; nil: at the beginning, or not known.
  public var fork: Fork?
  public var checkpoints: [TreeCheckpoint]
  /// Forks between it and the main branch.
  public var depth: Int
  /// It was merged into the branch that it forks from.
  public var isMerged: Bool

  /// A place on another branch.
  public struct Fork: Sendable {
    /// An index into the picture's branches, before this one.
    public var row: Int
    public var column: Int
    /// The message that it leaves behind.
    public var messageID: String

    public init(row: Int, column: Int, messageID: String) {
      self.row = row
      self.column = column
      self.messageID = messageID
    }
  }

  public init(
    id: String, title: String, isMain: Bool = false, messages: [TreeMessage] = [], fork: Fork? = nil,
    checkpoints: [TreeCheckpoint] = [], depth: Int = 0, isMerged: Bool = false
  ) {
    self.id = id
    self.title = title
    self.isMain = isMain
    self.messages = messages
    self.fork = fork
    self.checkpoints = checkpoints
    self.depth = depth
    self.isMerged = isMerged
  }
}

/// One message of a picture.
public struct TreeMessage: Sendable {
  public var id: String
  public var role: String
  /// The beginning of what it says.
  public var text: String
  /// From 1, the root's.
  public var column: Int

  public init(id: String, role: String, text: String, column: Int) {
    self.id = id
    self.role = role
    self.text = text
    self.column = column
  }
}

/// A checkpoint, where its anchor stands.
public struct TreeCheckpoint: Sendable {
  public var summary: String
  public var column: Int

  public init(summary: String, column: Int) {
    self.summary = summary
    self.column = column
  }
}
