internal import Synchronization

/// The mode, readable from every loop and changeable while the daemon runs.
final class CurrentMode: Sendable {
  private let index: Atomic<Int>

  init(_ mode: Mode) { index = Atomic(Mode.allCases.firstIndex(of: mode)!) }

  var current: Mode {
    get { Mode.allCases[index.load(ordering: .relaxed)] }
    set { index.store(Mode.allCases.firstIndex(of: newValue)!, ordering: .relaxed) }
  }
}
