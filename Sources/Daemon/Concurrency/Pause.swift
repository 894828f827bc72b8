/// A long pause made of short sleeps: what a cancelled `Task.sleep` holds is let go of only when its time is over, and most
/// long pauses end early.
enum Pause {
  private static let longestSleep = Duration.seconds(2)

  /// Sleeps; returns early when the task is cancelled.
  static func sleep(for span: Duration) async {
    let end = ContinuousClock.now + span
    while case let left = end - .now, left > .zero {
      guard (try? await Task.sleep(for: min(left, longestSleep))) != nil else { return }
    }
  }
}
