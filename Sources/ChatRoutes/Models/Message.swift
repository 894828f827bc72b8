/// One message of a conversation.
public struct Message: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = [
    "id", "conversationId", "branchId", "parentMessageId", "role", "content", "tokenCount", "tokens", "contentHash",
    "createdAt", "deletedAt", "metadata",
  ]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The message's id; an edit makes a new version under the same id.
  public var id: String? {
    get { self["id"] }
    set { self["id"] = newValue }
  }

  /// The conversation it belongs to.
  public var conversationId: String? {
    get { self["conversationId"] }
    set { self["conversationId"] = newValue }
  }

  /// The branch it belongs to.
  public var branchId: String? {
    get { self["branchId"] }
    set { self["branchId"] = newValue }
  }

  /// The message it answers or follows.
  public var parentMessageId: String? {
    get { self["parentMessageId"] }
    set { self["parentMessageId"] = newValue }
  }

  /// Who speaks.
  public var role: Role? {
    get { self["role"] }
    set { self["role"] = newValue }
  }

  /// The text.
  public var content: String? {
    get { self["content"] }
    set { self["content"] = newValue }
  }

  /// SHA-256 (hex) of the message's canonical JSON.
  public var contentHash: String? {
    get { self["contentHash"] }
    set { self["contentHash"] = newValue }
  }

  /// When it was created, ISO 8601.
  public var createdAt: String? {
    get { self["createdAt"] }
    set { self["createdAt"] = newValue }
  }

  /// When it was deleted, ISO 8601; lists leave such messages out.
  public var deletedAt: String? {
    get { self["deletedAt"] }
    set { self["deletedAt"] = newValue }
  }

  /// How the text came about.
  public var metadata: MessageMetadata? {
    get { self["metadata"] }
    set { self["metadata"] = newValue }
  }

  /// The size of the text in tokens; servers name it `tokenCount` or `tokens`.
  public var tokenCount: Int? {
    get { self["tokenCount"] ?? self["tokens"] }
    set { self["tokenCount"] = newValue }
  }
}

/// Who speaks in a message.
public struct Role: OpenValue {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let user = Role(rawValue: "user")
  public static let assistant = Role(rawValue: "assistant")
  public static let system = Role(rawValue: "system")

  public static let known: [Role] = [.user, .assistant, .system]
}

/// How a message's text came about.
public struct MessageMetadata: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = [
    "model", "temperature", "maxTokens", "responseTime", "finishReason", "cost", "context_truncated",
    "checkpoint_used", "prompt_tokens", "context_message_count",
  ]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The model that wrote it, as the provider names it.
  public var model: String? {
    get { self["model"] }
    set { self["model"] = newValue }
  }

  /// The sampling temperature.
  public var temperature: Double? {
    get { self["temperature"] }
    set { self["temperature"] = newValue }
  }

  /// The bound that was set on the answer.
  public var maxTokens: Int? {
    get { self["maxTokens"] }
    set { self["maxTokens"] = newValue }
  }

  /// How long the model took, in the server's unit.
  public var responseTime: Double? {
    get { self["responseTime"] }
    set { self["responseTime"] = newValue }
  }

  /// Why the model stopped.
  public var finishReason: String? {
    get { self["finishReason"] }
    set { self["finishReason"] = newValue }
  }

  /// What the call cost.
  public var cost: Double? {
    get { self["cost"] }
    set { self["cost"] = newValue }
  }

  /// Whether older messages were left out of the context.
  public var contextTruncated: Bool? {
    get { self["context_truncated"] }
    set { self["context_truncated"] = newValue }
  }

  /// Whether a checkpoint stood in for older messages.
  public var checkpointUsed: Bool? {
    get { self["checkpoint_used"] }
    set { self["checkpoint_used"] = newValue }
  }

  /// The size of the context in tokens.
  public var promptTokens: Int? {
    get { self["prompt_tokens"] }
    set { self["prompt_tokens"] = newValue }
  }

  /// How many messages the context held.
  public var contextMessageCount: Int? {
    get { self["context_message_count"] }
    set { self["context_message_count"] = newValue }
  }
}
