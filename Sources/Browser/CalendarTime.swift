import Foundation

/// A moment in the Gregorian calendar, in UTC, to the second.
struct CalendarTime {
  let year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int

  /// nil: not a finite moment within the years 1 to 9999.
  init?(_ date: Date) {
    let seconds = date.timeIntervalSince1970.rounded(.down)
    guard seconds >= -62_135_596_800, seconds < 253_402_300_800 else { return nil }
    let days = Int((seconds / 86_400).rounded(.down))
    let secondOfDay = Int(seconds) - days * 86_400
    (hour, minute, second) = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)

    // Years that begin on 1 March put the leap day last; 719,468 days lie between 0000-03-01 and 1970-01-01.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// `2026-11-23T03:36:07Z` (RFC 3339).
  var machineText: String {
    let date = "\(Self.padded(year, to: 4))-\(Self.padded(month))-\(Self.padded(day))"
    return "\(date)T\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))Z"
  }

  /// `23 Nov 2026, 03:36`; pages say once that times are UTC.
  var humanText: String {
    "\(day) \(Self.monthNames[month - 1]) \(year), \(Self.padded(hour)):\(Self.padded(minute))"
  }

  private static let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private static func padded(_ number: Int, to width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
