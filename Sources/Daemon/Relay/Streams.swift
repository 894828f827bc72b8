internal import ChatRoutes
internal import HTTPTypes
internal import LocalServer
internal import Logging
internal import MirrorStore
internal import WireFormats

/// Relays event streams as they arrive, and decodes a copy for the mirror.
final class Streams: Sendable {
  struct Policy: Sendable {
    var onClientGone: OnClientGone
    /// How long a stream is read on without its client.
    var finishLimit: Duration
    /// How much of a stream is recorded, and read on without its client.
    var captureBytesMax: Int
    var requestBytesMax: Int
    /// How long a full buffer waits for a client that may have gone.
    var consumerSilenceMax: Duration
    /// An event that is not whole is held this long at most.
    var hold = Duration.milliseconds(20)
    /// And only until so many bytes are there.
    var holdBytesMax = 32 << 10
    /// How long the terminal event may wait for the mirror, so that the next read shows it.
    var recordingWait = Duration.milliseconds(250)
    /// Whether a repetition takes over the call of a client that left unanswered.
    var absorbsRetries = true
    /// How much of such a call is kept for the repetition.
    var parkedBytesMax = 1 << 20

    /// How long a stream is read on without its client; nil: not at all.
    var readOn: Duration? {
      switch onClientGone {
      case .finish: finishLimit
      case .cancel: nil
      case .grace(let seconds): .seconds(seconds)
      }
    }
  }

  private let policy: Policy
  private let upstream: Upstream
  private let forwarding: Forwarding
  private let recorder: Recorder
  private let background: BackgroundWork
  private let counters: Counters
  private let logger: Logger
  private let unanswered = UnansweredCalls<Session>()

  init(
    policy: Policy, upstream: Upstream, forwarding: Forwarding, recorder: Recorder, background: BackgroundWork,
    counters: Counters, logger: Logger
  ) {
    (self.policy, self.upstream, self.forwarding) = (policy, upstream, forwarding)
    (self.recorder, self.background, self.counters, self.logger) = (recorder, background, counters, logger)
  }

  /// The head of a stream, or why there is none.
  private enum Opening: Sendable {
    case open(status: Int, fields: HTTPFields)
    case failed(TransportError)
  }

  /// One stream on its way: the caller's end is `pipe`.
  private struct Session: Sendable {
    let conversation: String
    let credential: Credential?
    let requestBody: [UInt8]
    let pipe: RelayPipe
    let opening = Promise<Opening>()
  }

  /// Forwards a streaming send. The stream is read to its end by a task of its own, whatever becomes of the client. A
  /// repetition of one whose client left before its head came takes that stream over.
  func forward(_ request: Request, conversation: String, _ credential: Credential?) async throws -> Response {
    counters.count(.writes)
    let body = try await Forwarding.collected(request, upTo: policy.requestBytesMax)
    let key = UnansweredCalls<Session>.Key(request.head, body: body.bytes, credential)
    if policy.absorbsRetries, let earlier = unanswered.takeOver(key, by: request), earlier.call.pipe.attend() {
      counters.count(.absorbed)
      logger.info("a repeated write was answered by the call that was running", metadata: ["kind": "stream"])
      return try await answer(earlier.call, earlier.ticket, "chatroutesd; fwd=method; collapsed; detail=absorbed")
    }
    let outgoing = forwarding.request(from: request.head, body: body)
    let session = Session(
      conversation: conversation, credential: credential, requestBody: body.bytes,
      pipe: RelayPipe(consumerSilenceMax: policy.consumerSilenceMax))
    let ticket = unanswered.begin(key, session, request)
    recorder.begin(.send(conversation: conversation, branch: nil), credential)
    // On the client's loop: between upstream's thread and the client's socket lies one change of threads.
    let started = background.start(on: request.executor) { [self] in
      await runUntilDone(session, outgoing)
      let isOpen = if case .open = session.opening.current { true } else { false }
      unanswered.ended(ticket, isKeepable: isOpen && !session.pipe.isAbandoned)
    }
    guard started else {
      unanswered.leave(ticket)
      unanswered.ended(ticket, isKeepable: false)
      throw CancellationError()
    }
    return try await answer(session, ticket, "chatroutesd; fwd=method")
  }

  private func answer(
    _ session: Session, _ ticket: UnansweredCalls<Session>.Ticket, _ cacheStatus: String
  ) async throws -> Response {
    let opening: Opening?
    do { opening = try await session.opening.value(patience: upstream.patience) } catch {
      leave(session, ticket)
      throw error
    }
    guard let opening else {
      leave(session, ticket)
      return Failure.upstream(.noAnswerInTime, offlineSince: upstream.outage).response
    }
    // The pipe has one reader.
    guard !unanswered.wasTakenOver(ticket) else { throw Failure.takenOver }
    unanswered.answered(ticket, isKeepable: false)
    switch opening {
    case .open(let status, let fields): return response(session, status, fields, cacheStatus)
    case .failed(let error): return Failure.upstream(error, offlineSince: upstream.outage).response
    }
  }

  /// The client goes unanswered.
  private func leave(_ session: Session, _ ticket: UnansweredCalls<Session>.Ticket) {
    guard !unanswered.wasTakenOver(ticket) else { return }
    if policy.absorbsRetries, policy.readOn != nil {
      session.pipe.park(upTo: policy.parkedBytesMax)
    } else {
      session.pipe.abandon()
    }
    unanswered.leave(ticket)
  }

  // MARK: - The client's end

  private func response(
    _ session: Session, _ status: Int, _ upstreamFields: HTTPFields, _ cacheStatus: String
  ) -> Response {
    var fields = Forwarding.responseFields(upstreamFields)
    fields.append(HTTPField(name: .cacheStatus, value: cacheStatus))
    let cutsAtEvents = Self.isEventStream(upstreamFields) && ContentCoding(upstreamFields) == .identity
    return Response(
      head: HTTPResponse(status: .init(code: status), headerFields: fields),
      body: .stream(length: upstreamFields[.contentLength].flatMap { Int64($0) }) { [policy] writer in
        defer { session.pipe.abandon() }
        while let bytes = try await cutsAtEvents
          ? session.pipe.nextEvents(hold: policy.hold, bytesMax: policy.holdBytesMax, lentBy: writer)
          : session.pipe.next()
        {
          try await writer.write(bytes)
        }
      })
  }

  private static func isEventStream(_ fields: HTTPFields) -> Bool {
    fields[.contentType]?.lowercased().hasPrefix("text/event-stream") ?? false
  }

  // MARK: - Upstream's end

  /// Runs the session; once its client has left, for as long as the settings allow.
  private func runUntilDone(_ session: Session, _ outgoing: TransportRequest) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.run(session, outgoing) }
      group.addTask { await self.waitUntilNobodyCares(for: session.pipe) }
      await group.next()
      group.cancelAll()
    }
  }

  private func waitUntilNobodyCares(for pipe: RelayPipe) async {
    while await pipe.left.value() != nil, let readOn = policy.readOn {
      await Pause.sleep(for: readOn)  // or until the stream comes to its end
      guard pipe.isAttended else { return }
    }
  }

  private func run(_ session: Session, _ outgoing: TransportRequest) async {
    let response: TransportResponse
    do throws(TransportError) {
      response = try await upstream.send(outgoing, as: .stream(conversation: session.conversation))
    } catch {
      if error.requestMayHaveTakenEffect {
        await recorder.forget(.send(conversation: session.conversation, branch: nil), session.credential)
      }
      session.opening.keep(.failed(error))
      return
    }
    await recorder.note(status: response.status, session.credential)
    session.opening.keep(.open(status: response.status, fields: response.fields))
    if (200..<300).contains(response.status), Self.isEventStream(response.fields) {
      await relayEvents(response, session)
    } else {
      await relayPlain(response, session)
    }
  }

  /// An answer that is no stream: an error in JSON, most likely.
  private func relayPlain(_ response: TransportResponse, _ session: Session) async {
    // A success of another shape, or a 5xx: nobody knows what it did.
    if response.status < 300 || response.status >= 500 {
      await recorder.forget(.send(conversation: session.conversation, branch: nil), session.credential)
    }
    do {
      for try await piece in response.body {
        guard await session.pipe.push(piece) else { return }
      }
      session.pipe.finish()
    } catch {
      session.pipe.finish(failure: error)
    }
  }

  private func relayEvents(_ response: TransportResponse, _ session: Session) async {
    let coding = ContentCoding(response.fields)
    let intake = StreamIntake(
      StreamCopy(coding, bytesMax: policy.captureBytesMax),
      StreamTape(status: response.status, fields: response.fields, isRunning: recorder.recordingBytesMax > 0))
    if coding == .identity {
      response.body.offerPieces { [pipe = session.pipe] in intake.passOn($0, through: pipe) }
    }
    do throws(TransportError) {
      let completion = try await pump(response.body, session, intake)
      await close(session, intake, ending: .interrupted)
      session.pipe.finish()
      guard let completion else { return }
      await recorder.record(
        intake.tape, conversation: session.conversation, completion: completion, session.credential)
    } catch {
      // The client must see a broken body, and soon: the draft is recorded after.
      session.pipe.finish(failure: error)
      await close(session, intake, ending: error.kind == .cancelled ? .abandoned : .interrupted)
    }
  }

  /// - Returns: the JSON text of the `complete` event; nil: none came.
  private func pump(
    _ body: TransportBody, _ session: Session, _ intake: StreamIntake
  ) async throws(TransportError) -> [UInt8]? {
    var completion: [UInt8]?
    var pieces = body.makeAsyncIterator()
    var isAlone = false
    var bytesAlone = 0
    while let piece = try await pieces.next() {
      if let event = intake.take(piece) {
        completion = event
        await recordCompletion(event, session)
      }
      if !isAlone {
        if await session.pipe.push(piece) { continue }
        isAlone = true
      }
      bytesAlone += piece.count
      guard policy.readOn != nil, bytesAlone <= policy.captureBytesMax else {
        throw TransportError(.cancelled, "the client left", requestMayHaveTakenEffect: true)
      }
    }
    return completion
  }

  /// Both messages are in the mirror before the client sees the terminal event, unless the disk is slower than anybody
  /// should wait for.
  private func recordCompletion(_ event: [UInt8], _ session: Session) async {
    let stream = RecordedStream(
      conversation: session.conversation, requestBody: session.requestBody, ending: .complete(event))
    counters.count(.streamsComplete)
    _ = await recorder.record(stream, session.credential, within: policy.recordingWait)
  }

  /// The stream is over: one without its `complete` event leaves a draft.
  private func close(_ session: Session, _ intake: StreamIntake, ending: StreamOutcome) async {
    switch intake.remains(ending) {
    case nil: return
    case .unreadable: await recorder.forget(.send(conversation: session.conversation, branch: nil), session.credential)
    case .draft(let outcome, let text, let model):
      counters.count(Counter(outcome))
      _ = await recorder.record(
        RecordedStream(
          conversation: session.conversation, requestBody: session.requestBody, text: text, model: model,
          ending: .broken(outcome)), session.credential, within: Recorder.writePatience)
    }
  }
}

extension Counter {
  fileprivate init(_ outcome: StreamOutcome) {
    self =
      switch outcome {
      case .interrupted: .streamsInterrupted
      case .abandoned: .streamsAbandoned
      case .truncated: .streamsTruncated
      }
  }
}

/// Remembers how far a buffer was searched for event ends, so that no byte is looked at twice.
struct EventCut {
  private var scanner = SSEBoundaryScanner()
  private var searched = 0
  private var lastEnd = 0

  /// How many bytes of `buffer` end with a whole event; 0: none does.
  mutating func wholeBytes(in buffer: [UInt8]) -> Int {
    if searched < buffer.count {
      if let end = scanner.lastBoundary(in: buffer[searched...]) { lastEnd = searched + end }
      searched = buffer.count
    }
    return lastEnd
  }

  /// The first `count` bytes are gone from the buffer.
  mutating func drop(_ count: Int) {
    searched -= count
    lastEnd = max(0, lastEnd - count)
  }
}
