internal import GRDB

/// What is counted by day.
public enum DayCount: String, Sendable, CaseIterable {
  /// Requests sent to the API.
  case calls
  /// Those that it did not answer, or with 502, 503 or 504.
  case failedCalls
  /// Reads that were answered without a call of their own.
  case savedCalls
  case streamsComplete, streamsInterrupted, streamsAbandoned, streamsTruncated
  /// The size of the mirror's file; the last one of the day, not a sum.
  case mirrorBytes
}

extension MirrorStore {
  /// Adds to what a day counted.
  public func add(_ counts: [DayCount: Int64], toDayOf time: UnixTime) async throws(MirrorError) {
    try await write("count what was done today") { db in
      for (kind, count) in counts {
        try db.cachedStatement(
          sql: """
            INSERT INTO day_count (day, kind, count) VALUES (date(?1 / 1000, 'unixepoch'), ?2, ?3)
            ON CONFLICT DO UPDATE SET count = iif(?4, excluded.count,
              max(min(count, 4611686018427387903), 0) + max(min(excluded.count, 4611686018427387903), 0))
            """
        ).execute(arguments: [time.milliseconds, kind.rawValue, count, kind == .mirrorBytes])
      }
    }
  }

  /// What days counted since `start`, by their names (`2026-11-26`, in UTC); a day on which nothing was done is not in it.
  public func dayCounts(since start: UnixTime) throws(MirrorError) -> [String: [DayCount: Int64]] {
    try read("look at what was done day by day") { db in
      var days: [String: [DayCount: Int64]] = [:]
      try db.each(
        "SELECT day, kind, count FROM day_count WHERE day >= date(? / 1000, 'unixepoch')", [start.milliseconds]
      ) { row in
        guard let kind = DayCount(rawValue: try row[1]) else { return }  // of a later version
        days[try row[0], default: [:]][kind] = try row[2]
      }
      return days
    }
  }
}
