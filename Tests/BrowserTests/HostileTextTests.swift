import Foundation
import Testing

@testable import Browser

@Suite struct HostileTextTests {
  static let texts = [
    "<script>alert(1)</script>", "</title></style></main><script src=//evil.example>", "<img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)", "' autofocus onfocus='alert(1)", "javascript:alert(1)", "data:text/html,<b>",
    "//evil.example/", "https://evil.example/", "/../..", "?branch=x&page=9#y", "]]>", "<!-- ", "<![CDATA[",
    "&#60;b&#62;",
    "&quot;><b>", "%22%3E%3Cb%3E", "a\u{202E}b\u{2066}c", "nul\0\u{1}\u{1B}[2J", "\r\nSet-Cookie: a=b", "{{7*7}}${7*7}",
    "```</code></pre><b>", "~~~ \"><b>\n</figure>", "👩‍👩‍👧é\u{0301}",
  ]

  /// What the pages themselves are made of; anything else came from a text.
  static let elements: Set = [
    "html", "head", "meta", "title", "link", "body", "a", "header", "nav", "form", "label", "input", "button", "p",
    "span",
    "main", "footer", "strong", "div", "h1", "h2", "h3", "ul", "ol", "li", "bdi", "section", "figure", "figcaption",
    "pre",
    "code", "aside", "article", "time", "details", "summary", "mark", "q",
    "br", "hr", "select", "option", "dl", "dt", "dd", "em", "blockquote", "del", "h4", "h5", "h6",
    "svg", "path", "circle", "text", "g", "rect", "table", "thead", "tbody", "tfoot", "tr", "th", "td",
  ]
  static let attributes: Set = [
    "lang", "charset", "name", "content", "rel", "href", "type", "class", "id", "tabindex", "role", "action", "method",
    "for", "value", "placeholder", "dir", "autocomplete", "maxlength", "aria-label", "aria-labelledby", "aria-current",
    "datetime", "xmlns", "viewBox", "width", "height", "d", "cx", "cy", "r", "x", "y", "scope", "start", "src",
    "integrity", "defer", "selected",
    "download",
    "aria-hidden",
  ]

  @Test(arguments: SamplePages.allCases, texts) func becomesNeitherElementNorAttribute(
    _ page: SamplePages, _ text: String
  ) throws {
    let parsed = try ParsedPage(page.rendered(with: text, mode: text))
    #expect(Set(parsed.elements.map(\.name)).subtracting(Self.elements) == (page == .signIn ? [] : ["script"]))
    #expect(parsed.all("script").count <= 1, "the pages' own one")
    #expect(Set(parsed.elements.flatMap(\.attributes.keys)).subtracting(Self.attributes) == [])
  }

  @Test(arguments: SamplePages.allCases, texts) func leadsNowhereElse(_ page: SamplePages, _ text: String) throws {
    let parsed = try ParsedPage(page.rendered(with: text))
    let outside = parsed.all("a").filter { $0.attributes["class"] == "outside" }
    for link in outside {
      #expect(link.attributes["rel"] == "noopener noreferrer nofollow")
      #expect(link.attributes["href"]?.contains(/^(https?:\/\/|mailto:)[!-~]*$/) == true)
    }
    for link in parsed.all("a").filter({ $0.attributes["class"] != "outside" }).compactMap({ $0.attributes["href"] }) {
      #expect(link.hasPrefix("/") || link.hasPrefix("#"))
      #expect(!link.hasPrefix("//"))
      #expect(link.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
    }
    let actions = parsed.all("form").map { $0.attributes["action"] ?? "" }
    #expect(actions.allSatisfy { $0 == "/" || $0 == "/search" || $0.contains(/^\/conversations\/[!-~]+\/compare$/) })
    #expect(parsed.all("link").allSatisfy { $0.attributes["href"]?.hasPrefix("/assets/") == true })
  }

  @Test(arguments: texts) func isStillReadable(_ text: String) throws {
    let parsed = try ParsedPage(
      Pages.conversations(
        ConversationListView(rows: [ConversationRow(id: "c", title: text)]), frame: PageFrame(title: "List")))
    let readable = text.replacing(/[\0\u{1}\u{1B}]/, with: "\u{FFFD}").replacing("\r\n", with: "\n")
    #expect(parsed.text.unicodeScalars.contains(readable.unicodeScalars))
  }

  @Test func attributeHoldsTheWholeText() throws {
    let text = "\"><script>' & <"
    let parsed = try ParsedPage(
      Pages.conversations(ConversationListView(), frame: PageFrame(title: "", searchText: text)))
    #expect(parsed.all("input").first?.attributes["value"] == text)
  }

  @Test(arguments: SamplePages.allCases) func hugeTextStillGivesAPage(_ page: SamplePages) throws {
    let parsed = try ParsedPage(page.rendered(with: String(repeating: "e\u{0301}<", count: 1 << 13)))
    #expect(parsed.all("footer").count == 1)
  }

  @Test func hugeMessageIsCut() throws {
    let content = String(repeating: "<", count: TextBudget.textBytesMax + 5)
    let view = ConversationView(
      row: ConversationRow(id: "c", title: ""), messages: [MessageRow(id: "m", role: "user", content: content)])
    let page = Pages.conversation(view, frame: PageFrame(title: ""))
    #expect(page.count < 4 * TextBudget.textBytesMax + 10_000)
    let end = String(decoding: page.suffix(10_000), as: UTF8.self)
    #expect(end.contains("5 more bytes: <a href=\"/conversations/c/messages/m\">read all of it as text</a>."))
  }

  @Test func hugeTitleIsCut() throws {
    let title = String(repeating: "a\u{0301}", count: 1 << 16)
    let page = Pages.conversations(
      ConversationListView(rows: [ConversationRow(id: "c", title: title)]), frame: PageFrame(title: title))
    #expect(page.count < 10_000)
  }

  @Test func tabTitleHasNoDirectionMarks() throws {
    let page = Pages.conversations(ConversationListView(), frame: PageFrame(title: "pay\u{202E}lad\u{2066}\u{2069}"))
    #expect(String(decoding: page, as: UTF8.self).contains("<title>paylad · chatroutesd</title>"))
  }

  @Test func titlesAndMessagesAreIsolated() throws {
    let text = "a\u{202E}b"
    let page = String(
      decoding: Pages.conversation(
        ConversationView(
          row: ConversationRow(id: "c", title: text), messages: [MessageRow(id: "m", role: "user", content: text)]),
        frame: PageFrame(title: "")), as: UTF8.self)
    #expect(page.contains("<h1 dir=\"auto\">a\u{202E}b</h1>"))
    let list = Pages.conversations(
      ConversationListView(rows: [ConversationRow(id: "c", title: text)]), frame: PageFrame(title: ""))
    #expect(String(decoding: list, as: UTF8.self).contains("<bdi>a\u{202E}b</bdi>"))
    #expect(page.contains("<p dir=\"auto\">a\u{202E}b</p>"))
    #expect(
      String(decoding: Pages.styleSheet, as: UTF8.self).contains(
        ".text { white-space: pre-wrap; unicode-bidi: plaintext;"))
  }
}
