/// How the daemon is doing.
public struct OverviewView: Sendable {
  /// Facts that belong together.
  public struct Section: Sendable {
    public var title: String
    public var facts: [(name: String, value: String)]

    public init(title: String, facts: [(name: String, value: String)]) {
      (self.title, self.facts) = (title, facts)
    }
  }

  /// What needs somebody to look at it, the worst first.
  public var alarms: [String]
  public var sections: [Section]

  public init(alarms: [String] = [], sections: [Section] = []) {
    (self.alarms, self.sections) = (alarms, sections)
  }
}
