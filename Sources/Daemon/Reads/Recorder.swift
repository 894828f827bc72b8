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
  /// How much all recorded streams may have together; 0: none is kept.
  let recordingBytesMax: Int
  /// How long the rest of a larger answer waits for a client that may have gone.
  let consumerSilenceMax: Duration
  private let mirror: Mirror
  private let background: BackgroundWork
  private let caretaker: Caretaker
  private let counters: Counters
  private let logger: Logger
  private let queue = Mutex(RecordingQueue())
  private let isSettling = Atomic(false)
  private let failure = Mutex<RecordingFailure?>(nil)
  /// When each cause was logged last.
  private let said = Mutex<[String: UnixTime]>([:])

  /// A cause that lasts is said once in this time: a full disk fails every request.
  private static let saidAgainAfterMilliseconds: Int64 = 60_000

  /// How long the answer to a read waits for the mirror: it needs not be there first.
  static let readPatience = Duration.milliseconds(250)
  /// And the answer to a write: the next read should show it. Above what any healthy disk takes; a mirror that is held up
  /// by another program must not hold up the answers.
  static let writePatience = Duration.seconds(2)

  init(
    mirror: Mirror, background: BackgroundWork, caretaker: Caretaker, responseBytesMax: Int, recordingBytesMax: Int,
    consumerSilenceMax: Duration, counters: Counters, logger: Logger
  ) {
    (self.mirror, self.background, self.caretaker) = (mirror, background, caretaker)
    (self.responseBytesMax, self.recordingBytesMax) = (responseBytesMax, recordingBytesMax)
    self.consumerSilenceMax = consumerSilenceMax
    (self.counters, self.logger) = (counters, logger)
  }

  /// The last time something could not be recorded; `nil`: what came after it was.
  var lastFailure: RecordingFailure? { failure.withLock { $0 } }
  /// What waits for the mirror's one writer.
  var waiting: RecordingQueue { queue.withLock { $0 } }

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
    guard !credential.isShown(in: body) else {
      counters.count(.notMirrored)
      return false
    }
    let response = StoredResponse(
      status: answer.status, fields: Self.storedFields(answer.fields, hiding: credential), body: body, fetchedAt: .now)
    return await recorded(bytes: body.count, within: Self.readPatience, mayBeLeftOut: true) { [self] in
      await attempt("a read") {
        let account = try await mirror.accounts.admit(credential)
        let epochs = mirror.epochs
        let outcome = try await mirror.store.save(read, response, account: account) { epochs.isCurrent(ticket) }
        mirror.hot.invalidate(account, conversation: read.conversationID)
        return outcome
      }
    }
  }

  /// Upstream said 304 to the validator of the stored answer: it is as good as fetched now.
  /// - Returns: that answer; `nil`: it is gone, or a write overtook the question.
  func renew(
    _ read: MirrorRead, _ fields: HTTPFields, _ credential: Credential?, _ ticket: Epochs.Ticket?
  ) async -> FetchedAnswer? {
    guard let credential, let ticket, case .known(let account) = mirror.accounts.standing(of: credential) else {
      return nil
    }
    let fields = Self.storedFields(fields, hiding: credential)
    let (now, epochs) = (UnixTime.now, mirror.epochs)
    let stored: StoredResponse?
    do { stored = try mirror.store.storedResponse(read, account: account)?.response } catch {
      noteUnreadable(error)
      return nil
    }
    guard let renewed = stored?.renewed(by: fields, at: now), epochs.isCurrent(ticket) else { return nil }
    let isStored = await recorded(bytes: renewed.body.count, within: Self.readPatience, mayBeLeftOut: true) { [self] in
      await attempt("a renewal") {
        defer { mirror.hot.invalidate(account, conversation: read.conversationID) }
        let kept = try await mirror.store.revalidate(read, fields: fields, at: now, account: account) {
          epochs.isCurrent(ticket)
        }
        return kept == nil ? .notMirrored(reason: "the stored answer is gone or out of date") : .stored
      }
    }
    guard epochs.isCurrent(ticket) else { return nil }
    let kept = renewed.fields.compactMap { field in
      HTTPField.Name(field.name).map { HTTPField(name: $0, value: field.value) }
    }
    return FetchedAnswer(
      status: renewed.status, fields: HTTPFields(kept), body: renewed.body, isStored: isStored, isRevalidated: true)
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
    guard !credential.isShown(in: body), !credential.isShown(in: requestBody) else {
      await forget(write, credential)
      return false
    }
    return await settling(write, credential, bytes: body.count + requestBody.count) { [self] in
      await attempt("a write", isPaidFor: true) {
        let account = try await mirror.accounts.admit(credential)
        let conversation = conversation(of: write, credential)
        mirror.epochs.move(mirror.accounts.key(of: credential), conversation: conversation)
        defer { mirror.hot.invalidate(account, conversation: conversation) }
        return try await mirror.store.save(
          write, requestBody: requestBody, responseBody: body, at: .now, account: account)
      }
    }
  }

  /// The outcome of a write is unknown: nothing that it may have changed is shown as it was.
  func forget(_ write: MirrorWrite, _ credential: Credential?) async {
    guard let credential else { return }
    _ = await settling(write, credential, bytes: 0) { false }
  }

  /// Records what a write did, or makes stale what it may have changed; until one of both has happened, nothing of the
  /// account counts as fresh.
  /// - Parameter record: Says whether the mirror shows the write now.
  private func settling(
    _ write: MirrorWrite, _ credential: Credential, bytes: Int, within patience: Duration = writePatience,
    record: @escaping @Sendable () async -> Bool
  ) async -> Bool {
    let account = mirror.accounts.key(of: credential)
    mirror.unsettled.begin(account)
    // Now, not when the mirror comes to it: GETs that began before the write are out of date from here on.
    mirror.epochs.move(account, conversation: conversation(of: write, credential))
    return await recorded(bytes: bytes, within: patience) { [self] in
      let isRecorded = await record()
      let isStale = isRecorded ? true : await invalidate(write, account)
      if isStale { mirror.unsettled.settled(account) } else { mirror.unsettled.failed(write, account) }
      return isRecorded
    }
  }

  /// The epoch stays: it moved when the write was answered, and what was fetched since shows it.
  /// - Returns: Whether nothing stored shows what was before the write.
  private func invalidate(_ write: MirrorWrite, _ key: AccountKey) async -> Bool {
    await attempt("an invalidation", isContent: false) {
      // Of an account that the mirror does not know nothing is stored.
      guard let account = try mirror.store.accountID(of: key) else { return .stored }
      // What was read back into memory meanwhile shows the past as well.
      defer { mirror.hot.invalidate(account, conversation: nil) }
      try await mirror.store.invalidate(write, account: account)
      return .stored
    }
  }

  /// Stores both messages of a stream that came to its `complete` event, or what came of a broken one as a draft.
  func record(_ stream: RecordedStream, _ credential: Credential?, within patience: Duration) async -> Bool {
    guard let credential else { return false }
    let write = MirrorWrite.send(conversation: stream.conversation, branch: nil)
    guard !credential.isShown(in: stream.requestBody), !credential.isShown(in: stream.bytes) else {
      await forget(write, credential)
      return false
    }
    return await settling(write, credential, bytes: stream.byteCount, within: patience) { [self] in
      await attempt("a stream", isPaidFor: true) {
        let account = try await mirror.accounts.admit(credential)
        mirror.epochs.move(mirror.accounts.key(of: credential), conversation: stream.conversation)
        defer { mirror.hot.invalidate(account, conversation: stream.conversation) }
        return try await save(stream, account)
      }
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

  /// Keeps a stream as it came, for `chatroutesd replay`.
  /// - Parameter event: The JSON text of its `complete` event.
  func record(_ tape: StreamTape, conversation: String, completion event: [UInt8], _ credential: Credential?) async {
    guard let credential, recordingBytesMax > 0, !credential.isShown(in: tape.bytes),
      case .known(let account) = mirror.accounts.standing(of: credential),
      // As it came: with its content coding.
      let recording = tape.recording(storedFields: { Self.storedFields($0, hiding: credential, keepingCoding: true) })
    else { return }
    _ = await recorded(bytes: tape.bytes.count, within: .zero, mayBeLeftOut: true) { [self] in
      await attempt("a recording of a stream") {
        try await mirror.store.saveRecording(
          recording, conversation: conversation, completeEventData: event, bytesMax: Int64(recordingBytesMax),
          account: account)
        return .stored
      }
    }
  }

  /// 401 and 403 hide everything stored from a credential.
  func note(status: Int, _ credential: Credential?) async {
    guard [401, 403].contains(status), let credential else { return }
    _ = await recorded(bytes: 0, within: Self.writePatience) { [self] in
      await attempt("a refusal", isContent: false) {
        try await mirror.accounts.refuse(credential)
        return .stored
      }
    }
  }

  private func conversation(of write: MirrorWrite, _ credential: Credential) -> String? {
    if let id = write.conversationID { return id }
    guard case .known(let account) = mirror.accounts.standing(of: credential) else { return nil }
    // Not readable: `nil` moves the whole account's epoch, which is always safe.
    return try? mirror.store.conversationID(of: write, account: account)
  }

  /// Runs `work` by itself, whatever becomes of the caller, and waits for it at most `patience`.
  /// - Parameter mayBeLeftOut: It is, when too much waits for the mirror already.
  /// - Returns: What it gave; false when it takes longer.
  private func recorded(
    bytes: Int, within patience: Duration, mayBeLeftOut: Bool = false, _ work: @escaping @Sendable () async -> Bool
  ) async -> Bool {
    guard queue.withLock({ $0.enter(bytes, mayBeLeftOut: mayBeLeftOut) }) else {
      counters.count(.notMirrored)
      return false
    }
    let promise = Promise<Bool>()
    let run: @Sendable () async -> Void = { [self] in
      await caretaker.followClock()
      let isRecorded = await work()
      queue.withLock { $0.leave(bytes) }
      promise.keep(isRecorded)
      if isRecorded { caretaker.noteRecorded() }
      if isRecorded, mirror.unsettled.hasFailures { await settleFailures() }
    }
    guard background.start(run) else {
      await run()  // going down: the disk is worth waiting for
      return promise.current ?? false
    }
    return await promise.value(within: patience) ?? false
  }

  /// The mirror can be written again: what failed writes changed is made stale now. One at a time does this.
  private func settleFailures() async {
    guard !isSettling.exchange(true, ordering: .acquiringAndReleasing) else { return }
    defer { isSettling.store(false, ordering: .releasing) }
    for (key, write) in mirror.unsettled.failures {
      guard await invalidate(write, key.account) else { return }
      mirror.unsettled.settledAtLast(key)
    }
  }

  /// - Parameters:
  ///   - isContent: Whether something was to be recorded: only that shows that recording works again.
  ///   - isPaidFor: It is tried again for as long as another program holds the mirror, up to `busyPatience`.
  private func attempt(
    _ what: String, isContent: Bool = true, isPaidFor: Bool = false, _ work: () async throws -> SaveOutcome
  ) async -> Bool {
    let giveUpAt = ContinuousClock.now + Self.busyPatience
    while true {
      do {
        let outcome = try await work()
        if isContent { failure.withLock { $0 = nil } }
        if case .notMirrored(let reason) = outcome {
          counters.count(.notMirrored)
          logger.debug("not mirrored", metadata: ["reason": "\(reason)"])
          return false
        }
        return true
      } catch {
        note(RecordingFailure(what: what, cause: String(describing: error), at: .now), "cannot record \(what)")
        // Cancelled: the daemon ends, and cannot wait for another program.
        if isPaidFor, (error as? MirrorError)?.kind == .busy, .now < giveUpAt,
          (try? await Task.sleep(for: Self.busyPause)) != nil
        {
          continue
        }
        counters.count(.recordingFailures)
        caretaker.note(error)
        return false
      }
    }
  }

  /// How long a message waits for a mirror that another program holds: a backup may take minutes.
  private static let busyPatience = Duration.seconds(600)
  private static let busyPause = Duration.seconds(1)

  /// The mirror could not be read. Said once for each cause.
  func noteUnreadable(_ error: any Error) {
    counters.count(.readFailures)
    note(RecordingFailure(what: "reading", cause: String(describing: error), at: .now), "cannot read the mirror")
    caretaker.note(error)
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

  /// The end-to-end fields that are replayed: not `Set-Cookie`, which can carry a credential, nor a field that shows the
  /// caller's own, and not what described the coded form of a body that is stored decoded.
  private static func storedFields(
    _ fields: HTTPFields, hiding credential: Credential, keepingCoding: Bool = false
  ) -> [StoredResponse.Field] {
    var dropped: Set<HTTPField.Name> = [.setCookie, .contentEncoding, .date, .age, .cacheStatus, .proxyStatus]
    if keepingCoding { dropped.remove(.contentEncoding) }
    return Forwarding.responseFields(fields).filter { field in
      !dropped.contains(field.name) && !credential.isShown(in: field.value.utf8)
    }.map {
      StoredResponse.Field(name: $0.name.rawName, value: $0.value)
    }
  }
}
