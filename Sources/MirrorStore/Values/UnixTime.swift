internal import Foundation

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
public struct UnixTime: Hashable, Comparable, Codable, Sendable {
  public let milliseconds: Int64

  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  public static var now: UnixTime {
    UnixTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
  }

  public static func < (left: UnixTime, right: UnixTime) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Reads what APIs write as a time: RFC 3339 text; nil: something else.
  ///
  /// `2026-01-02T03:04:05`, a fraction of any length, then `Z`, an offset or nothing (taken as UTC).
  public init?(rfc3339 text: String) {
    var digits = TimeDigits(text.utf8)
    guard let year = digits.number(4), digits.skip("-"), let month = digits.number(2), digits.skip("-"),
      let day = digits.number(2), digits.skip("T") || digits.skip("t") || digits.skip(" "),
      let hour = digits.number(2), digits.skip(":"), let minute = digits.number(2), digits.skip(":"),
      let second = digits.number(2), (1...12).contains(month), (1...31).contains(day), hour < 25, minute < 60,
      second < 61
    else { return nil }
    let fraction = digits.skip(".") ? digits.fractionMilliseconds() : 0
    guard let offset = digits.offsetMinutes() else { return nil }
    let seconds = ((Self.days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second
    milliseconds = seconds * 1000 + fraction
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar; years are counted from March so that leap days come last.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let fromMarch = month > 2 ? year : year - 1
    let era = fromMarch / 400
    let yearOfEra = fromMarch - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

private struct TimeDigits {
  private var rest: Substring.UTF8View

  init(_ text: String.UTF8View) {
    rest = text[...]
  }

  mutating func number(_ count: Int) -> Int64? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy(isDigit) else { return nil }
    rest = rest.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
  }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func fractionMilliseconds() -> Int64 {
    let digits = rest.prefix(while: isDigit)
    rest = rest.dropFirst(digits.count)
    var milliseconds: Int64 = 0
    for place in 0..<3 {
      let digit = digits.dropFirst(place).first.map { Int64($0 - UInt8(ascii: "0")) }
      milliseconds = milliseconds * 10 + (digit ?? 0)
    }
    return milliseconds
  }

  /// nil: something else follows.
  mutating func offsetMinutes() -> Int64? {
    if rest.isEmpty { return 0 }
    if skip("Z") || skip("z") { return rest.isEmpty ? 0 : nil }
    let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
    guard skip("+") || skip("-"), let hours = number(2) else { return nil }
    _ = skip(":")
    guard let minutes = number(2), rest.isEmpty else { return nil }
    return sign * (hours * 60 + minutes)
  }
}
