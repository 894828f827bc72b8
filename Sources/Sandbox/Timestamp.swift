/// A moment in whole milliseconds since 1970 (UTC).
struct Timestamp: Sendable, Hashable, Comparable {
  var milliseconds: Int64

  static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// ISO 8601 with milliseconds, as the API writes it: `2026-01-31T09:08:07.006Z`.
  var text: String {
    let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
    let date = CivilDate(daysSince1970: days)
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let clock = [rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60].map { padded($0, 2) }.joined(separator: ":")
    return
      "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T\(clock).\(padded(rest % 1_000, 3))Z"
  }

  /// Months since year 0: calls are counted by these.
  var month: Int64 {
    let date = CivilDate(daysSince1970: milliseconds / 86_400_000)
    return date.year * 12 + date.month - 1
  }

  /// Whole seconds until the next month begins, rounded up.
  var secondsToNextMonth: Int {
    var day = milliseconds / 86_400_000
    let thisMonth = month
    repeat { day += 1 } while Timestamp(milliseconds: day * 86_400_000).month == thisMonth
    return Int((day * 86_400_000 - milliseconds + 999) / 1_000)
  }
}

/// A day of the proleptic Gregorian calendar, by Howard Hinnant's `civil_from_days`; days from 1970 on.
private struct CivilDate {
  var year, month, day: Int64

  init(daysSince1970 days: Int64) {
    let shifted = days + 719_468  // day 0 is 0000-03-01: leap days end their year
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }
}

/// Gives out moments that follow the real time but never repeat, so that creation order is time order.
struct LogicalClock: Sendable {
  private(set) var last = Timestamp(milliseconds: 0)
  private var observed = Timestamp(milliseconds: 0)

  /// The present moment, without using one up.
  var now: Timestamp { max(observed, last) }

  /// Tells the clock what time it is outside.
  mutating func observe(_ now: Timestamp) { observed = max(observed, now) }

  /// The time outside, or one millisecond after the last moment given out when that is later.
  mutating func tick() -> Timestamp {
    last = Timestamp(milliseconds: max(observed.milliseconds, last.milliseconds + 1))
    return last
  }
}
