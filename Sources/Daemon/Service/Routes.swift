internal import HTTPTypes
internal import LocalServer
internal import Logging
internal import WireFormats

/// Everything that the daemon answers, in the order in which it decides: gate, API, its own pages.
final class Routes: Sendable {
  private let live: LiveSettings
  private let mode: CurrentMode
  private let reads: Reads
  private let writes: Writes
  private let streams: Streams
  private let ownPages: OwnPages
  private let report: Report
  private let counters: Counters
  private let times: AnswerTimes
  private let logger: Logger
  private let pageThread = PageThread()

  init(
    live: LiveSettings, mode: CurrentMode, reads: Reads, writes: Writes, streams: Streams,
    ownPages: OwnPages, report: Report, counters: Counters, times: AnswerTimes, logger: Logger
  ) {
    (self.live, self.mode, self.reads, self.writes, self.streams) = (live, mode, reads, writes, streams)
    (self.ownPages, self.report, self.counters, self.logger) = (ownPages, report, counters, logger)
    self.times = times
  }

  /// Answers from memory what can be answered so: the hot path. The rest, refusals too, is left to `answer`.
  func readyAnswer(_ head: RequestHead) -> ReadyAnswer? {
    let target = head.originForm
    guard head.hasMethod("GET"), target.starts(with: Self.apiPrefix), live.gate.current.refusal(of: head) == nil,
      let ready = reads.hotAnswer(head, target, Credential(of: head) ?? daemonCredential, mode: mode.current)
    else { return nil }
    counters.count(.requests)
    times.mirror.observeNoTime()
    if live.accessLog.current { log(head, Response(ready), after: .zero) }
    return ready
  }

  /// Answers one request. Errors become answers in one place, here.
  func answer(_ request: Request) async -> Response {
    let start = ContinuousClock.now
    counters.count(.requests)
    var (response, unexpected) = await outcome(of: request)
    response.addRequestID()
    tellTrouble(response, unexpected)
    let elapsed = ContinuousClock.now - start
    times[response.source].observe(elapsed)
    if live.accessLog.current { log(request.head, response, after: elapsed) }
    return response
  }

  /// The answer, and what of it is for the log only.
  private func outcome(of request: Request) async -> (Response, unexpected: String?) {
    if let refusal = live.gate.current.refusal(of: request.head, needsToken: !ownPages.admits(request.head)) {
      counters.count(.refused)
      return (Failure.refused(refusal).response, nil)
    }
    do { return (try await route(request), nil) } catch {
      let failure = Failure(error)
      return (failure.response, failure.unexpected)
    }
  }

  /// What a client may report by its id. An outage makes many of the usual kind: they are for debugging.
  private func tellTrouble(_ response: Response, _ unexpected: String?) {
    guard response.head.status.code >= 500 else { return }
    var about: Logger.Metadata = [
      "id": "\(response.text(.requestID) ?? "")", "status": "\(response.head.status.code)",
    ]
    if let unexpected {
      about["cause"] = "\(unexpected)"
      logger.error("a request failed", metadata: about)
    } else if let why = response.text(.proxyStatus) {
      about["why"] = "\(why)"
      logger.debug("a request was not answered", metadata: about)
    }
  }

  /// Of the daemon's own key; nil: it has none.
  private var daemonCredential: Credential? { live.apiKey.current.map(Credential.init(apiKey:)) }

  private static let apiPrefix = Array("/api/".utf8)

  private func route(_ request: Request) async throws -> Response {
    let head = request.head
    let target = head.originForm
    if target.starts(with: Self.apiPrefix) { return try await api(request, target) }
    let path = String(decoding: head.path, as: UTF8.self)
    guard head.hasMethod("GET") || head.hasMethod("HEAD") else {
      var failure = Failure(
        status: 405, code: "METHOD_NOT_ALLOWED", message: "this path can only be read. The API is under /api/.",
        proxyError: "http_request_error")
      failure.allow = "GET, HEAD"
      throw failure
    }
    switch path {
    case "/healthz": return Report.text("ok\n")
    case "/readyz": return report.readiness()
    case "/status": return report.status()
    case "/metrics": return report.metrics()
    default:
      // A long conversation is more to read and to write down than other clients should wait.
      return try await withTaskExecutorPreference(pageThread) { try ownPages.answer(head, path: path) }
    }
  }

  private func api(_ request: Request, _ target: ArraySlice<UInt8>) async throws -> Response {
    let head = request.head
    let credential = Credential(of: head) ?? daemonCredential
    let mode = mode.current
    let hasBody = ![.none, .length(0)].contains(request.body.framing)
    if head.hasMethod("HEAD"), let response = await mirroredHead(head, target, credential, mode) { return response }
    // A target that shows the credential is nothing to remember.
    let isUnfit = mode == .bypass || credential?.isShown(in: target) == true
    let endpoint = isUnfit ? .unknown : Endpoint.classify(method: head.method, target: target)
    let isOddRead = if case .read = endpoint { hasBody } else { false }
    if mode == .offline {
      guard case .read(let read) = endpoint else { throw Failure.offlineMode }
      return try await reads.answer(request, read, credential, mode: mode)
    }
    switch isOddRead ? .unknown : endpoint {
    case .read(let read): return try await reads.answer(request, read, credential, mode: mode)
    case .write(let write): return try await writes.forward(request, write, credential)
    case .stream(let conversation): return try await streams.forward(request, conversation: conversation, credential)
    case .unknown:
      let isSafe = head.hasMethod("GET") || head.hasMethod("HEAD") || head.hasMethod("OPTIONS")
      let status =
        mode == .bypass ? "chatroutesd; fwd=bypass" : isSafe ? "chatroutesd; fwd=uri-miss" : "chatroutesd; fwd=method"
      return try await writes.relay(request, credential, cacheStatus: status)
    }
  }

  /// HEAD is forwarded like any call; while upstream is out, the mirror says what GET would have (the server sends no body).
  private func mirroredHead(
    _ head: RequestHead, _ target: ArraySlice<UInt8>, _ credential: Credential?, _ mode: Mode
  ) async -> Response? {
    guard case .read(let read) = Endpoint.classify(method: "GET", target: target) else { return nil }
    return await reads.mirrored(head, read, credential, mode: mode)
  }

  /// The longest that there are, such as BASELINE-CONTROL; a client may send any token.
  private static let methodBytesLogged = 32

  /// One line a request: method, kind of call, status, Cache-Status, id, milliseconds to the answer's head. No path: it
  /// holds ids and query values.
  private func log(_ head: RequestHead, _ response: Response, after elapsed: Duration) {
    let isAPI = head.originForm.starts(with: Self.apiPrefix)
    let kind = isAPI ? Endpoint.classify(method: head.method, target: head.originForm).kind : "own page"
    let (seconds, attoseconds) = elapsed.components
    logger.info(
      "request",
      metadata: [
        "method": "\(head.method.prefix(Self.methodBytesLogged))", "kind": "\(kind)",
        "status": "\(response.head.status.code)",
        "cache": "\(response.text(.cacheStatus) ?? "-")", "id": "\(response.text(.requestID) ?? "-")",
        "ms": "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)",
      ])
  }
}

extension Response {
  /// Gives the answer an id of this daemon's, unless upstream gave it one.
  fileprivate mutating func addRequestID() {
    // What was rendered has one already.
    if case .rendered = body { return }
    guard !head.headerFields.contains(.requestID) else { return }
    head.headerFields.append(HTTPField(name: .requestID, value: RequestID.next()))
  }

  /// Who gave the answer, as `Cache-Status` has it: the last member, since caches behind this one put theirs before it (RFC
  /// 9211 §2).
  fileprivate var source: AnswerTimes.Source {
    if case .rendered = body { return .mirror }
    guard let status = head.headerFields[values: .cacheStatus].last, status.hasPrefix("chatroutesd") else {
      return .daemon
    }
    let isStored = status.contains("; hit") || (status.contains("fwd=stale") && !status.contains("fwd-status=304"))
    return isStored ? .mirror : .upstream
  }

  /// The value of a field, also of an answer that was rendered before; bytes that could break a line of the log are not
  /// shown.
  fileprivate func text(_ name: HTTPField.Name) -> String? {
    if case .rendered(let ready) = body {
      for line in String(decoding: ready.extraFields, as: UTF8.self).split(separator: "\r\n") {
        let parts = line.split(separator: ": ", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == name.canonicalName { return String(parts[1]) }
      }
    }
    return head.headerFields[values: name].last.map(Self.harmless)
  }

  /// Upstream's texts in the log: short, and of plain characters.
  private static func harmless(_ text: String) -> String {
    String(
      decoding: text.utf8.prefix(loggedBytesMax).map { $0 > 0x20 && $0 < 0x7F || $0 == 0x20 ? $0 : UInt8(ascii: "?") },
      as: UTF8.self)
  }

  private static let loggedBytesMax = 128
}

extension Failure {
  /// A client that had closed its sending side lost its call to a repetition.
  static let takenOver = Failure(
    status: 409, code: "NETWORK_ERROR",
    message: "the same request came again on another connection while this one looked abandoned; it is answered there.",
    proxyError: "connection_terminated")

  /// `offline` mode: nothing is dialled.
  static let offlineMode = Failure(
    status: 502, code: "NETWORK_ERROR",
    message: "the daemon is in offline mode and sends nothing. Only mirrored reads are answered; see --mode.",
    proxyError: "destination_unavailable")
}
