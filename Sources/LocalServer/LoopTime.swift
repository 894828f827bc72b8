internal import Glibc

/// A moment of the monotonic clock.
struct LoopTime: Comparable, Sendable {
  var nanoseconds: Int64

  static let never = LoopTime(nanoseconds: .max)

  static func now() -> LoopTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return LoopTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// The moment `span` later; `never` when that is out of range.
  func after(_ span: Span) -> LoopTime {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(span.nanoseconds)
    return overflow ? .never : LoopTime(nanoseconds: sum)
  }

  /// Whole milliseconds from `self` until `other`, rounded up, in the form `epoll_wait` takes: -1 for never.
  func millisecondsForEpoll(until other: LoopTime) -> CInt {
    guard other != .never else { return -1 }
    guard other > self else { return 0 }
    let milliseconds = (other.nanoseconds - nanoseconds + 999_999) / 1_000_000
    return CInt(min(milliseconds, 3_600_000))
  }

  static func < (left: LoopTime, right: LoopTime) -> Bool { left.nanoseconds < right.nanoseconds }

  /// A length of time as the loops count it. `Duration` is 128 bits wide; deadlines are set several times a request.
  struct Span: Sendable, Comparable {
    let nanoseconds: Int64

    init(_ duration: Duration) {
      let (seconds, attoseconds) = duration.components
      guard seconds < Int64.max / 1_000_000_000 else {
        nanoseconds = .max
        return
      }
      nanoseconds = max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    static func < (left: Span, right: Span) -> Bool { left.nanoseconds < right.nanoseconds }
  }
}
