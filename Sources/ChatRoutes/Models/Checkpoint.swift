/// A summary that stands in for the messages up to its anchor. On the wire its names are in snake_case.
public struct Checkpoint: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = [
    "id", "conversation_id", "branch_id", "anchor_message_id", "summary", "token_count", "created_at",
  ]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The checkpoint's id.
  public var id: String? {
    get { self["id"] }
    set { self["id"] = newValue }
  }

  /// The conversation it belongs to.
  public var conversationId: String? {
    get { self["conversation_id"] }
    set { self["conversation_id"] = newValue }
  }

  /// The branch it belongs to.
  public var branchId: String? {
    get { self["branch_id"] }
    set { self["branch_id"] = newValue }
  }

  /// The last message it covers.
  public var anchorMessageId: String? {
    get { self["anchor_message_id"] }
    set { self["anchor_message_id"] = newValue }
  }

  /// The summary.
  public var summary: String? {
    get { self["summary"] }
    set { self["summary"] = newValue }
  }

  /// The size of the summary in tokens.
  public var tokenCount: Int? {
    get { self["token_count"] }
    set { self["token_count"] = newValue }
  }

  /// When it was created, ISO 8601.
  public var createdAt: String? {
    get { self["created_at"] }
    set { self["created_at"] = newValue }
  }
}

/// A checkpoint to create.
public struct CheckpointCreateRequest: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["branchId", "anchorMessageId"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// A checkpoint to create.
  public init(branchId: String, anchorMessageId: String) {
    fields = [:]
    self.branchId = branchId
    self.anchorMessageId = anchorMessageId
  }

  /// The branch to summarise.
  public var branchId: String? {
    get { self["branchId"] }
    set { self["branchId"] = newValue }
  }

  /// The last message to cover.
  public var anchorMessageId: String? {
    get { self["anchorMessageId"] }
    set { self["anchorMessageId"] = newValue }
  }
}
