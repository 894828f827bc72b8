internal import ChatRoutes
internal import HTTPTypes
internal import LocalServer
internal import Logging
internal import MirrorStore
internal import WireFormats

/// Forwards what changes something upstream, and everything that this daemon has no opinion about.
final class Writes: Sendable {
  private let upstream: Upstream
  private let forwarding: Forwarding
  private let recorder: Recorder
  private let background: BackgroundWork
  private let counters: Counters
  private let logger: Logger
  private let requestBytesMax: Int
  private let absorbsRetries: Bool
  private let unanswered = UnansweredCalls<Promise<FetchOutcome>>()

  init(
    upstream: Upstream, forwarding: Forwarding, recorder: Recorder, background: BackgroundWork, counters: Counters,
    logger: Logger, requestBytesMax: Int, absorbsRetries: Bool
  ) {
    (self.upstream, self.forwarding, self.recorder) = (upstream, forwarding, recorder)
    (self.background, self.counters, self.logger) = (background, counters, logger)
    (self.requestBytesMax, self.absorbsRetries) = (requestBytesMax, absorbsRetries)
  }

  /// Sends a write once and folds it into the mirror before its answer ends, whether or not its client stays. A repetition of
  /// one whose client hung up unanswered is not sent again: it gets that answer.
  func forward(_ request: Request, _ write: MirrorWrite, _ credential: Credential?) async throws -> Response {
    counters.count(.writes)
    let body = try await Forwarding.collected(request, upTo: requestBytesMax)
    let key = UnansweredCalls<Promise<FetchOutcome>>.Key(request.head, body: body.bytes, credential)
    if absorbsRetries, request.head.hasMethod("POST"), let earlier = unanswered.takeOver(key, by: request) {
      counters.count(.absorbed)
      logger.info(
        "a repeated write was answered by the call that was running",
        metadata: ["kind": "\(Endpoint.write(write).kind)"])
      return try await answer(earlier.call, earlier.ticket, "chatroutesd; fwd=method; collapsed; detail=absorbed")
    }
    let outgoing = forwarding.request(from: request.head, body: body)
    let promise = Promise<FetchOutcome>()
    let ticket = unanswered.begin(key, promise, request)
    recorder.begin(write, credential)
    let started = background.start { [self] in
      let outcome = await send(outgoing, write, credential) { promise.keep(.answer($0)) }
      if let outcome { promise.keep(outcome) }
      unanswered.ended(ticket, isKeepable: Self.isKeepable(promise.current))
    }
    guard started else {
      unanswered.leave(ticket)
      unanswered.ended(ticket, isKeepable: false)
      throw CancellationError()
    }
    return try await answer(promise, ticket, "chatroutesd; fwd=method")
  }

  private func answer(
    _ promise: Promise<FetchOutcome>, _ ticket: UnansweredCalls<Promise<FetchOutcome>>.Ticket, _ cacheStatus: String
  ) async throws -> Response {
    let outcome: FetchOutcome?
    do { outcome = try await promise.value(patience: upstream.patience) } catch {
      unanswered.leave(ticket)
      throw error
    }
    guard let outcome else {
      // The SDKs repeat what was answered so; it must not be billed again.
      unanswered.leave(ticket)
      return Failure.upstream(.noAnswerInTime, offlineSince: upstream.outage).response
    }
    // Two bodies of one answer that is too large to hold cannot be had.
    if unanswered.wasTakenOver(ticket), !Self.isKeepable(outcome) { throw Failure.takenOver }
    unanswered.answered(ticket, isKeepable: Self.isKeepable(outcome))
    switch outcome {
    case .answer(let answer): return answer.response(cacheStatus: cacheStatus)
    case .failed(let error): return Failure.upstream(error, offlineSince: upstream.outage).response
    }
  }

  /// Whether an outcome can be given to more than one client.
  private static func isKeepable(_ outcome: FetchOutcome?) -> Bool {
    guard case .answer(let answer) = outcome else { return false }
    return answer.rest == nil && answer.body.count <= keptBytesMax
  }

  /// The longest answer that is kept for a repetition.
  private static let keptBytesMax = 1 << 20

  /// Relays a request untouched: unknown endpoints, authentication, `bypass` mode.
  func relay(_ request: Request, _ credential: Credential?, cacheStatus: String) async throws -> Response {
    counters.count(.relayed)
    let body = ClientBody(request.body)
    let outgoing = forwarding.request(from: request.head, body: Forwarding.streamed(body))
    let touched = outgoing.isSafe ? nil : APITarget(request.head.originForm)?.conversation
    // The write with the widest effects: nobody here knows what this one does.
    let write = touched.map { MirrorWrite.mergeBranch(conversation: $0, branch: "") }
    if let write { recorder.begin(write, credential) }
    do throws(TransportError) {
      let answer = try await upstream.send(outgoing, as: .unknown, isBrief: outgoing.isSafe)
      await recorder.note(status: answer.status, credential)
      if let write, !(400..<500).contains(answer.status) { await recorder.forget(write, credential) }
      return Self.relayed(answer, isHead: request.head.hasMethod("HEAD"), cacheStatus)
    } catch {
      if let write, error.requestMayHaveTakenEffect { await recorder.forget(write, credential) }
      if error.kind == .requestBody, let failure = body.failure { throw failure }
      return Failure.upstream(error, offlineSince: upstream.outage).response
    }
  }

  /// - Returns: `nil` when the answer was delivered.
  private func send(
    _ outgoing: TransportRequest, _ write: MirrorWrite, _ credential: Credential?,
    deliver: @escaping @Sendable (FetchedAnswer) -> Void
  ) async -> FetchOutcome? {
    do throws(TransportError) {
      let response = try await upstream.send(outgoing, as: .write(write))
      try await FetchedAnswer.read(
        response, upTo: recorder.responseBytesMax, consumerSilenceMax: recorder.consumerSilenceMax
      ) {
        [recorder] answer in
        var answer = answer
        answer.isStored = await recorder.record(write, requestBody: outgoing.body.bytes, answer, credential)
        deliver(answer)
      }
      return nil
    } catch {
      if error.requestMayHaveTakenEffect { await recorder.forget(write, credential) }
      return .failed(error)
    }
  }

  private static func relayed(_ answer: TransportResponse, isHead: Bool, _ cacheStatus: String) -> Response {
    var fields = Forwarding.responseFields(answer.fields)
    fields.append(HTTPField(name: .cacheStatus, value: cacheStatus))
    let length = answer.fields[.contentLength].flatMap { Int64($0) }
    if isHead, let length { fields[.contentLength] = String(length) }
    let body = answer.body
    return Response(
      head: HTTPResponse(status: .init(code: answer.status), headerFields: fields),
      body: .stream(length: length) { writer in
        for try await piece in body { try await writer.write(piece) }
      })
  }
}

extension TransportRequest.Body {
  /// The bytes of a collected body.
  var bytes: [UInt8] { if case .bytes(let bytes) = self { bytes } else { [] } }
}
