/// A message to send, and how to have it answered.
public struct SendMessageRequest: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["content", "model", "temperature", "maxTokens", "branchId"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// A message to send; nil leaves a choice to the server.
  public init(
    content: String, model: ModelName? = nil, temperature: Double? = nil, maxTokens: Int? = nil,
    branchId: String? = nil
  ) {
    fields = [:]
    self.content = content
    self.model = model
    self.temperature = temperature
    self.maxTokens = maxTokens
    self.branchId = branchId
  }

  /// The text.
  public var content: String? {
    get { self["content"] }
    set { self["content"] = newValue }
  }

  /// The model that answers; nil: the conversation's.
  public var model: ModelName? {
    get { self["model"] }
    set { self["model"] = newValue }
  }

  /// The sampling temperature.
  public var temperature: Double? {
    get { self["temperature"] }
    set { self["temperature"] = newValue }
  }

  /// The longest answer, in tokens.
  public var maxTokens: Int? {
    get { self["maxTokens"] }
    set { self["maxTokens"] = newValue }
  }

  /// The branch to send to; nil: the main branch.
  public var branchId: String? {
    get { self["branchId"] }
    set { self["branchId"] = newValue }
  }
}

/// The answer to a message.
public struct SendMessageResponse: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["message", "assistantMessage", "userMessage", "usage", "model"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The message that was sent; only from servers that tell it.
  public var userMessage: Message? {
    get { self["userMessage"] }
    set { self["userMessage"] = newValue }
  }

  /// What the answer used.
  public var usage: Usage? {
    get { self["usage"] }
    set { self["usage"] = newValue }
  }

  /// The model that answered, as the provider names it.
  public var model: String? {
    get { self["model"] }
    set { self["model"] = newValue }
  }

  /// The assistant's message; older servers name it `assistantMessage`.
  public var message: Message? {
    get { self["message"] ?? self["assistantMessage"] }
    set { self["message"] = newValue }
  }
}

/// The tokens that an answer used.
public struct Usage: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["promptTokens", "completionTokens", "totalTokens"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The context.
  public var promptTokens: Int? {
    get { self["promptTokens"] }
    set { self["promptTokens"] = newValue }
  }

  /// The answer.
  public var completionTokens: Int? {
    get { self["completionTokens"] }
    set { self["completionTokens"] = newValue }
  }

  /// Both.
  public var totalTokens: Int? {
    get { self["totalTokens"] }
    set { self["totalTokens"] = newValue }
  }
}

/// One event of an answer that is being written.
public struct StreamChunk: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["type", "content", "model", "message", "usage", "created"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// What the event brings.
  public var type: Kind? {
    get { self["type"] }
    set { self["type"] = newValue }
  }

  /// The next piece of the text.
  public var content: String? {
    get { self["content"] }
    set { self["content"] = newValue }
  }

  /// The model that answers, as the provider names it.
  public var model: String? {
    get { self["model"] }
    set { self["model"] = newValue }
  }

  /// The whole message; in the last event.
  public var message: Message? {
    get { self["message"] }
    set { self["message"] = newValue }
  }

  /// What the answer used; in the last event.
  public var usage: Usage? {
    get { self["usage"] }
    set { self["usage"] = newValue }
  }

  /// When the event was made, in the server's unit.
  public var created: Int? {
    get { self["created"] }
    set { self["created"] = newValue }
  }

  /// What an event brings.
  public typealias Kind = StreamChunkKind

  /// The answer as a whole, once this is the event that brings it.
  public var completion: SendMessageResponse? { type == .complete ? SendMessageResponse(fields: fields) : nil }
}

/// What an event of a stream brings.
public struct StreamChunkKind: OpenValue {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// A piece of the text.
  public static let content = StreamChunkKind(rawValue: "content")
  /// The whole message; the last event.
  public static let complete = StreamChunkKind(rawValue: "complete")

  public static let known: [StreamChunkKind] = [.content, .complete]
}
