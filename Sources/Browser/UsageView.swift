/// What answers cost, by day and model.
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

    public init(day: String, model: String?, answers: Int, promptTokens: Int, completionTokens: Int) {
      self.day = day
      self.model = model
      self.answers = answers
      self.promptTokens = promptTokens
      self.completionTokens = completionTokens
    }
  }

  /// Every day that is shown, oldest first, whether it has rows or not.
  public var days: [String]
  /// Newest day first.
  public var rows: [Row]

  public init(days: [String], rows: [Row]) {
    (self.days, self.rows) = (days, rows)
  }
}
