/// A line of messages through a conversation.
public struct Branch: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = [
    "id", "conversationId", "parentBranchId", "forkPointMessageId", "title", "description", "contextMode", "isMain",
    "isActive", "createdAt", "updatedAt", "messageCount",
  ]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The branch's id.
  public var id: String? {
    get { self["id"] }
    set { self["id"] = newValue }
  }

  /// The conversation it belongs to.
  public var conversationId: String? {
    get { self["conversationId"] }
    set { self["conversationId"] = newValue }
  }

  /// The branch it grew from.
  public var parentBranchId: String? {
    get { self["parentBranchId"] }
    set { self["parentBranchId"] = newValue }
  }

  /// The message it grew from.
  public var forkPointMessageId: String? {
    get { self["forkPointMessageId"] }
    set { self["forkPointMessageId"] = newValue }
  }

  /// Its title.
  public var title: String? {
    get { self["title"] }
    set { self["title"] = newValue }
  }

  /// How much of the parent's messages the model sees.
  public var contextMode: ContextMode? {
    get { self["contextMode"] }
    set { self["contextMode"] = newValue }
  }

  /// Whether it is the conversation's main branch.
  public var isMain: Bool? {
    get { self["isMain"] }
    set { self["isMain"] = newValue }
  }

  /// Whether it is in use.
  public var isActive: Bool? {
    get { self["isActive"] }
    set { self["isActive"] = newValue }
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

  /// How many messages it holds.
  public var messageCount: Int? {
    get { self["messageCount"] }
    set { self["messageCount"] = newValue }
  }

  /// What the branch is for (`description` on the wire).
  public var purpose: String? {
    get { self["description"] }
    set { self["description"] = newValue }
  }
}

/// How much of its parent's messages a branch shows to the model.
public struct ContextMode: OpenValue {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// All of them.
  public static let full = ContextMode(rawValue: "FULL")
  /// Some of them.
  public static let partial = ContextMode(rawValue: "PARTIAL")
  /// As few as possible.
  public static let minimal = ContextMode(rawValue: "MINIMAL")

  public static let known: [ContextMode] = [.full, .partial, .minimal]
}

/// A branch to create.
public struct CreateBranchRequest: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["title", "baseNodeId", "description", "contextMode"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// A branch to create; nil leaves a choice to the server.
  public init(title: String, baseNodeId: String? = nil, purpose: String? = nil, contextMode: ContextMode? = nil) {
    fields = [:]
    self.title = title
    self.baseNodeId = baseNodeId
    self.purpose = purpose
    self.contextMode = contextMode
  }

  /// Its title.
  public var title: String? {
    get { self["title"] }
    set { self["title"] = newValue }
  }

  /// The message it starts from; nil: the server chooses.
  public var baseNodeId: String? {
    get { self["baseNodeId"] }
    set { self["baseNodeId"] = newValue }
  }

  /// How much of the parent's messages the model sees.
  public var contextMode: ContextMode? {
    get { self["contextMode"] }
    set { self["contextMode"] = newValue }
  }

  /// What the branch is for (`description` on the wire).
  public var purpose: String? {
    get { self["description"] }
    set { self["description"] = newValue }
  }
}

/// A branch to fork off at a message.
public struct ForkConversationRequest: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["forkPointMessageId", "title", "contextMode"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// A branch to fork off.
  public init(forkPointMessageId: String, title: String, contextMode: ContextMode? = nil) {
    fields = [:]
    self.forkPointMessageId = forkPointMessageId
    self.title = title
    self.contextMode = contextMode
  }

  /// The message at which the branch begins.
  public var forkPointMessageId: String? {
    get { self["forkPointMessageId"] }
    set { self["forkPointMessageId"] = newValue }
  }

  /// Its title.
  public var title: String? {
    get { self["title"] }
    set { self["title"] = newValue }
  }

  /// How much of the parent's messages the model sees.
  public var contextMode: ContextMode? {
    get { self["contextMode"] }
    set { self["contextMode"] = newValue }
  }
}

/// What to change about a branch; what is nil stays as it is.
public struct UpdateBranchRequest: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["title", "description", "contextMode", "isActive"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// Changes to a branch. Others than these go into ``fields``.
  public init(
    title: String? = nil, purpose: String? = nil, contextMode: ContextMode? = nil, isActive: Bool? = nil
  ) {
    fields = [:]
    self.title = title
    self.purpose = purpose
    self.contextMode = contextMode
    self.isActive = isActive
  }

  /// The new title.
  public var title: String? {
    get { self["title"] }
    set { self["title"] = newValue }
  }

  /// The new context mode.
  public var contextMode: ContextMode? {
    get { self["contextMode"] }
    set { self["contextMode"] = newValue }
  }

  /// Whether it is in use.
  public var isActive: Bool? {
    get { self["isActive"] }
    set { self["isActive"] = newValue }
  }

  /// What the branch is for (`description` on the wire).
  public var purpose: String? {
    get { self["description"] }
    set { self["description"] = newValue }
  }
}
