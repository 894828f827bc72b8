import Foundation
import Testing

@testable import Browser

@Suite struct CalendarTimeTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z", "1 Jan 1970, 00:00"),
    (-0.5, "1969-12-31T23:59:59Z", "31 Dec 1969, 23:59"),
    (951_782_399, "2000-02-28T23:59:59Z", "28 Feb 2000, 23:59"),
    (951_782_400, "2000-02-29T00:00:00Z", "29 Feb 2000, 00:00"),
    (951_868_800, "2000-03-01T00:00:00Z", "1 Mar 2000, 00:00"),
    (1_795_400_000.9, "2026-11-23T02:13:20Z", "23 Nov 2026, 02:13"),
    (-62_135_596_800, "0001-01-01T00:00:00Z", "1 Jan 1, 00:00"),
    (253_402_300_799, "9999-12-31T23:59:59Z", "31 Dec 9999, 23:59"),
  ]) func momentIsReadable(_ seconds: Double, _ machine: String, _ human: String) throws {
    let time = try #require(CalendarTime(Date(timeIntervalSince1970: seconds)))
    #expect(time.machineText == machine)
    #expect(time.humanText == human)
  }

  @Test func agreesWithTheCalendarOfFoundation() throws {
    // From 1584 on: Foundation counts earlier days by the Julian calendar.
    for day in stride(from: -140_900, to: 2_900_000, by: 4_999) {
      let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 4_321)
      #expect(try #require(CalendarTime(date)).machineText == date.formatted(.iso8601))
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300, 253_402_300_800, -62_135_596_801])
  func momentNobodyMeantIsLeftOut(_ seconds: Double) {
    #expect(Wording.time(Date(timeIntervalSince1970: seconds)) == nil)
  }
}
