/// A conversation to create.
public struct CreateConversationRequest: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["title", "model"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// A conversation to create.
  public init(title: String, model: ModelName? = nil) {
    fields = [:]
    self.title = title
    self.model = model
  }

  /// Its title.
  public var title: String? {
    get { self["title"] }
    set { self["title"] = newValue }
  }

  /// The model that answers by default; nil: the server's choice.
  public var model: ModelName? {
    get { self["model"] }
    set { self["model"] = newValue }
  }
}

/// What to change about a conversation; what is nil stays as it is.
public struct UpdateConversationRequest: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["title", "model"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// Changes to a conversation. Others than these go into ``fields``.
  public init(title: String? = nil, model: ModelName? = nil) {
    fields = [:]
    self.title = title
    self.model = model
  }

  /// The new title.
  public var title: String? {
    get { self["title"] }
    set { self["title"] = newValue }
  }

  /// The new default model.
  public var model: ModelName? {
    get { self["model"] }
    set { self["model"] = newValue }
  }
}

/// Which part of the list of conversations to give.
public struct ListConversationsParams: Sendable, Hashable {
  /// The page, from 1; nil: the first.
  public var page: Int?
  /// Conversations on a page; nil: the server's choice.
  public var limit: Int?
  /// Whose conversations; nil: all.
  public var filter: ConversationFilter?

  /// Everything from the start, unless said otherwise.
  public init(page: Int? = nil, limit: Int? = nil, filter: ConversationFilter? = nil) {
    self.page = page
    self.limit = limit
    self.filter = filter
  }

  var query: [(String, String)] {
    [("page", page.map(String.init)), ("limit", limit.map(String.init)), ("filter", filter?.rawValue)]
      .compactMap { name, value in value.map { (name, $0) } }
  }
}

/// One page of a list.
public struct PaginatedResponse<Element: Sendable>: Sendable {
  /// What is on this page.
  public var data: [Element]
  /// How many there are on all pages.
  public var total: Int
  /// The number of this page, from 1.
  public var page: Int
  /// How many fit on a page.
  public var limit: Int
  /// Whether a page follows; nil: the server does not tell (the TypeScript form of the list).
  public var hasNext: Bool?

  /// One page.
  public init(data: [Element], total: Int, page: Int, limit: Int, hasNext: Bool? = nil) {
    self.data = data
    self.total = total
    self.page = page
    self.limit = limit
    self.hasNext = hasNext
  }
}
