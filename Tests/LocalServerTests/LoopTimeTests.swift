import Testing

@testable import LocalServer

@Suite struct LoopTimeTests {
  private let start = LoopTime(nanoseconds: 1_000_000_000)

  @Test(arguments: [
    (Duration.zero, CInt(0)), (.nanoseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1001), 2),
    (.seconds(60), 60_000), (.seconds(86_400), 3_600_000),
  ])
  func waitIsRoundedUpAndBounded(_ span: Duration, _ milliseconds: CInt) {
    #expect(start.millisecondsForEpoll(until: start.after(LoopTime.Span(span))) == milliseconds)
  }

  @Test func neverIsWaitedForWithoutEnd() {
    #expect(start.millisecondsForEpoll(until: .never) == -1)
    #expect(start.after(LoopTime.Span(.seconds(Int64.max))) == .never)
  }

  @Test func momentInThePastIsNotWaitedFor() {
    #expect(start.millisecondsForEpoll(until: LoopTime(nanoseconds: 5)) == 0)
  }

  @Test(arguments: [
    (784_111_777, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), (0, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
    (951_827_696, "Date: Tue, 29 Feb 2000 12:34:56 GMT\r\n"),
    (4_102_444_799, "Date: Thu, 31 Dec 2099 23:59:59 GMT\r\n"),
  ])
  func dateFieldIsAnIMFFixdate(_ second: Int, _ line: String) {
    #expect(String(decoding: DateField.line(at: second), as: UTF8.self) == line)
  }
}
