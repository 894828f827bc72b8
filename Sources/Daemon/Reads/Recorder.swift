internal import ChatRoutes
internal import Foundation
internal import HTTPTypes
internal import Logging
internal import MirrorStore
internal import Synchronization
internal import WireFormats

/// Writes into the mirror what passed by. Its failures cost the record, never the answer.
final class Recorder: Sendable {
  /// Largest answer that is mirrored; larger ones are relayed only.
  let responseBytesMax: Int
  /// How long the rest of a larger answer waits for a client that may have gone.
  let consumerSilenceMax: Duration
  private let mirror: Mirror
  private let counters: Counters
  private let logger: Logger
  private let failure = Mutex<RecordingFailure?>(nil)
  /// When each cause was logged last.
  private let said = Mutex<[String: UnixTime]>([:])

  /// A cause that lasts is said once in this time: a full disk fails every request.
  private static let saidAgainAfterMilliseconds: Int64 = 60_000

  init(mirror: Mirror, responseBytesMax: Int, consumerSilenceMax: Duration, counters: Counters, logger: Logger) {
    (self.mirror, self.responseBytesMax, self.consumerSilenceMax) = (mirror, responseBytesMax, consumerSilenceMax)
    (self.counters, self.logger) = (counters, logger)
  }

  /// The last time the mirror could not be written; `nil`: the last write succeeded.
  var lastFailure: RecordingFailure? { failure.withLock { $0 } }

  /// Stores the answer to a read.
  /// - Returns: whether the mirror holds it now.
  func record(
    _ read: MirrorRead, _ answer: FetchedAnswer, _ credential: Credential?, _ asked: CacheDirectives,
    _ ticket: Epochs.Ticket?
  ) async -> Bool {
    await note(status: answer.status, credential)
    guard answer.status == 200 || isAbsence(answer, of: read, credential), answer.rest == nil, let credential,
      let ticket,
      !asked.noStore,
      !CacheDirectives(of: answer.fields).noStore, let body = decodedBody(answer)
    else { return false }
    return await attempt("a read") {
      let account = try await mirror.accounts.admit(credential)
      let response = StoredResponse(
        status: answer.status, fields: Self.storedFields(answer.fields), body: body, fetchedAt: .now)
      let epochs = mirror.epochs
      let outcome = try await mirror.store.save(read, response, account: account) { epochs.isCurrent(ticket) }
      mirror.hot.invalidate(account, conversation: read.conversationID)
      return outcome
    }
  }

  /// Upstream said 304 to the validator of the stored answer: it is as good as fetched now.
  /// - Returns: that answer; `nil`: it is gone, or a write overtook the question.
  func revalidate(
    _ read: MirrorRead, _ fields: HTTPFields, _ credential: Credential?, _ ticket: Epochs.Ticket?
  ) async -> FetchedAnswer? {
    guard let credential, let ticket, case .known(let account) = mirror.accounts.standing(of: credential) else {
      return nil
    }
    var renewed: StoredResponse?
    _ = await attempt("a renewal") {
      let epochs = mirror.epochs
      renewed = try await mirror.store.revalidate(
        read, fields: Self.storedFields(fields), at: .now, account: account
      ) { epochs.isCurrent(ticket) }
      mirror.hot.invalidate(account, conversation: read.conversationID)
      return renewed == nil ? .notMirrored(reason: "the stored answer is gone or out of date") : .stored
    }
    guard let renewed else { return nil }
    let kept = renewed.fields.compactMap { field in
      HTTPField.Name(field.name).map { HTTPField(name: $0, value: field.value) }
    }
    return FetchedAnswer(
      status: renewed.status, fields: HTTPFields(kept), body: renewed.body, isStored: true, isRevalidated: true)
  }

  /// A 404 for a conversation says that it is gone; only a credential that was accepted before can learn that.
  private func isAbsence(_ answer: FetchedAnswer, of read: MirrorRead, _ credential: Credential?) -> Bool {
    guard answer.status == 404, case .conversation = read, let credential, Self.isAPIError(answer.body) else {
      return false
    }
    if case .known = mirror.accounts.standing(of: credential) { return true }
    return false
  }

  /// Whether a body is the API's own error: the 404 of a captive portal must not delete anything.
  private static func isAPIError(_ body: [UInt8]) -> Bool {
    struct Envelope: Decodable { var error: String }
    return (try? JSONDecoder().decode(Envelope.self, from: Data(body))) != nil  // not the envelope: not the API
  }

  /// A write begins: GETs that are under way show the past from now on.
  func begin(_ write: MirrorWrite, _ credential: Credential?) {
    guard let credential else { return }
    mirror.epochs.move(mirror.accounts.key(of: credential), conversation: conversation(of: write, credential))
  }

  /// Folds a finished write into the mirror; answers that it made stale are not shown any more.
  func record(
    _ write: MirrorWrite, requestBody: [UInt8], _ answer: FetchedAnswer, _ credential: Credential?
  ) async -> Bool {
    await note(status: answer.status, credential)
    guard let credential else { return false }
    guard answer.isSuccess else {
      // 4xx: upstream did nothing. 5xx: nobody knows.
      if answer.status >= 500 { await forget(write, credential) }
      return false
    }
    guard answer.rest == nil, let body = decodedBody(answer) else {
      await forget(write, credential)
      return false
    }
    let isStored = await attempt("a write") {
      let account = try await mirror.accounts.admit(credential)
      let conversation = conversation(of: write, credential)
      mirror.epochs.move(mirror.accounts.key(of: credential), conversation: conversation)
      let outcome = try await mirror.store.save(
        write, requestBody: requestBody, responseBody: body, at: .now, account: account)
      mirror.hot.invalidate(account, conversation: conversation)
      return outcome
    }
    if !isStored { await forget(write, credential) }
    return isStored
  }

  /// The outcome of a write is unknown: nothing that it may have changed is shown as it was.
  func forget(_ write: MirrorWrite, _ credential: Credential?) async {
    guard let credential, case .known(let account) = mirror.accounts.standing(of: credential) else { return }
    let conversation = conversation(of: write, credential)
    mirror.epochs.move(mirror.accounts.key(of: credential), conversation: conversation)
    let isDone = await attempt("an invalidation") {
      try await mirror.store.invalidate(write, account: account)
      return .stored
    }
    mirror.doubt(account, !isDone)
    mirror.hot.invalidate(account, conversation: conversation)
  }

  /// Stores both messages of a stream that came to its `complete` event.
  func record(_ stream: RecordedStream, _ credential: Credential?) async -> Bool {
    guard let credential else { return false }
    return await attempt("a stream") {
      let account = try await mirror.accounts.admit(credential)
      mirror.epochs.move(mirror.accounts.key(of: credential), conversation: stream.conversation)
      defer { mirror.hot.invalidate(account, conversation: stream.conversation) }
      return try await save(stream, account)
    }
  }

  private func save(_ stream: RecordedStream, _ account: AccountID) async throws -> SaveOutcome {
    switch stream.ending {
    case .complete(let event):
      return try await mirror.store.saveStream(
        conversation: stream.conversation, branch: nil, requestBody: stream.requestBody, completeEventData: event,
        at: .now, account: account)
    case .broken(let outcome):
      try await mirror.store.saveDraft(
        conversation: stream.conversation, branch: nil, requestBody: stream.requestBody, text: stream.text,
        model: stream.model, outcome: outcome, at: .now, account: account)
      return .stored
    }
  }

  /// 401 and 403 hide everything stored from a credential.
  func note(status: Int, _ credential: Credential?) async {
    guard [401, 403].contains(status), let credential else { return }
    _ = await attempt("a refusal") {
      try await mirror.accounts.refuse(credential)
      return .stored
    }
  }

  private func conversation(of write: MirrorWrite, _ credential: Credential) -> String? {
    if let id = write.conversationID { return id }
    guard case .known(let account) = mirror.accounts.standing(of: credential) else { return nil }
    // Not readable: `nil` moves the whole account's epoch, which is always safe.
    return try? mirror.store.conversationID(of: write, account: account)
  }

  private func attempt(_ what: String, _ work: () async throws -> SaveOutcome) async -> Bool {
    do {
      let outcome = try await work()
      failure.withLock { $0 = nil }
      if case .notMirrored(let reason) = outcome {
        counters.count(.notMirrored)
        logger.debug("not mirrored", metadata: ["reason": "\(reason)"])
        return false
      }
      return true
    } catch {
      counters.count(.recordingFailures)
      note(RecordingFailure(what: what, cause: String(describing: error), at: .now), "cannot record \(what)")
      return false
    }
  }

  /// The mirror could not be read. Said once for each cause.
  func noteUnreadable(_ error: any Error) {
    counters.count(.readFailures)
    note(RecordingFailure(what: "reading", cause: String(describing: error), at: .now), "cannot read the mirror")
  }

  private func note(_ failed: RecordingFailure, _ message: Logger.Message) {
    failure.withLock { $0 = failed }
    let isNew = said.withLock { said in
      said = said.filter { failed.at.milliseconds - $0.value.milliseconds < Self.saidAgainAfterMilliseconds }
      guard said[failed.cause] == nil else { return false }
      said[failed.cause] = failed.at
      return true
    }
    if isNew { logger.error(message, metadata: ["cause": "\(failed.cause)"]) }
  }

  private func decodedBody(_ answer: FetchedAnswer) -> [UInt8]? {
    ContentCoding(answer.fields).decode(answer.body, upTo: responseBytesMax)
  }

  /// The end-to-end fields that are replayed: not `Set-Cookie`, which can carry a credential, and not what described
  /// the coded form of a body that is stored decoded.
  private static func storedFields(_ fields: HTTPFields) -> [StoredResponse.Field] {
    let dropped: Set<HTTPField.Name> = [.setCookie, .contentEncoding, .date, .age, .cacheStatus, .proxyStatus]
    return Forwarding.responseFields(fields).filter { !dropped.contains($0.name) }.map {
      StoredResponse.Field(name: $0.name.rawName, value: $0.value)
    }
  }
}

/// Why the mirror could not be written, for `/status` and the log.
struct RecordingFailure: Sendable {
  let what: String
  let cause: String
  let at: UnixTime
}

/// A stream as the mirror gets it.
struct RecordedStream: Sendable {
  enum Ending: Sendable {
    /// The JSON text of the `complete` event.
    case complete([UInt8])
    case broken(StreamOutcome)
  }

  let conversation: String
  let requestBody: [UInt8]
  var text = ""
  var model: String?
  var ending: Ending
}
