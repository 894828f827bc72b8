internal import MirrorStore

/// Notices when the wall clock is set, by a clock that nobody can set.
struct ClockWatch {
  private struct Step {
    /// How far the clock was set on.
    let by: Duration
    let at: ContinuousClock.Instant
  }

  /// Clocks are steered by less than that between two looks, and suspended machines are off by less when they wake.
  static let tolerance = Duration.seconds(10)

  /// Steps on that are remembered. A clock that is set more often tells nothing of ages.
  private static let stepsMax = 64

  private var last: (wall: UnixTime, steady: ContinuousClock.Instant)?
  private var steps: [Step] = []

  /// Takes note of the time.
  /// - Returns: whether the clock may have been set back since the look before; at the first look nobody knows.
  mutating func look(_ wall: UnixTime = .now, _ steady: ContinuousClock.Instant = .now) -> Bool {
    defer { last = (wall, steady) }
    guard let last else { return true }
    let step = .milliseconds(wall.milliseconds - last.wall.milliseconds) - (steady - last.steady)
    if step > Self.tolerance {
      if steps.count == Self.stepsMax { steps.removeFirst() }
      steps.append(Step(by: step, at: steady))
    }
    return step < .zero - Self.tolerance
  }

  /// By how much older than they are things of an age may seem: by how far the clock was set on within that time. What is older
  /// than that seems old rightly, however far the clock went.
  func error(within age: Duration, at now: ContinuousClock.Instant = .now) -> Duration {
    steps.reduce(.zero) { now - $1.at > age ? $0 : $0 + $1.by }
  }
}
