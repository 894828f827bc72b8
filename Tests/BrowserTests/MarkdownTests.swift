import Testing

@testable import Browser

@Suite struct MarkdownTests {
  private func html(_ text: String) throws -> String {
    String(decoding: try #require(Markdown.html(text[...])).bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("plain", "<p dir=\"auto\">plain</p>\n"),
    ("one\ntwo", "<p dir=\"auto\">one<br />\ntwo</p>\n"),
    ("one  \ntwo", "<p dir=\"auto\">one<br />\ntwo</p>\n"),
    ("*a* **b** ~~c~~ `d`", "<p dir=\"auto\"><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>\n"),
    ("a < b && c > \"d\"", "<p dir=\"auto\">a &lt; b &amp;&amp; c &gt; &quot;d&quot;</p>\n"),
    ("> q", "<blockquote>\n<p dir=\"auto\">q</p>\n</blockquote>\n"),
    ("---", "<hr />\n"),
    ("- a\n- b", "<ul dir=\"auto\">\n<li>a </li>\n<li>b </li>\n</ul>\n"),
    ("3. a", "<ol dir=\"auto\" start=\"3\">\n<li>a </li>\n</ol>\n"),
    (
      "- a\n\n- b",
      "<ul dir=\"auto\">\n<li><p dir=\"auto\">a</p>\n</li>\n<li><p dir=\"auto\">b</p>\n</li>\n</ul>\n"
    ),
    ("\0", "<p dir=\"auto\">\u{FFFD}</p>\n"),
  ]) func structureBecomesElements(_ text: String, _ expected: String) throws {
    #expect(try html(text) == expected)
  }

  @Test(arguments: [
    ("```\na\n```", "", "a"), ("```swift title=x\nlet a\n\nlet b\n```", "swift", "let a\n\nlet b"),
    ("````\n```\ninner\n```\n````", "", "```\ninner\n```"), ("~~~\n```\n~~~", "", "```"),
    ("```\nnever closed\n", "", "never closed"), ("```", "", ""), ("    indented", "", "indented"),
    ("```js\r\na\r\n```", "js", "a"), ("```\n</code><b>\n```", "", "&lt;/code&gt;&lt;b&gt;"),
  ]) func codeIsKeptAsItIs(_ text: String, _ language: String, _ code: String) throws {
    let html = try html(text)
    #expect(html.contains("<code>\(code)</code></pre>"))
    #expect(html.contains("<figcaption><bdi>\(language)</bdi>") == !language.isEmpty)
  }

  @Test func tasksShowWhetherTheyAreDone() throws {
    let html = try html("- [x] a\n- [ ] b")
    #expect(html.contains("aria-label=\"Done:\">☑</span> a") && html.contains("aria-label=\"To do:\">☐</span> b"))
    #expect(!html.contains("<input"))
  }

  @Test func tablesKeepTheirColumns() throws {
    let html = try html("| a | | c |\n|:--|:-:|--:|\n| 1 | 2 |")
    #expect(html.contains("<th scope=\"col\" dir=\"auto\">a</th><td dir=\"auto\" class=\"center\"></td>"))
    #expect(html.contains("<th scope=\"col\" dir=\"auto\" class=\"right\">c</th></tr></thead><tbody>"))
    #expect(html.contains("<td dir=\"auto\">1</td><td dir=\"auto\" class=\"center\">2</td>"))
    #expect(html.contains("<td dir=\"auto\" class=\"right\"></td></tr>\n</tbody></table>"))
  }

  @Test func aTableWithoutRowsIsWellFormed() throws {
    let html = try html("|a|\n|-|")
    #expect(html.contains("</thead><tbody>\n</tbody></table></div>"))
  }

  @Test(arguments: [
    ("[a](https://x.example/?q=1&r=\"2\")", "https://x.example/?q=1&amp;r=%222%22"),
    ("<https://x.example/ü>", "https://x.example/%C3%BC"), ("https://x.example/a", "https://x.example/a"),
    ("www.x.example", "http://www.x.example"), ("a@x.example", "mailto:a@x.example"), ("[a](HTTP://x)", "HTTP://x"),
    ("[a]\n\n[a]: http://x/%20", "http://x/%20"), ("![a](https://x.example/a.png)", "https://x.example/a.png"),
  ]) func linksLeadOut(_ text: String, _ address: String) throws {
    #expect(try html(text).contains("<a class=\"outside\" rel=\"noopener noreferrer nofollow\" href=\"\(address)\">"))
  }

  @Test(arguments: [
    "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](java\nscript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](\u{1}javascript:alert(1))", "[a]( javascript:alert(1))", "<javascript:alert(1)>", "[a](data:text/html,<b>)",
    "[a](vbscript:x)", "[a](//evil.example)", "[a](/open?ticket=1)", "[a](#x)", "[a](file:///etc/passwd)", "[a](x)",
    "[a](javascript&colon;alert(1))", "[a](htt\u{200B}ps://x)", "![a](javascript:alert(1))", "[a](ftp://x)",
    "[a]\n\n[a]: javascript:alert(1)", "<a href=\"https://x\">a</a>", "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>", "<svg onload=alert(1)>",
    "x <iframe src=javascript:alert(1)> y", "<!-- --><b onclick=x>",
  ]) func nothingElseBecomesALink(_ text: String) throws {
    let html = try html(text)
    #expect(!html.contains("<a ") && !html.contains("<img") && !html.contains("<script") && !html.contains("<svg"))
    #expect(!html.contains("<iframe") && !html.contains("<b ") && !html.contains("<!--"))
  }

  @Test func imagesAreLinksAndLoadNothing() throws {
    let html = try html("![alt *text*](https://x.example/a.png \"title\")")
    #expect(!html.contains("<img"))
    #expect(html.contains("<span class=\"picture-mark\">Image:</span> alt <em>text</em></a>"))
  }

  @Test func aLinkInALinkIsItsWords() throws {
    let html = try html("[![a](https://x.example/a.png)](https://y.example)")
    #expect(html.matches(of: #/<a /#).count == 1 && html.contains("href=\"https://y.example\""))
  }

  @Test func rawHTMLLosesNothing() throws {
    for text in ["<div>\nkept\n</div>", "a <b>kept</b> c", "<!-- kept -->", "<?kept?>", "<![CDATA[kept]]>"] {
      #expect(try html(text).contains("kept"), "\(text)")
    }
    #expect(try html("<div a='1'>\nx").contains("&lt;div a=&#39;1&#39;&gt;"))
  }

  /// A page's outline has no gaps: a message stands under a heading of the third level.
  @Test(arguments: [
    ("# a\n## b\n### c", [4, 5, 6]), ("### a", [4]), ("# a\n### b\n# c", [4, 5, 4]), ("###### a\n###### b", [4, 5]),
  ]) func headingsFollowOneAnother(_ text: String, _ levels: [Int]) throws {
    #expect(try html(text).matches(of: /<h([1-6])/).map { Int($0.1) } == levels)
  }

  @Test(arguments: ["> ", "- ", "1. ", "* > ", "**a ", "[", "![", "*_"])
  func deepNestingEndsSomewhere(_ unit: String) throws {
    let text = String(repeating: unit, count: 3000) + "kept"
    let html = try html(text)
    #expect(html.contains("kept"))
    var (depth, deepest) = (0, 0)
    for tag in html.matches(of: /<(\/?)[a-z]+[^>]*?(\/?)>/) where tag.2.isEmpty {
      depth += tag.1.isEmpty ? 1 : -1
      deepest = max(deepest, depth)
    }
    #expect(depth == 0 && deepest < 60)
    _ = try ParsedPage(Array("<x>\(html)</x>".utf8))
  }

  /// 16 KB that cmark-gfm alone would make 16 million cells of.
  @Test func aTableThatFillsItselfUpIsNone() throws {
    let header = String(repeating: "|a", count: 2000) + "\n" + String(repeating: "|-", count: 2000) + "\n"
    let html = try html(header + String(repeating: "a\n", count: 4000))
    #expect(!html.contains("<table") && html.utf8.count < 100_000)
  }

  /// Texts for which cmark-gfm alone needs seconds: they cost little more than others here, for they are shown as typed or
  /// without what makes them slow.
  @Test(arguments: [
    String(repeating: "- ", count: 16_000) + "a" + String(repeating: "\n", count: 30_000),
    (1...250).map { String(repeating: " ", count: $0) + "- a\n" }.joined() + String(repeating: " \n", count: 16_000),
    String(repeating: "- ", count: 16_000) + String(repeating: "a\n", count: 15_000),
    String(repeating: ">", count: 32_000) + String(repeating: "a\n", count: 15_000),
    String(repeating: "-|-\n-|-|-\n", count: 6000), String(repeating: "|-|\n|-|-|\n", count: 6000),
    "www.a" + String(repeating: ")", count: 65_000),
    String(repeating: "[", count: 32_000) + String(repeating: "]", count: 32_000),
  ])
  func slowTextsAreNotParsedSlowly(_ text: String) {
    let clock = ContinuousClock()
    let plain = String(repeating: "some *words* and `code`, a list\n\n- of one\n- of two\n\n", count: 1150)
    let usual = clock.measure { _ = Markdown.html(plain[...]) }
    let slow = clock.measure { _ = Markdown.html(text[...]) }
    #expect(text.utf8.count <= Markdown.bytesMax && slow < usual * 20, "\(slow), usual \(usual)")
  }

  @Test(arguments: 40...50) func aTableIsWholeOrNoneAtAnyDepth(_ depth: Int) throws {
    let quote = String(repeating: "> ", count: depth)
    let html = try html("\(quote)| a |\n\(quote)|---|\n\(quote)| kept |")
    _ = try ParsedPage(Array("<x>\(html)</x>".utf8))
    #expect(html.contains("kept") && html.contains("<table>") == html.contains("<tbody>"))
  }

  @Test(arguments: [("a@b ", 1000, true), ("a@b.example ", 1001, false)])
  func addressesAreLookedForWithinReason(_ unit: String, _ count: Int, _ isLookedFor: Bool) throws {
    let html = try html(String(repeating: unit, count: count) + " https://x.example")
    #expect(html.contains("href=\"https://x.example\"") == isLookedFor)
  }

  /// The parser's tables are shared by all parsers: without taking turns some of these would differ.
  @Test func manyAtOnceSayTheSame() async throws {
    let text = String(repeating: "~~a~~ | b\n--|--\nwww.x.example | ~~c~~\n\n- [x] d\n\n", count: 20)
    let expected = try html(text)
    await withTaskGroup(of: String.self) { group in
      for _ in 0..<200 {
        group.addTask { Markdown.html(text[...]).map { String(decoding: $0.bytes, as: UTF8.self) } ?? "" }
      }
      for await one in group { #expect(one == expected) }
    }
  }
}
