import Crypto
import Foundation
import Testing

@testable import Browser

@Suite struct PagesTests {
  private let frame = PageFrame(title: "Conversations")

  private func text(_ page: [UInt8]) -> String { String(decoding: page, as: UTF8.self) }

  @Test func policyAllowsNothingUnsafe() {
    let policy = Pages.contentSecurityPolicy
    #expect(policy.hasPrefix("default-src 'none'; "))
    for word in ["unsafe", "*", "http", "data:", "blob:", "strict-dynamic"] {
      #expect(!policy.contains(word), "\(word)")
    }
    for wanted in ["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
      #expect(policy.contains(wanted))
    }
  }

  /// The policy names the script by what it says, so no other one runs.
  @Test func theOnlyScriptIsTheOneThatThePolicyNames() throws {
    let (type, bytes) = try #require(Pages.asset(at: "/assets/page.js"))
    #expect(type == "text/javascript; charset=utf-8")
    let sum = "sha256-" + Data(SHA256.hash(data: Data(bytes))).base64EncodedString()
    #expect(Pages.contentSecurityPolicy.contains("; script-src '\(sum)'; "))
    let parsed = try ParsedPage(Pages.notFound(frame: frame))
    #expect(parsed.all("script").map(\.attributes) == [["src": "/assets/page.js", "integrity": sum, "defer": ""]])
  }

  /// The policy would block them: then a page would be broken, not dangerous.
  @Test(arguments: SamplePages.allCases) func pagesNeedNoMoreThanThePolicyAllows(_ page: SamplePages) throws {
    let parsed = try ParsedPage(page.rendered(with: "x"))
    #expect(parsed.all("script").allSatisfy { $0.attributes["src"] == "/assets/page.js" })
    #expect(parsed.all("style").isEmpty)
    #expect(parsed.elements.allSatisfy { $0.attributes["style"] == nil })
  }

  @Test(arguments: SamplePages.allCases) func everyPageHasItsLandmarks(_ page: SamplePages) throws {
    let parsed = try ParsedPage(page.rendered(with: "x"))
    // In a picture a title says what a dot or a diamond is.
    let dots =
      parsed.all("circle").count
      + parsed.all("path").count {
        ["checkpoint", "line merge"].contains($0.attributes["class"])
      }
    #expect(parsed.all("title").count == 1 + dots + parsed.all("g").count)
    for name in ["main", "footer", "h1"] { #expect(parsed.all(name).count == 1, "\(name)") }
    #expect(!parsed.all("header").isEmpty && !parsed.all("nav").isEmpty)
    #expect(parsed.links.first == "#content")
    #expect(parsed.all("main").first?.attributes["id"] == "content")
    let labelled = Set(parsed.all("label").compactMap { $0.attributes["for"] })
    #expect(parsed.all("input").allSatisfy { labelled.contains($0.attributes["id"] ?? "") })
  }

  @Test(arguments: SamplePages.allCases) func idsAreUnique(_ page: SamplePages) throws {
    let ids = try ParsedPage(page.rendered(with: "x")).elements.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count)
  }

  @Test(arguments: [
    "/assets/style.css": "text/css; charset=utf-8", "/assets/icon.svg": "image/svg+xml",
  ]) func assetsOfThePagesExist(_ path: String, _ type: String) throws {
    #expect(try #require(Pages.asset(at: path)).contentType == type)
    let parsed = try ParsedPage(Pages.signIn(frame: frame))
    #expect(parsed.all("link").contains { $0.attributes["href"] == path })
  }

  @Test(arguments: ["/assets/", "/assets/style.css/", "/assets/../style.css", ""]) func otherAssetsDoNot(_ path: String)
  {
    #expect(Pages.asset(at: path) == nil)
  }

  @Test func iconIsWellFormed() throws {
    #expect(try ParsedPage(Pages.icon).all("svg").count == 1)
  }

  // MARK: Empty states say what to do next

  @Test func emptyListSaysHowToPointAnAppHere() {
    let page = text(
      Pages.conversations(
        ConversationListView(), frame: PageFrame(title: "Conversations", origin: "http://localhost:9999")))
    #expect(page.contains("base_url=\"http://localhost:9999/api/v1\""))
    #expect(page.contains("baseUrl: \"http://localhost:9999\""))
  }

  @Test func pagePastTheEndLeadsBack() throws {
    let parsed = try ParsedPage(Pages.conversations(ConversationListView(page: Paging(number: 7)), frame: frame))
    #expect(parsed.text.contains("No more conversations"))
    #expect(!parsed.text.contains("base_url"))
  }

  @Test func branchThatWasNeverReadIsNotCalledEmpty() {
    let row = ConversationRow(id: "c", title: "T")
    #expect(
      text(Pages.conversation(ConversationView(row: row, isComplete: false), frame: frame)).contains("Not read yet"))
    #expect(text(Pages.conversation(ConversationView(row: row), frame: frame)).contains("No messages on this branch"))
  }

  @Test func emptySearchesDiffer() {
    #expect(text(Pages.search(SearchView(query: " \n", isAsked: false), frame: frame)).contains("Type a few words"))
    #expect(text(Pages.search(SearchView(query: "zebra"), frame: frame)).contains("Nothing found for"))
  }

  @Test func signInNamesTheCommandAndShowsNoSearch() throws {
    let parsed = try ParsedPage(Pages.signIn(frame: frame))
    #expect(parsed.text.contains("chatroutesd open"))
    #expect(parsed.all("form").isEmpty)
  }

  // MARK: Content

  @Test(
    arguments: [
      ("online", "Online", nil), ("suspect", "Unsteady", "slowly"), ("offline", "Offline", "not being reached"),
      ("bypass", "Bypass", "only relays"),
    ] as [(String, String, String?)]) func modeIsSaid(_ mode: String, _ words: String, _ notice: String?) throws
  {
    let parsed = try ParsedPage(Pages.notFound(frame: PageFrame(title: "", mode: mode)))
    #expect(parsed.text.contains("ChatRoutes: \(words)"))
    #expect(parsed.all("p").contains { $0.attributes["class"] == "notice" } == (notice != nil))
    if let notice { #expect(parsed.text.contains(notice)) }
  }

  @Test func callersNoticeReplacesTheStandingOne() {
    let page = text(Pages.notFound(frame: PageFrame(title: "", mode: "offline", notice: "Since 02:13.")))
    #expect(page.contains("Since 02:13.") && !page.contains("not being reached"))
  }

  /// A side's own messages are on its branch only.
  @Test func linksOfAComparisonLeadToTheirBranch() throws {
    let own = MessageRow(id: "m2", role: "user", content: "own")
    let view = CompareView(
      conversation: ConversationRow(id: "c", title: "T"), branches: [],
      left: .init(branchID: "b1", title: "B1"), right: .init(branchID: "b2", title: "B2", messages: [own]),
      commonCount: 1, lastCommon: MessageRow(id: "m1", role: "user", content: "common"))
    let parsed = try ParsedPage(Pages.compare(view, frame: frame))
    #expect(parsed.links.contains("/conversations/c?branch=b2&message=m2#message-m2"))
    #expect(parsed.links.contains("/conversations/c?branch=b1&message=m1#message-m1"))
  }

  @Test func aFilterStaysOnTheNextPage() throws {
    let filter = ListFilter(title: "a&b", model: "gpt", state: "drafts", order: "title")
    let view = ConversationListView(
      rows: [ConversationRow(id: "c", title: "T")], filter: filter, page: Paging(number: 1, hasNext: true))
    let parsed = try ParsedPage(Pages.conversations(view, frame: frame))
    #expect(parsed.links.contains("/?title=a%26b&model=gpt&state=drafts&sort=title&page=2"))
    let chosen = parsed.all("option").filter { $0.attributes["selected"] != nil }.map { $0.attributes["value"] }
    #expect(chosen == ["drafts", "title"])
    let none = try ParsedPage(Pages.conversations(ConversationListView(filter: filter), frame: frame))
    #expect(none.text.contains("No conversation is like that") && !none.text.contains("base_url"))
  }

  @Test func listShowsWhatIsKnownAndNoMore() throws {
    let full = ConversationRow(
      id: "c", title: "T", model: "gpt-5", lastActivity: Date(timeIntervalSince1970: 0), branchCount: 1200,
      messageCount: 1, hasDrafts: true, isComplete: false)
    let parsed = try ParsedPage(Pages.conversations(ConversationListView(rows: [full]), frame: frame))
    for fact in ["1 Jan 1970, 00:00", "1 message", "1,200 branches", "gpt-5", "unfinished answer", "partial copy"] {
      #expect(parsed.text.contains(fact), "\(fact)")
    }
    #expect(parsed.all("time").map { $0.attributes["datetime"] } == ["1970-01-01T00:00:00Z"])
    let bare = try ParsedPage(
      Pages.conversations(ConversationListView(rows: [ConversationRow(id: "c", title: " ")]), frame: frame))
    #expect(bare.all("time").isEmpty && bare.text.contains("Untitled") && !bare.text.contains("branch"))
  }

  @Test func messagesHaveRolesAndPlacesToLinkTo() throws {
    let view = ConversationView(
      row: ConversationRow(id: "c", title: "T"),
      messages: [
        MessageRow(id: "m 1", role: "user", content: "a"), MessageRow(id: "m2", role: "assistant", content: "b"),
        MessageRow(id: "m3", role: "tool", content: "c", state: .provisional),
      ],
      draftRows: [MessageRow(id: "d", role: "assistant", content: "e", state: .draft(outcome: "interrupted"))])
    let parsed = try ParsedPage(Pages.conversation(view, frame: frame))
    #expect(
      parsed.all("article").map { $0.attributes["id"] } == ["message-m 1", "message-m2", "message-m3", "message-d"])
    #expect(parsed.links.contains("#message-m%201"))
    for words in ["You", "Assistant", "tool", "has not listed it yet", "broke before the end"] {
      #expect(parsed.text.contains(words), "\(words)")
    }
  }

  @Test func currentBranchIsMarkedAndMainNeedsNoParameter() throws {
    let view = ConversationView(
      row: ConversationRow(id: "c", title: "T"),
      branches: [
        BranchTab(id: "main", title: "", isMain: true), BranchTab(id: "b/1", title: "Side", isCurrent: true, depth: 99),
      ],
      messages: [MessageRow(id: "m", role: "user", content: "a")], page: Paging(number: 2))
    let parsed = try ParsedPage(Pages.conversation(view, frame: frame))
    let current = parsed.all("a").filter { $0.attributes["aria-current"] == "page" }
    #expect(current.map { $0.attributes["href"] } == ["/conversations/c?branch=b%2F1"])
    #expect(parsed.links.contains("/conversations/c"))
    #expect(
      parsed.all("a").filter { $0.attributes["rel"] == "prev" }.map { $0.attributes["href"] }
        == ["/conversations/c?branch=b%2F1"])
    #expect(parsed.all("li").contains { $0.attributes["class"] == "depth-6" })
  }

  @Test func hitLeadsToItsMessage() throws {
    let hit = SearchHitRow(
      conversationID: "c", conversationTitle: "T", messageID: "m", branchID: "b", role: "user",
      snippet: [.init(text: "a ", isMatch: false), .init(text: "word", isMatch: true)])
    let page = Pages.search(
      SearchView(query: "word", hits: [hit], page: Paging(number: 1, hasNext: true)), frame: frame)
    let parsed = try ParsedPage(page)
    #expect(parsed.links.contains("/conversations/c?branch=b&message=m#message-m"))
    #expect(parsed.links.contains("/search?q=word&page=2"))
    #expect(text(page).contains("a <mark>word</mark>"))
    #expect(parsed.links.contains("/search?q=word&sort=best"))
  }

  @Test func aBadQueryIsAHintAboveWhatWasFound() throws {
    let hit = SearchHitRow(conversationID: "c", conversationTitle: "T")
    let page = text(
      Pages.search(SearchView(query: "role:x word", hints: ["role: expected"], hits: [hit]), frame: frame))
    let hint = try #require(page.range(of: "<li dir=\"auto\">role: expected</li>"))
    #expect(hint.lowerBound < (try #require(page.range(of: "Found for"))).lowerBound)
  }
}
