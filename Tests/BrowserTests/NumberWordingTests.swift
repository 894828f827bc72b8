import Testing

@testable import Browser

@Suite struct NumberWordingTests {
  @Test(
    arguments: [
      (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (10_240, "10 KiB"),
      (91_226_112, "87 MiB"), (1 << 40, "1.0 TiB"), (.max, "8388608 TiB"), (-5, "-5 bytes"),
    ] as [(Int64, String)]) func bytesAreReadable(_ bytes: Int64, _ text: String)
  {
    #expect(ByteSize.text(bytes) == text)
  }

  @Test(
    arguments: [
      (0, "$0.0000"), (0.01234, "$0.0123"), (0.00006, "$0.0001"), (1234.5, "$1,234.5000"), (-0.5, "-$0.5000"),
      (-0.00001, "$0.0000"), (.infinity, "?"), (.nan, "?"), (1e300, "?"), (0.99996, "$1.0000"),
    ] as [(Double, String)]) func dollarsAreReadable(_ amount: Double, _ text: String)
  {
    #expect(Wording.dollars(amount) == text)
  }

  @Test func aChartDrawsPartsOnOneAnother() throws {
    let chart = DayChart(
      label: "Calls", styles: ["spent", "saved"],
      bars: [
        .init(day: "2026-11-25", parts: [0, 0], says: "nothing"),
        .init(day: "2026-11-26", parts: [30, 10], says: "forty"),
      ], most: { "\(Int($0))" })
    let parsed = try ParsedPage(chart.svg.bytes)
    let rectangles = parsed.all("rect").map { ($0.attributes["class"] ?? "", $0.attributes["height"] ?? "") }
    #expect(rectangles.map(\.0) == ["spent", "saved", "spent", "saved"])
    #expect(rectangles.map(\.1) == ["0", "0", "120", "40"])
    let tops = parsed.all("rect").compactMap { $0.attributes["y"].flatMap { Int($0) } }
    #expect(tops[3] + 40 == tops[2] && tops[2] + 120 == tops[0])
    #expect(parsed.text.contains("40 at the most") && parsed.text.contains("2026-11-26: forty"))
  }
}
