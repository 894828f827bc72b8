import Testing

@testable import MirrorStore

@Suite struct UnixTimeTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-01-02T03:04:05Z", 1_767_323_045_000),
      ("2026-01-02T03:04:05.678901Z", 1_767_323_045_678), ("2026-01-02T03:04:05.6", 1_767_323_045_600),
      ("2026-01-02 04:04:05+01:00", 1_767_323_045_000), ("2026-01-01T21:34:05-0530", 1_767_323_045_000),
      ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2000-03-01T00:00:00Z", 951_868_800_000),
      ("1969-12-31T23:59:59Z", -1000),
    ] as [(String, Int64)])
  func timesAreRead(_ text: String, _ milliseconds: Int64) {
    #expect(UnixTime(rfc3339: text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "yesterday", "2026-01-02", "2026-13-02T03:04:05Z", "2026-01-02T03:04:05+1", "2026-01-02T03:04:05Zx",
    "２026-01-02T03:04:05Z",
  ])
  func otherTextIsNoTime(_ text: String) {
    #expect(UnixTime(rfc3339: text) == nil)
  }
}
