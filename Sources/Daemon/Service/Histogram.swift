internal import Synchronization

/// How long something took, counted by upper bounds as Prometheus reads it. Counting takes two atomic additions.
final class Histogram: Sendable {
  /// Seconds: from an answer out of memory to a model that thinks for minutes.
  static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

  private final class Cell: Sendable {
    let value = Atomic<UInt64>(0)
  }

  /// One a bound, and one for what is beyond the last.
  private let cells = (0...bounds.count).map { _ in Cell() }
  private let microseconds = Atomic<UInt64>(0)

  func observe(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let elapsed = Double(seconds) + Double(attoseconds) / 1e18
    let index = Self.bounds.firstIndex { elapsed <= $0 } ?? Self.bounds.count
    cells[index].value.add(1, ordering: .relaxed)
    microseconds.add(UInt64(max(0, elapsed * 1e6)), ordering: .relaxed)
  }

  /// Something that waited for nothing, not even for a look at the clock.
  func observeNoTime() { cells[0].value.add(1, ordering: .relaxed) }

  /// Counts up to each bound and in all, and the sum in seconds.
  var snapshot: (upTo: [UInt64], count: UInt64, sum: Double) {
    var (upTo, count) = ([UInt64](), UInt64(0))
    for cell in cells {
      count += cell.value.load(ordering: .relaxed)
      upTo.append(count)
    }
    return (upTo.dropLast(), count, Double(microseconds.load(ordering: .relaxed)) / 1e6)
  }
}

/// How long answers took from the request's head to their own, by who gave them.
struct AnswerTimes: Sendable {
  /// Who gave an answer.
  enum Source: String, CaseIterable, Sendable {
    case mirror, upstream
    /// Pages, refusals, errors of this daemon's own.
    case daemon
  }

  /// By name: it is counted into on the hot path.
  let mirror = Histogram()
  let upstream = Histogram()
  let daemon = Histogram()

  subscript(source: Source) -> Histogram {
    switch source {
    case .mirror: mirror
    case .upstream: upstream
    case .daemon: daemon
    }
  }
}
