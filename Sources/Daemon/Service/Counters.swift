internal import Synchronization

/// What is counted, by its name in `/status` and `/metrics`.
enum Counter: Int, CaseIterable, Sendable {
  case requests, refused
  case hitsFresh, hitsStale, hitsOffline
  case readsStored, readsRelayed, readsCollapsed, readsMissing
  case writes, relayed, absorbed
  case notMirrored, recordingFailures, readFailures
  case evictedResponses, evictedConversations
  case streamsComplete, streamsInterrupted, streamsAbandoned, streamsTruncated

  var help: String {
    switch self {
    case .requests: "requests that came in"
    case .refused: "requests that the gate did not let in"
    case .hitsFresh: "reads answered from a fresh copy"
    case .hitsStale: "reads answered from a stale copy because upstream failed or was slow"
    case .hitsOffline: "reads answered from the mirror while upstream was out"
    case .readsStored: "reads answered by upstream and stored"
    case .readsRelayed: "reads answered by upstream and not stored"
    case .readsCollapsed: "reads that shared another read's call"
    case .readsMissing: "reads that nothing stored could answer"
    case .writes: "writes forwarded"
    case .relayed: "other requests forwarded"
    case .absorbed: "repeated writes that were answered by the call that was running, instead of being sent again"
    case .notMirrored: "answers relayed and not mirrored: of another shape, showing the key, or too many at once"
    case .recordingFailures: "writes to the mirror that failed"
    case .readFailures: "looks into the mirror that failed"
    case .evictedResponses: "stored answers dropped to keep the mirror within its limits"
    case .evictedConversations: "conversations whose messages were dropped to keep the mirror within its limits"
    case .streamsComplete: "streams that came to their complete event"
    case .streamsInterrupted: "streams that upstream broke off"
    case .streamsAbandoned: "streams whose client left and that were not read on"
    case .streamsTruncated: "streams longer than the capture limit"
    }
  }
}

/// What the daemon did since it started. Plain numbers; they hold nothing of what passed through.
final class Counters: Sendable {
  private final class Cell: Sendable {
    let value = Atomic<UInt64>(0)
  }

  private let cells = Counter.allCases.map { _ in Cell() }

  func count(_ counter: Counter, by amount: UInt64 = 1) {
    cells[counter.rawValue].value.add(amount, ordering: .relaxed)
  }

  /// Reads that were answered without a call of their own.
  var savedCalls: UInt64 {
    self[.hitsFresh] + self[.hitsStale] + self[.hitsOffline] + self[.readsCollapsed]
  }

  subscript(counter: Counter) -> UInt64 {
    cells[counter.rawValue].value.load(ordering: .relaxed)
  }
}
