internal import GRDB

/// What the answers of one day and model cost, as the API counted it.
public struct UsageOfDay: Sendable, Equatable {
  /// `2026-11-26`, in UTC.
  public var day: String
  /// nil: not said.
  public var model: String?
  public var answers: Int
  public var promptTokens: Int64
  public var completionTokens: Int64
  /// What the API said, else the sum of the two.
  public var totalTokens: Int64
  /// US dollars, of the answers whose cost the API named.
  public var cost: Double
  /// How many answers those are.
  public var answersWithCost: Int
}

extension MirrorStore {
  /// What answers cost that went through here since `start`, the newest day first, then the model that cost most.
  /// Answers of accounts that are refused now do not count.
  public func usage(since start: UnixTime) throws(MirrorError) -> [UsageOfDay] {
    try read("count what answers cost") { db in
      // `total`, since a sum of hostile numbers would be an error.
      try db.all(
        """
        SELECT date(said_at / 1000, 'unixepoch') AS day, model, count(*), total(prompt_tokens), total(completion_tokens),
          total(ifnull(total_tokens, ifnull(prompt_tokens, 0) + ifnull(completion_tokens, 0))) AS tokens,
          total(iif(cost BETWEEN 0 AND 1e6, cost, NULL)), count(iif(cost BETWEEN 0 AND 1e6, cost, NULL))
        FROM usage WHERE said_at >= ? AND account IN (SELECT id FROM account WHERE refused = 0)
        GROUP BY day, model HAVING day IS NOT NULL ORDER BY day DESC, tokens DESC, model
        """, [start.milliseconds]
      ).map { row in
        UsageOfDay(
          day: try row[0], model: try row[1], answers: try row[2], promptTokens: tokens(try row[3]),
          completionTokens: tokens(try row[4]), totalTokens: tokens(try row[5]),
          cost: try row[6], answersWithCost: try row[7])
      }
    }
  }
}

private func tokens(_ sum: Double) -> Int64 { Int64(exactly: sum.rounded()) ?? (sum < 0 ? .min : .max) }
