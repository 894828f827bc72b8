internal import Synchronization

extension LocalServer {
  /// Asks every event loop to count a turn, which a loop that hangs never does. Costs each of them a wake-up.
  public func requestTurn() {
    for loop in loopsForPulse { loop.execute { $0.statistics.turns.add(1, ordering: .relaxed) } }
  }

  /// How many turns that were asked for the slowest loop has made; 0 before the server runs.
  public var turnsMade: Int {
    loopsForPulse.map { $0.statistics.turns.load(ordering: .relaxed) }.min() ?? 0
  }
}
