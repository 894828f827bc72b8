internal import GRDB

extension MirrorStore {
  /// What the mirror can say to a read. An account that is refused gets `.unknown`, whatever is stored.
  public func answer(_ read: MirrorRead, account: AccountID) throws(MirrorError) -> MirrorAnswer {
    let answer = try self.read("answer from the mirror") { db -> MirrorAnswer in
      let part = Partition(db: db, account: account.rawValue)
      guard try part.isAdmitted() else { return .unknown }
      if let (response, isStale) = try part.response(read), !isStale, response.isWhole { return .verbatim(response) }
      return try part.compose(read)
    }
    if case .composed = answer, read.kind == .tree { countDocuments(1) }
    return answer
  }

  /// The API's own answer to this very read, and whether it went stale: its validators serve a conditional fetch.
  /// - Returns: nil: none is stored, or the account is refused.
  public func storedResponse(
    _ read: MirrorRead, account: AccountID
  ) throws(MirrorError) -> (response: StoredResponse, isStale: Bool)? {
    try self.read("look a stored answer up") { db in
      let part = Partition(db: db, account: account.rawValue)
      return try part.isAdmitted() ? part.response(read) : nil
    }
  }

  /// The `ETag` of the API's own answer to this very read, for a conditional fetch.
  /// - Returns: nil: none is stored, it had none, or the account is refused.
  public func entityTag(_ read: MirrorRead, account: AccountID) throws(MirrorError) -> String? {
    try self.read("look a stored answer up") { db in
      let part = Partition(db: db, account: account.rawValue)
      return try part.isAdmitted() ? part.entityTag(read) : nil
    }
  }

  /// The conversation that a write is about, also when its path names a message or checkpoint; nil: not known here.
  public func conversationID(of write: MirrorWrite, account: AccountID) throws(MirrorError) -> String? {
    switch write {
    case .updateMessage(let id), .deleteMessage(let id): try conversationID(ofMessage: id, account: account)
    case .deleteCheckpoint(let id), .recreateCheckpoint(let id): try conversationID(ofCheckpoint: id, account: account)
    default: write.conversationID
    }
  }

  /// nil: the message is not known.
  public func conversationID(ofMessage id: String, account: AccountID) throws(MirrorError) -> String? {
    try read("look a message up") { db in
      try Partition(db: db, account: account.rawValue).conversation(ofMessage: id)?.cid
    }
  }

  /// nil: the checkpoint is not known.
  public func conversationID(ofCheckpoint id: String, account: AccountID) throws(MirrorError) -> String? {
    try read("look a checkpoint up") { db in
      try Partition(db: db, account: account.rawValue).conversation(ofCheckpoint: id)?.cid
    }
  }
}
