/// What the daemon did and what answers cost, day by day.
public struct UsageView: Sendable {
  /// One day of one model.
  public struct Row: Sendable {
    /// `2026-11-26`, in UTC.
    public var day: String
    /// nil: not said.
    public var model: String?
    public var answers: Int
    public var promptTokens: Int
    public var completionTokens: Int
    /// US dollars; nil: not said for any of the answers.
    public var cost: Double?

    public init(
      day: String, model: String?, answers: Int, promptTokens: Int, completionTokens: Int, cost: Double? = nil
    ) {
      self.day = day
      self.model = model
      self.answers = answers
      self.promptTokens = promptTokens
      self.completionTokens = completionTokens
      self.cost = cost
    }
  }

  /// One day.
  public struct Day: Sendable {
    /// `2026-11-26`, in UTC.
    public var name: String
    public var calls: Int
    public var failedCalls: Int
    public var savedCalls: Int
    public var streamsComplete: Int
    /// Those that did not come to their end, whoever ended them.
    public var streamsBroken: Int
    /// The size of the mirror at the end of it; nil: nothing was done on it.
    public var mirrorBytes: Int64?

    public init(
      name: String, calls: Int = 0, failedCalls: Int = 0, savedCalls: Int = 0, streamsComplete: Int = 0,
      streamsBroken: Int = 0, mirrorBytes: Int64? = nil
    ) {
      (self.name, self.calls, self.failedCalls, self.savedCalls) = (name, calls, failedCalls, savedCalls)
      (self.streamsComplete, self.streamsBroken) = (streamsComplete, streamsBroken)
      self.mirrorBytes = mirrorBytes
    }

    /// Whether anything is known of it.
    var isEmpty: Bool {
      [calls, failedCalls, savedCalls, streamsComplete, streamsBroken].allSatisfy { $0 == 0 } && mirrorBytes == nil
    }
  }

  /// Every day that is shown, oldest first.
  public var days: [Day]
  /// Newest day first.
  public var rows: [Row]
  /// Calls since the month began.
  public var callsThisMonth: Int

  public init(days: [Day], rows: [Row], callsThisMonth: Int = 0) {
    (self.days, self.rows, self.callsThisMonth) = (days, rows, callsThisMonth)
  }
}
