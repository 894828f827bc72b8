internal import Foundation
internal import MirrorStore

/// Days in UTC, as usage is counted.
enum UsageDays {
  private static let millisecondsADay: Int64 = 86_400_000

  /// When the first of the last days began, today being one of them.
  static func start(ofLast days: Int, at now: UnixTime) -> UnixTime {
    let today = now.milliseconds - now.milliseconds % millisecondsADay
    return UnixTime(milliseconds: today - Int64(days - 1) * millisecondsADay)
  }

  /// Their names, `2026-11-26`, oldest first.
  static func names(ofLast days: Int, at now: UnixTime) -> [String] {
    let start = start(ofLast: days, at: now).milliseconds
    return (0..<days).map { day in
      let date = Date(timeIntervalSince1970: Double(start + Int64(day) * millisecondsADay) / 1000)
      return date.formatted(.iso8601.year().month().day())
    }
  }
}
