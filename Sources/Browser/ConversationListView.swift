/// What a reader wants to see of the list of conversations.
public struct ListFilter: Sendable, Equatable {
  /// What titles must contain.
  public var title: String
  /// What models' names must contain.
  public var model: String
  /// `any`, `drafts` or `partial`.
  public var state: String
  /// `newest`, `oldest`, `title` or `longest`.
  public var order: String

  public init(title: String = "", model: String = "", state: String = "any", order: String = "newest") {
    (self.title, self.model, self.state, self.order) = (title, model, state, order)
  }

  static let states = [("any", "All"), ("drafts", "With an unfinished answer"), ("partial", "Partial copies")]
  static let orders = [
    ("newest", "Newest first"), ("oldest", "Oldest first"), ("title", "By title"), ("longest", "Most messages first"),
  ]

  /// Whether conversations may be left out.
  var leavesOut: Bool { !title.isEmpty || !model.isEmpty || state != "any" }
}

/// A page of the list of conversations.
public struct ConversationListView: Sendable {
  /// In the order in which they are shown.
  public var rows: [ConversationRow]
  public var filter: ListFilter
  public var page: Paging
  /// false: ChatRoutes may have conversations that were never read through the daemon.
  public var isComplete: Bool

  public init(
    rows: [ConversationRow] = [], filter: ListFilter = ListFilter(), page: Paging = Paging(), isComplete: Bool = true
  ) {
    (self.rows, self.filter, self.page, self.isComplete) = (rows, filter, page, isComplete)
  }
}
