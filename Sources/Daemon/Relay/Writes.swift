internal import ChatRoutes
internal import HTTPTypes
internal import LocalServer
internal import MirrorStore
internal import WireFormats

/// Forwards what changes something upstream, and everything that this daemon has no opinion about.
final class Writes: Sendable {
  private let upstream: Upstream
  private let forwarding: Forwarding
  private let recorder: Recorder
  private let background: BackgroundWork
  private let counters: Counters
  private let requestBytesMax: Int

  init(
    upstream: Upstream, forwarding: Forwarding, recorder: Recorder, background: BackgroundWork, counters: Counters,
    requestBytesMax: Int
  ) {
    (self.upstream, self.forwarding, self.recorder) = (upstream, forwarding, recorder)
    (self.background, self.counters, self.requestBytesMax) = (background, counters, requestBytesMax)
  }

  /// Sends a write once and folds it into the mirror before its answer ends, whether or not its client stays.
  func forward(_ request: Request, _ write: MirrorWrite, _ credential: Credential?) async throws -> Response {
    counters.count(.writes)
    let body = try await Forwarding.collected(request, upTo: requestBytesMax)
    let outgoing = forwarding.request(from: request.head, body: body)
    let promise = Promise<FetchOutcome>()
    recorder.begin(write, credential)
    let started = background.start { [self] in
      let outcome = await send(outgoing, write, credential) { promise.keep(.answer($0)) }
      if let outcome { promise.keep(outcome) }
    }
    guard started else { throw CancellationError() }
    switch try await promise.value(patience: upstream.patience) {
    case nil: return Failure.upstream(.noAnswerInTime, offlineSince: upstream.outage).response
    case .answer(let answer): return answer.response(cacheStatus: "chatroutesd; fwd=method")
    case .failed(let error): return Failure.upstream(error, offlineSince: upstream.outage).response
    }
  }

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
      let answer = try await upstream.send(outgoing, isBrief: outgoing.isSafe)
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
      let response = try await upstream.send(outgoing)
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
