internal import GRDB

extension MirrorStore {
  /// Keeps the answer to a read: whole for verbatim replay, and folded into entities and lists.
  ///
  /// 2xx answers are kept when they parse and have the expected shape. A 404 to `.conversation` hides that conversation.
  /// - Parameter isCurrent: asked inside of the one writer, before anything is written: did no write overtake this answer?
  ///   Two orders of events: a write that noted itself before the question makes this answer `.notMirrored`; one that notes
  ///   itself after it is saved after this transaction, so its change lies on top. By itself the store only keeps what was
  ///   deleted from coming back through an answer whose `fetchedAt` is not later than the deletion.
  public func save(
    _ read: MirrorRead, _ response: StoredResponse, account: AccountID,
    isCurrent: @escaping @Sendable () -> Bool = { true }
  ) async throws(MirrorError) -> SaveOutcome {
    let doing = "save an answer to the mirror"
    do {
      let seen = try takeApart(read, response)
      try await transact(account, at: response.fetchedAt) { observation in
        guard isCurrent() else { throw Unmirrored(reason: "a write overtook the answer") }
        guard let seen else { return try observation.foldAbsence(of: read) }
        try observation.fold(seen, read)
        try observation.makeStaleWhatChanged()
        try observation.saveResponse(read, response)
      }
      return .stored
    } catch let unmirrored as Unmirrored {
      return .notMirrored(reason: unmirrored.reason)
    } catch {
      throw MirrorError(error, doing: doing)
    }
  }

  /// - Returns: nil: the answer says that there is no such conversation.
  private func takeApart(_ read: MirrorRead, _ response: StoredResponse) throws(Unmirrored) -> SeenRead? {
    if response.status == 404, case .conversation = read { return nil }
    guard (200..<300).contains(response.status) else {
      throw Unmirrored(reason: "status \(response.status) is not kept")
    }
    countDocuments(1)
    return try SeenRead(read, body: response.body)
  }

  /// Upstream said 304 to the validator of the stored answer: it is as good as fetched now.
  /// - Parameter fields: those of the 304, which replace stored ones of the same name (RFC 9111 §4.3.4).
  /// - Returns: the answer with its new fields and time; nil: nothing is stored for this read, or a write overtook it.
  public func revalidate(
    _ read: MirrorRead, fields: [StoredResponse.Field], at time: UnixTime, account: AccountID,
    isCurrent: @escaping @Sendable () -> Bool = { true }
  ) async throws(MirrorError) -> StoredResponse? {
    guard let (stored, isStale) = try storedResponse(read, account: account) else { return nil }
    let response = stored.renewed(by: fields, at: time)
    // What it shows is known already; after a write it may tell more than the mirror knows.
    if isStale {
      return try await save(read, response, account: account, isCurrent: isCurrent) == .stored ? response : nil
    }
    return try await write("renew an answer in the mirror") { db in
      guard isCurrent() else { return nil }
      try db.execute(
        sql: "UPDATE response SET fields = ?, fetched_at = ? WHERE account = ? AND read = ? AND stale = 0",
        arguments: [response.fieldBlob.blob, time.milliseconds, account.rawValue, read.canonicalText])
      return db.changesCount > 0 ? response : nil
    }
  }

  /// Folds what a write did into the mirror; verbatim answers that it made old are not given any more.
  ///
  /// For a write that upstream answered 2xx. When the answer does not tell what was done, the write is treated as one
  /// whose outcome is unknown (see `invalidate`) and the result is `.notMirrored`.
  public func save(
    _ write: MirrorWrite, requestBody: [UInt8], responseBody: [UInt8], at time: UnixTime, account: AccountID
  ) async throws(MirrorError) -> SaveOutcome {
    countDocuments(2)
    return try await saveWrite(
      SeenWrite(write, requestBody: requestBody, responseBody: responseBody), at: time, account)
  }

  /// A write whose outcome is unknown: what it may have changed is no longer given verbatim, and lists that it may have
  /// changed can no longer say what does not exist.
  public func invalidate(
    _ write: MirrorWrite, at time: UnixTime = .now, account: AccountID
  ) async throws(MirrorError) {
    try await observe("note a write in the mirror", account, at: time) { observation in
      try observation.markWritten(observation.ref(of: write))
      try observation.makeStale(by: write, in: observation.ref(of: write), doubting: true)
    }
  }

  /// Keeps what a stream brought that ended with its `complete` event.
  /// - Parameter completeEventData: the JSON text of that event.
  public func saveStream(
    conversation: String, branch: String?, requestBody: [UInt8], completeEventData: [UInt8], at time: UnixTime,
    account: AccountID
  ) async throws(MirrorError) -> SaveOutcome {
    try await save(
      .send(conversation: conversation, branch: branch), requestBody: requestBody, responseBody: completeEventData,
      at: time, account: account)
  }

  /// Keeps what a stream brought that ended without its `complete` event: a draft, never an answer. The write's outcome is
  /// unknown (see `invalidate`).
  public func saveDraft(
    conversation: String, branch: String?, requestBody: [UInt8], text: String, model: String?, outcome: StreamOutcome,
    at time: UnixTime, account: AccountID
  ) async throws(MirrorError) {
    countDocuments(1)
    let request = (try? JSONText(checking: requestBody))?.object  // nil: the question is then not shown
    let write = MirrorWrite.send(conversation: conversation, branch: branch)
    try await observe("save a draft to the mirror", account, at: time) { observation in
      let ref = try observation.conversationRef(conversation)
      try observation.markWritten(ref)
      try observation.saveDraft(request, branch: branch, text: text, model: model, outcome, in: ref)
      try observation.makeStale(by: write, in: ref, doubting: true)
    }
  }

  private func saveWrite(
    _ seen: SeenWrite, at time: UnixTime, _ account: AccountID
  ) async throws(MirrorError) -> SaveOutcome {
    let doing = "save a write to the mirror"
    do {
      try await transact(account, at: time) { observation in
        let refBefore = try observation.ref(of: seen.write)
        try observation.markWritten(refBefore)
        try observation.fold(seen)
        try observation.makeStale(
          by: seen.write, in: refBefore ?? observation.ref(of: seen.write), doubting: false)
        try observation.makeStaleWhatChanged()
      }
      return .stored
    } catch let unmirrored as Unmirrored {
      try await invalidate(seen.write, at: time, account: account)
      return .notMirrored(reason: unmirrored.reason)
    } catch {
      throw MirrorError(error, doing: doing)
    }
  }

  private func observe(
    _ doing: String, _ account: AccountID, at time: UnixTime,
    _ body: @escaping @Sendable (inout Observation) throws -> Void
  ) async throws(MirrorError) {
    do { try await transact(account, at: time, body) } catch { throw MirrorError(error, doing: doing) }
  }

  /// One observation is one transaction: all of it is kept or nothing.
  private func transact(
    _ account: AccountID, at time: UnixTime, _ body: @escaping @Sendable (inout Observation) throws -> Void
  ) async throws {
    try await transaction { db in
      var observation = Observation(part: Partition(db: db, account: account.rawValue), at: time)
      try body(&observation)
    }
  }
}
