internal import ChatRoutes
internal import HTTPTypes
internal import LocalServer
internal import Logging
internal import MirrorStore
internal import WireFormats

/// Answers the reads of the API: from upstream, from the mirror, or from both.
final class Reads: Sendable {
  struct Policy: Sendable {
    var freshness: Freshness
    var freshFor: FreshFor
    var softDeadline: Duration
  }

  private let live: Live<Policy>
  private var policy: Policy { live.current }
  private let mirror: Mirror
  private let upstream: Upstream
  private let forwarding: Forwarding
  private let recorder: Recorder
  private let background: BackgroundWork
  private let counters: Counters
  private let fetches = Fetches()

  init(
    policy: Live<Policy>, mirror: Mirror, upstream: Upstream, forwarding: Forwarding, recorder: Recorder,
    background: BackgroundWork, counters: Counters
  ) {
    (live, self.mirror, self.upstream, self.forwarding) = (policy, mirror, upstream, forwarding)
    (self.recorder, self.background, self.counters) = (recorder, background, counters)
  }

  /// One read as it was asked.
  private struct Ask: Sendable {
    let head: RequestHead
    let read: MirrorRead
    let credential: Credential?
    let directives: CacheDirectives

    /// The client has a version of its own.
    var isConditional: Bool { head.count("if-none-match") > 0 }

    /// Fields that let upstream send something else than the whole answer or 304 to an entity tag.
    var isPartial: Bool {
      head.count("range") > 0 || head.count("if-modified-since") > 0 || head.count("if-match") > 0
        || head.count("if-unmodified-since") > 0
    }

    /// Whether the client's `If-None-Match` holds this tag (RFC 9110 §13.1.2: weak comparison).
    func knows(_ tag: String) -> Bool {
      guard let asked = head.firstText("if-none-match") else { return false }
      let tags = asked.split(separator: ",").map { $0.drop { $0 == " " }.replacing("W/", with: "", maxReplacements: 1) }
      return asked == "*" || tags.contains(tag.replacing("W/", with: "", maxReplacements: 1)[...])
    }
  }

  /// The hot path: an answer rendered before, when the mirror would answer anyway. No SQLite, no JSON, no waiting.
  func hotAnswer(
    _ head: RequestHead, _ target: ArraySlice<UInt8>, _ credential: Credential?, mode: Mode
  ) -> ReadyAnswer? {
    guard mode != .bypass, head.count("cache-control") == 0, head.count("pragma") == 0,
      head.count("if-none-match") == 0
    else { return nil }
    let prefersMirror = mode == .offline || upstream.prefersMirror
    guard prefersMirror || policy.freshness == .cacheFirst, let credential else { return nil }
    guard prefersMirror || mirror.isSettled(credential) else { return nil }
    guard let entry = mirror.hotEntry(target, credential) else { return nil }
    let now = UnixTime.now
    let freshFor = freshSeconds(entry.read)
    if prefersMirror {
      // A probe by fetch is due now and then; the full path sends it.
      guard mode == .offline || !upstream.probeByFetchIsDue else { return nil }
      let occasion = mode == .offline ? .offline : outageOccasion
      return hit(entry.rendered, entry.answer, occasion, freshFor, now)
    }
    guard entry.answer.age(at: now) < freshFor, mirror.trusts(entry.answer, at: now) else { return nil }
    return hit(entry.rendered, entry.answer, .fresh, freshFor, now)
  }

  /// The full path.
  func answer(_ request: Request, _ read: MirrorRead, _ credential: Credential?, mode: Mode) async throws -> Response {
    let ask = Ask(
      head: request.head, read: read, credential: credential, directives: CacheDirectives(of: request.head))
    if mode == .offline { return await stored(ask, .offline) ?? missing(ask, "the daemon is in offline mode") }
    if ask.directives.onlyIfCached {
      if let fresh = await storedFresh(ask) { return fresh }
      return await stored(ask, occasionNow) ?? onlyIfCached(ask)
    }
    if !ask.directives.noCache {
      if wantsFreshCopy(ask), let answer = await storedFresh(ask) { return answer }
      if upstream.prefersMirror, let answer = await stored(ask, outageOccasion) {
        if upstream.takeProbeByFetch() { watch(fetch(ask)) }
        return answer
      }
    }
    return try await fetched(ask)
  }

  /// The mirror's answer when upstream is out, and nothing else: no fetch is begun.
  func mirrored(
    _ head: RequestHead, _ read: MirrorRead, _ credential: Credential?, mode: Mode
  ) async -> Response? {
    guard mode == .offline || (mode == .auto && upstream.prefersMirror) else { return nil }
    let ask = Ask(head: head, read: read, credential: credential, directives: CacheDirectives(of: head))
    return await stored(ask, mode == .offline ? .offline : outageOccasion)
  }

  // MARK: - From upstream

  private func fetched(_ ask: Ask) async throws -> Response {
    let fetch = fetch(ask)
    let patience = upstream.patience
    if let outcome = try await fetch.promise.value(patience: min(patience ?? policy.softDeadline, policy.softDeadline))
    {
      return try await settled(outcome, fetch, ask)
    }
    // Once a fetch, however many wait for it.
    if fetch.isLeader, patience == nil {
      upstream.noteSlowRead()
      watch(fetch)
    }
    if !ask.directives.noCache, let answer = await stored(ask, .softTimeout) { return answer }
    if patience != nil { return missing(ask, "the ChatRoutes API does not answer", "http_response_timeout") }
    guard let outcome = await fetch.promise.value() else { throw CancellationError() }
    return try await settled(outcome, fetch, ask)
  }

  private func settled(_ outcome: FetchOutcome, _ fetch: Fetches.Fetch, _ ask: Ask) async throws -> Response {
    switch outcome {
    case .answer(let answer) where [500, 502, 503, 504].contains(answer.status):
      // RFC 5861 §4: stale-if-error, also where upstream did not say so: that is what this daemon is for.
      if !ask.directives.noCache, let stored = await stored(ask, .staleIfError(status: answer.status)) {
        if fetch.isLeader { answer.rest?.abandon() }
        return stored
      }
      return answer.response(cacheStatus: cacheStatus(answer, fetch))
    case .answer(let answer) where answer.rest != nil && !fetch.isLeader:
      // Too large to share: this caller needs a body of its own.
      return try await settled(await fetchAlone(ask), ownFetch(fetch), ask)
    case .answer(let answer):
      counters.count(answer.isStored ? .readsStored : .readsRelayed)
      return answer.response(cacheStatus: cacheStatus(answer, fetch))
    case .failed(let error):
      if !ask.directives.noCache, let stored = await stored(ask, .staleIfError(status: nil)) { return stored }
      if error.kind == .exhausted { throw error }
      return missing(ask, "the ChatRoutes API cannot be reached (\(error.kind))", Failure.proxyErrorType(error))
    }
  }

  private func cacheStatus(_ answer: FetchedAnswer, _ fetch: Fetches.Fetch) -> String {
    if answer.isRevalidated { return "chatroutesd; fwd=stale; fwd-status=304" + (fetch.isLeader ? "" : "; collapsed") }
    var text = "chatroutesd; fwd=uri-miss"
    if !answer.isSuccess { text += "; fwd-status=\(answer.status)" }
    if !fetch.isLeader { text += "; collapsed" }
    return answer.isStored ? text + "; stored" : text
  }

  /// A fetch that nobody waits for: when it does not come in time either, that is a failure more.
  private func watch(_ fetch: Fetches.Fetch) {
    guard fetch.isLeader else { return }
    background.start { [policy, upstream] in
      if await fetch.promise.value(within: policy.softDeadline) == nil { upstream.noteSlowRead() }
    }
  }

  /// Joins or begins the fetch of a read; it goes on when its callers leave, since the call is already paid for.
  private func fetch(_ ask: Ask) -> Fetches.Fetch {
    let ticket = ask.credential.map { mirror.ticket($0, ask.read) }
    let key = Fetches.key(ask.head, ask.credential)
    let fetch = fetches.joinOrRegister(key, ticket: ticket, youngerThan: policy.softDeadline)
    guard fetch.isLeader else {
      counters.count(.readsCollapsed)
      return fetch
    }
    let started = background.start { [self] in
      let outcome = await run(ask, ticket) { self.fetches.finish(key, fetch.promise, .answer($0)) }
      if let outcome { fetches.finish(key, fetch.promise, outcome) }
    }
    if !started {
      fetches.finish(
        key, fetch.promise, .failed(TransportError(.cancelled, "shutting down", requestMayHaveTakenEffect: false)))
    }
    return fetch
  }

  private func fetchAlone(_ ask: Ask) async -> FetchOutcome {
    let promise = Promise<FetchOutcome>()
    let started = background.start { [self] in
      let outcome = await run(ask, nil) { promise.keep(.answer($0)) }
      if let outcome { promise.keep(outcome) }
    }
    let cancelled = FetchOutcome.failed(TransportError(.cancelled, requestMayHaveTakenEffect: false))
    return started ? await promise.value() ?? cancelled : cancelled
  }

  private func ownFetch(_ fetch: Fetches.Fetch) -> Fetches.Fetch {
    Fetches.Fetch(promise: fetch.promise, ticket: nil, isLeader: true)
  }

  /// - Returns: `nil` when the answer was delivered.
  private func run(
    _ ask: Ask, _ ticket: Epochs.Ticket?, deliver: @escaping @Sendable (FetchedAnswer) -> Void
  ) async -> FetchOutcome? {
    do throws(TransportError) {
      let validator = validator(for: ask)
      var response = try await upstream.send(request(ask, validator: validator), as: .read(ask.read))
      if validator != nil, response.status == 304 {
        if let renewed = await recorder.renew(ask.read, response.fields, ask.credential, ticket) {
          deliver(ask.isConditional ? .notModified(response.fields) : renewed)
          return nil
        }
        // A client cannot be told 304 to a question that it did not ask.
        if !ask.isConditional { response = try await upstream.send(request(ask, validator: nil), as: .read(ask.read)) }
      }
      try await FetchedAnswer.read(
        response, upTo: recorder.responseBytesMax, consumerSilenceMax: recorder.consumerSilenceMax
      ) {
        [recorder] answer in
        var answer = answer
        answer.isStored = await recorder.record(ask.read, answer, ask.credential, ask.directives, ticket)
        deliver(answer)
      }
      return nil
    } catch {
      return .failed(error)
    }
  }

  private func request(_ ask: Ask, validator: String?) -> TransportRequest {
    var request = forwarding.request(from: ask.head, body: .none)
    if let validator, !ask.isConditional { request.fields[.ifNoneMatch] = validator }
    return request
  }

  /// The validator of the stored answer, when a 304 to it would answer this read: the client asked for the whole, or for
  /// changes to this very version.
  private func validator(for ask: Ask) -> String? {
    guard let credential = ask.credential, !ask.directives.noStore, !ask.isPartial,
      let tag = mirror.entityTag(ask.head.originForm, ask.read, credential)
    else { return nil }
    return !ask.isConditional || ask.knows(tag) ? tag : nil
  }

  // MARK: - From the mirror

  private func wantsFreshCopy(_ ask: Ask) -> Bool {
    policy.freshness == .cacheFirst && ask.directives.maxAge != 0
  }

  /// A copy that is fresh by setting and by the caller's own bounds (RFC 9111 §5.2.1).
  private func storedFresh(_ ask: Ask) async -> Response? {
    guard mirror.isSettled(ask.credential), case .entry(let entry) = await lookUp(ask) else { return nil }
    let now = UnixTime.now
    guard mirror.trusts(entry.answer, at: now) else { return nil }
    let age = entry.answer.age(at: now)
    let freshFor = freshSeconds(ask.read)
    let remaining = freshFor - age
    let isFresh =
      remaining > (ask.directives.minFresh ?? 0) && age <= (ask.directives.maxAge ?? .max) && ask.directives.maxAge != 0
    let staleAllowed = ask.directives.maxStale.map { remaining <= 0 && -remaining <= $0 } ?? false
    guard isFresh || staleAllowed else { return nil }
    return notModified(ask, entry.answer) ?? Response(hit(entry.rendered, entry.answer, .fresh, freshFor, now))
  }

  /// Whatever the mirror has, however old.
  private func stored(_ ask: Ask, _ occasion: StoredAnswer.Occasion) async -> Response? {
    switch await lookUp(ask) {
    case .entry(let entry):
      guard ask.directives.accepts(age: entry.answer.age(at: .now), freshFor: freshSeconds(ask.read)) else {
        return nil
      }
      if let unchanged = notModified(ask, entry.answer) { return unchanged }
      return Response(hit(entry.rendered, entry.answer, occasion, freshSeconds(ask.read), .now))
    case .absent: return absent(ask)
    case .unknown: return nil
    }
  }

  /// A mirror that cannot be read holds nothing: the caller gets what upstream says, or does not say.
  private func lookUp(_ ask: Ask) async -> Mirror.Finding {
    do { return try await mirror.lookUp(ask.head.originForm, ask.read, ask.credential) } catch {
      recorder.noteUnreadable(error)
      return .unknown
    }
  }

  private func hit(
    _ rendered: RenderedResponse, _ answer: StoredAnswer, _ occasion: StoredAnswer.Occasion, _ freshFor: Int,
    _ now: UnixTime
  ) -> ReadyAnswer {
    counters.count(occasion == .fresh ? .hitsFresh : occasion == .offline ? .hitsOffline : .hitsStale)
    return ReadyAnswer(rendered, extraFields: answer.extraFields(occasion, freshFor: freshFor, at: now))
  }

  private func notModified(_ ask: Ask, _ answer: StoredAnswer) -> Response? {
    guard let tag = answer.entityTag, ask.knows(tag) else { return nil }
    counters.count(.hitsFresh)
    let age = String(answer.age(at: .now))
    let fields: HTTPFields = [.eTag: tag, .age: age, .cacheStatus: "chatroutesd; hit"]
    return Response(head: HTTPResponse(status: .notModified, headerFields: fields), body: .empty)
  }

  private func absent(_ ask: Ask) -> Response {
    counters.count(.hitsOffline)
    var failure = Failure(
      status: 404, code: "NOT_FOUND",
      message: "\(ask.read.phrase) does not exist: the local mirror holds the whole list, and it is not on it.")
    failure.details.append(("answeredBy", "local mirror"))
    var response = failure.response
    response.head.headerFields[.cacheStatus] = "chatroutesd; hit; detail=known-absent"
    return response
  }

  private func missing(_ ask: Ask, _ why: String, _ proxyError: String = "destination_unavailable") -> Response {
    counters.count(.readsMissing)
    return Failure.notStored(ask.read.phrase, why: why, proxyError: proxyError, offlineSince: upstream.outage).response
  }

  private func onlyIfCached(_ ask: Ask) -> Response {
    Failure.notStored(
      ask.read.phrase, why: "the request says only-if-cached", proxyError: "destination_unavailable",
      offlineSince: upstream.outage
    ).response
  }

  private var outageOccasion: StoredAnswer.Occasion {
    upstream.currentHealth.state == .suspect ? .suspect : .offline
  }

  private var occasionNow: StoredAnswer.Occasion { upstream.prefersMirror ? outageOccasion : .fresh }

  private func freshSeconds(_ read: MirrorRead) -> Int {
    let time =
      switch read {
      case .conversations: policy.freshFor.lists
      case .checkpoints: policy.freshFor.checkpoints
      default: policy.freshFor.conversations
      }
    return Int(time.components.seconds)
  }
}

extension MirrorRead {
  /// What the read is about, for error texts: the kind of thing, never its contents.
  var phrase: String {
    switch self {
    case .conversations: "this page of the conversation list"
    case .conversation: "this conversation"
    case .tree: "the tree of this conversation"
    case .messages: "the message list of this conversation"
    case .branches: "the branch list of this conversation"
    case .branchMessages: "the message list of this branch"
    case .checkpoints: "the checkpoint list of this conversation"
    }
  }
}
