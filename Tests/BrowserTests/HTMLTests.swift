import Testing

@testable import Browser

@Suite struct HTMLTests {
  private func text(_ html: HTML) -> String { String(decoding: html.bytes, as: UTF8.self) }

  @Test func literalsStayAsTheyAre() {
    #expect(text("<p class=\"a\">&amp; é</p>") == "<p class=\"a\">&amp; é</p>")
  }

  @Test(arguments: [
    ("<script>", "&lt;script&gt;"),
    ("a & b", "a &amp; b"),
    ("\" onload='x'", "&quot; onload=&#39;x&#39;"),
    ("&lt;", "&amp;lt;"),
    ("nul\0bell\u{7}del\u{7F}", "nul\u{FFFD}bell\u{FFFD}del\u{FFFD}"),
    ("tab\tlf\ncr\r", "tab\tlf\ncr\r"),
    ("שלום 👩‍👩‍👧 \u{202E}", "שלום 👩‍👩‍👧 \u{202E}"),
    ("", ""),
  ]) func textIsEscaped(_ input: String, _ expected: String) {
    #expect(text("<i title=\"\(input)\">") == "<i title=\"\(expected)\">")
    #expect(text("\(input[...])") == expected)
  }

  @Test func markupIsNotEscapedTwice() {
    let inner: HTML = "<b>\("<")</b>"
    let list: [HTML] = [inner, "\(7)"]
    #expect(text("<p>\(inner)\(list)</p>") == "<p><b>&lt;</b><b>&lt;</b>7</p>")
  }
}
