internal import Synchronization

/// The mode, readable from every loop and changeable while the daemon runs.
final class CurrentMode: Sendable {
  private let index: Atomic<Int>

  init(_ mode: Mode) { index = Atomic(Mode.allCases.firstIndex(of: mode)!) }

  var current: Mode { Mode.allCases[index.load(ordering: .relaxed)] }

  /// Sets the mode.
  /// - Returns: the mode before.
  func change(to mode: Mode) -> Mode {
    Mode.allCases[index.exchange(Mode.allCases.firstIndex(of: mode)!, ordering: .relaxed)]
  }
}
