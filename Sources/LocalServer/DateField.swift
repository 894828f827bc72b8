internal import Glibc

/// The ready `Date` field line (RFC 9110 §6.6.1), made anew only when the second changes.
struct DateField {
  private(set) var line: [UInt8] = []
  private var second: time_t = .min

  mutating func refresh() {
    let current = time(nil)
    guard current != second else { return }
    second = current
    line = Self.line(at: Int(current))
  }

  /// `Date: Sun, 06 Nov 1994 08:49:37 GMT` and CRLF.
  /// - Parameter second: Seconds since 1970.
  static func line(at second: Int) -> [UInt8] {
    var second = time_t(second)
    var time = tm()
    gmtime_r(&second, &time)
    let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(time.tm_wday)]
    let month = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ][Int(time.tm_mon)]
    let date = "\(weekday), \(twoDigits(time.tm_mday)) \(month) \(time.tm_year + 1900)"
    let clock = "\(twoDigits(time.tm_hour)):\(twoDigits(time.tm_min)):\(twoDigits(time.tm_sec))"
    return Array("Date: \(date) \(clock) GMT\r\n".utf8)
  }

  private static func twoDigits(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
