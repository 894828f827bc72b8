internal import MirrorStore
internal import Synchronization

/// Writes down day by day what the daemon did, so that it is known after a restart.
final class DayLedger: Sendable {
  private let totals: @Sendable () -> [DayCount: UInt64]
  /// What of the totals stands in the mirror already.
  private let written = Mutex<[DayCount: UInt64]>([:])

  /// - Parameter totals: what was done since the daemon started.
  init(totals: @escaping @Sendable () -> [DayCount: UInt64]) { self.totals = totals }

  convenience init(counters: Counters, upstream: Upstream) {
    self.init {
      let calls = upstream.counts
      return [
        .calls: calls.calls, .failedCalls: calls.failures, .savedCalls: counters.savedCalls,
        .streamsComplete: counters[.streamsComplete], .streamsInterrupted: counters[.streamsInterrupted],
        .streamsAbandoned: counters[.streamsAbandoned], .streamsTruncated: counters[.streamsTruncated],
      ]
    }
  }

  /// Adds what was done since the last time to the day that it is now. Nothing was done: nothing is written. What cannot be
  /// written is added the next time.
  func save(into store: MirrorStore, at now: UnixTime = .now) async throws(MirrorError) {
    let totals = totals()
    var counts = news(in: totals)
    guard !counts.isEmpty else { return }
    counts[.mirrorBytes] = try store.counts().bytes
    try await store.add(counts, toDayOf: now)
    written.withLock { $0 = totals }
  }

  /// What was done and is not written down yet.
  var pending: [DayCount: Int64] { news(in: totals()) }

  private func news(in totals: [DayCount: UInt64]) -> [DayCount: Int64] {
    let before = written.withLock { $0 }
    return totals.reduce(into: [:]) { counts, total in
      let more = total.value - min(before[total.key] ?? 0, total.value)
      if more > 0 { counts[total.key] = Int64(clamping: more) }
    }
  }
}
