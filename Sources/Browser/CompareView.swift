/// Two branches of a conversation, from where they part.
public struct CompareView: Sendable {
  /// One of the two.
  public struct Side: Sendable {
    public var branchID: String
    public var title: String
    public var isMain: Bool
    /// Its messages behind the last common one, oldest first.
    public var messages: [MessageRow]
    /// How many of them follow that are not shown.
    public var moreCount: Int
    /// false: it has messages that were never read through the daemon.
    public var isComplete: Bool

    public init(
      branchID: String, title: String, isMain: Bool = false, messages: [MessageRow] = [], moreCount: Int = 0,
      isComplete: Bool = true
    ) {
      (self.branchID, self.title, self.isMain) = (branchID, title, isMain)
      (self.messages, self.moreCount, self.isComplete) = (messages, moreCount, isComplete)
    }
  }

  public var conversation: ConversationRow
  /// All branches, to choose from.
  public var branches: [BranchTab]
  public var left: Side
  public var right: Side
  /// How many messages both begin with.
  public var commonCount: Int
  /// The last of them.
  public var lastCommon: MessageRow?

  public init(
    conversation: ConversationRow, branches: [BranchTab], left: Side, right: Side, commonCount: Int = 0,
    lastCommon: MessageRow? = nil
  ) {
    (self.conversation, self.branches, self.left, self.right) = (conversation, branches, left, right)
    (self.commonCount, self.lastCommon) = (commonCount, lastCommon)
  }
}
