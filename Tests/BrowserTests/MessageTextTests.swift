import Testing

@testable import Browser

@Suite struct MessageTextTests {
  private func html(_ text: String, shownBytesMax: Int = TextBudget.textBytesMax, rest: String? = nil) -> String {
    var budget = TextBudget.page
    return String(decoding: MessageText.html(text, &budget, atMost: shownBytesMax, rest: rest).bytes, as: UTF8.self)
  }

  /// What is shown is taken from the budget; behind it each text shows its beginning, as it was typed.
  @Test func aPageShowsSoMuchAndThenBeginningsOnly() {
    var budget = TextBudget(bytes: 5000, markdown: 4100)
    func shown(_ text: String) -> String {
      String(decoding: MessageText.html(text, &budget).bytes, as: UTF8.self)
    }
    let text = "*" + String(repeating: "a", count: 3998) + "*"
    #expect(shown(text).contains("<em>aaa"))
    let second = shown(text)
    #expect(second.contains(">*aaa") && second.contains("2,000 more bytes"), "\(second.suffix(100))")
    #expect(shown("short").contains(">short<"))
  }

  @Test(arguments: ["", " ", " \n\r\n ", "\u{2003}"]) func blankTextIsNothing(_ text: String) {
    #expect(html(text) == "")
  }

  @Test(arguments: [
    (0, ""), (1, "a"), (2, "a"), (3, "aé"), (4, "aé"), (6, "aé"), (7, "aé👍"), (8, "aé👍b"), (99, "aé👍b"),
  ])
  func longTextIsCutBetweenScalars(_ bytesMax: Int, _ shown: String) {
    let html = html("aé👍b", shownBytesMax: bytesMax)
    let hidden = "aé👍b".utf8.count - shown.utf8.count
    #expect(shown.isEmpty || html.contains(">\(shown)</p>"))
    #expect(html.contains("\(hidden) more byte") == (hidden > 0))
  }

  @Test func whatIsCutSaysWhereTheRestIs() {
    #expect(html("abc", shownBytesMax: 1).contains("2 more bytes: read this message through the API."))
    #expect(
      html("abc", shownBytesMax: 1, rest: "/x").contains("2 more bytes: <a href=\"/x\">read all of it as text</a>."))
  }

  /// Texts that cmark-gfm would need too long for, or make too much of.
  @Test(arguments: [
    String(repeating: "[", count: Markdown.bracketsMax + 1),
    String(repeating: "a\n\n", count: Markdown.bytesMax / 3 + 1),
  ])
  func whatIsUnfitForMarkdownIsShownAsTyped(_ text: String) {
    #expect(html(text) == "<div class=\"text\" dir=\"auto\">\(text)</div>")
  }
}
