/// How much the mirror may hold, and how long. What goes, goes in this order: verbatim answers (they can be put together
/// again), texts of what was deleted, then whole conversations, those first that were not seen or written to for longest.
public struct RetentionPolicy: Sendable, Equatable {
  /// All of the database in bytes, its free pages not counted; nil: no limit.
  public var bytesMax: Int64?
  /// Verbatim answers in bytes; nil: no limit.
  public var responseBytesMax: Int64?
  /// Texts of messages in bytes; nil: no limit.
  public var messageBytesMax: Int64?
  /// How long what was neither seen nor written to is kept; nil: for good.
  public var ageMax: Duration?
  /// Whether texts of what was deleted stay in the file, out of every answer.
  public var keepsDeleted = true

  public init() {}

  /// A limit that is passed is brought down to this part of it, so that it is not passed again at once.
  static func goal(_ limit: Int64) -> Int64 { limit / 10 * 9 }
}

/// What a pass of retention removed.
public struct RetentionOutcome: Sendable, Equatable {
  public var responses = 0
  /// Whose messages are no longer held; their titles may still be.
  public var conversations = 0
  /// Deleted things whose text is gone.
  public var deletedTexts = 0

  public init() {}

  public var isNothing: Bool { self == RetentionOutcome() }
}
