/// A conversation: a tree of messages, seen as branches.
public struct Conversation: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = [
    "id", "userId", "title", "model", "createdAt", "updatedAt", "messages", "branches",
  ]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The conversation's id.
  public var id: String? {
    get { self["id"] }
    set { self["id"] = newValue }
  }

  /// The id of the user it belongs to.
  public var userId: String? {
    get { self["userId"] }
    set { self["userId"] = newValue }
  }

  /// Its title.
  public var title: String? {
    get { self["title"] }
    set { self["title"] = newValue }
  }

  /// The model that answers by default.
  public var model: ModelName? {
    get { self["model"] }
    set { self["model"] = newValue }
  }

  /// When it was created, ISO 8601.
  public var createdAt: String? {
    get { self["createdAt"] }
    set { self["createdAt"] = newValue }
  }

  /// When it last changed, ISO 8601.
  public var updatedAt: String? {
    get { self["updatedAt"] }
    set { self["updatedAt"] = newValue }
  }

  /// The messages of the main branch; only where one conversation is asked for.
  public var messages: [Message]? {
    get { self["messages"] }
    set { self["messages"] = newValue }
  }

  /// The branches; only where one conversation is asked for.
  public var branches: [Branch]? {
    get { self["branches"] }
    set { self["branches"] = newValue }
  }
}

/// Which conversations a list shows.
public struct ConversationFilter: OpenValue {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Own and shared ones.
  public static let all = ConversationFilter(rawValue: "all")
  /// Own ones.
  public static let owned = ConversationFilter(rawValue: "owned")
  /// Those that others share with the user.
  public static let shared = ConversationFilter(rawValue: "shared")

  public static let known: [ConversationFilter] = [.all, .owned, .shared]
}

/// The name of a language model. Names that are not listed here are passed on.
public struct ModelName: OpenValue {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The default.
  public static let gpt5 = ModelName(rawValue: "gpt-5")
  public static let claudeOpus41 = ModelName(rawValue: "claude-opus-4-1")
  public static let claudeOpus4 = ModelName(rawValue: "claude-opus-4")
  public static let claudeOpus40 = ModelName(rawValue: "claude-opus-4-0")
  public static let claudeSonnet45 = ModelName(rawValue: "claude-sonnet-4-5")
  public static let claudeSonnet40 = ModelName(rawValue: "claude-sonnet-4-0")
  public static let claude37SonnetLatest = ModelName(rawValue: "claude-3-7-sonnet-latest")
  public static let claude35HaikuLatest = ModelName(rawValue: "claude-3-5-haiku-latest")

  public static let known: [ModelName] = [
    .gpt5, .claudeOpus41, .claudeOpus4, .claudeOpus40, .claudeSonnet45, .claudeSonnet40, .claude37SonnetLatest,
    .claude35HaikuLatest,
  ]
}
