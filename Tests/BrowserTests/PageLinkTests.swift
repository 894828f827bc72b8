import Testing

@testable import Browser

@Suite struct PageLinkTests {
  @Test(arguments: [
    ("conv_1-a.b~c", "conv_1-a.b~c"), ("a/b?c#d", "a%2Fb%3Fc%23d"), ("é", "%C3%A9"), ("a b+&=%", "a%20b%2B%26%3D%25"),
    ("\0\u{202E}", "%00%E2%80%AE"), ("javascript:", "javascript%3A"), ("", ""),
  ]) func everythingButUnreservedIsEncoded(_ text: String, _ expected: String) {
    #expect(PageLink.encoded(text) == expected)
    #expect(PageLink.conversation(text) == "/conversations/\(expected)")
    #expect(PageLink.fragment(ofMessage: text) == "#message-\(expected)")
    #expect(PageLink.search(text, page: 2) == "/search?q=\(expected)&page=2")
  }

  @Test func conversationLinkNamesBranchPageAndMessage() {
    #expect(
      PageLink.conversation("c/1", branch: "b&1", page: 3) == "/conversations/c%2F1?branch=b%261&page=3")
    #expect(
      PageLink.message("m#1", of: "c/1", branch: "b&1")
        == "/conversations/c%2F1?branch=b%261&message=m%231#message-m%231")
    #expect(PageLink.conversation("c", page: 1) == "/conversations/c")
    #expect(PageLink.list(page: 1) == "/")
    #expect(PageLink.list(page: 2) == "/?page=2")
  }
}
