internal import ChatRoutes
internal import HTTPTypes
internal import Synchronization
internal import WireFormats

/// How a fetch ended.
enum FetchOutcome: Sendable {
  case answer(FetchedAnswer)
  case failed(TransportError)
}

/// The fetches that run now: identical concurrent GETs of one credential cost one upstream call.
final class Fetches: Sendable {
  struct Key: Hashable, Sendable {
    let credential: Credential?
    let target: [UInt8]
    /// Every end-to-end field that can change what upstream answers, as text.
    let variant: String
  }

  struct Fetch: Sendable {
    let promise: Promise<FetchOutcome>
    let ticket: Epochs.Ticket?
    /// Whether this caller began it: only the first may read on in an answer too large to share.
    let isLeader: Bool
  }

  private struct Running {
    let promise: Promise<FetchOutcome>
    let ticket: Epochs.Ticket?
    let startedAt: ContinuousClock.Instant
  }

  private let running = Mutex<[Key: Running]>([:])

  /// Joins the running fetch with this key, or registers a new one.
  ///
  /// A fetch that began before the last write is not joined: it may show the past. Nor is one older than `limit`: it may
  /// never end, and a new one is what tells whether upstream is back.
  func joinOrRegister(_ key: Key, ticket: Epochs.Ticket?, youngerThan limit: Duration) -> Fetch {
    let now = ContinuousClock.now
    return running.withLock { table in
      if let found = table[key], found.ticket == ticket, now - found.startedAt < limit {
        return Fetch(promise: found.promise, ticket: ticket, isLeader: false)
      }
      let promise = Promise<FetchOutcome>()
      table[key] = Running(promise: promise, ticket: ticket, startedAt: now)
      return Fetch(promise: promise, ticket: ticket, isLeader: true)
    }
  }

  /// The fetch is over: later GETs begin a new one.
  func finish(_ key: Key, _ promise: Promise<FetchOutcome>, _ outcome: FetchOutcome) {
    running.withLock { table in
      if table[key]?.promise === promise { table[key] = nil }
    }
    promise.keep(outcome)
  }

  /// The key of a request.
  static func key(_ head: RequestHead, _ credential: Credential?) -> Key {
    Key(credential: credential, target: Array(head.originForm), variant: variant(of: head))
  }

  /// Every end-to-end field that can change what upstream answers. Fields that only describe the caller do not set requests
  /// apart.
  static func variant(of head: RequestHead) -> String {
    var variant = ""
    for field in head.httpFields() where !describingCaller.contains(field.name.canonicalName) {
      variant += field.name.canonicalName + ":" + field.value + "\n"
    }
    return variant
  }

  private static let describingCaller: Set<String> = [
    "user-agent", "host", "connection", "keep-alive", "authorization", "x-api-key", "referer", "x-request-id",
    "traceparent", "tracestate", "x-chatroutesd-token",
  ]
}
