import GRDB
import Testing

@testable import MirrorStore

@Suite struct SearchTests {
  private func filled() async throws -> Mirror {
    let mirror = try await Mirror()
    try await mirror.show(
      .conversation("c"),
      #"{"conversation":{"id":"c","title":"Swift on Linux","messages":[\#(message("m1", "user", "How does Epoll work?")),\#(message("m2", "assistant", "epoll waits for Événements"))],"branches":[]}}"#
    )
    return mirror
  }

  @Test func newestFirst() async throws {
    let mirror = try await filled()
    #expect(try mirror.store.search("epoll", limit: 5).map(\.messageID) == ["m2", "m1"])
    #expect(try mirror.store.search("epoll", limit: 1, offset: 1).map(\.messageID) == ["m1"])
  }

  @Test func aHitNamesItsPlace() async throws {
    let mirror = try await filled()
    let hit = try #require(try mirror.store.search("evenements", limit: 5).first)
    #expect(hit.conversationID == "c" && hit.conversationTitle == "Swift on Linux" && hit.role == "assistant")
    #expect(hit.snippet == "epoll waits for Événements")
    #expect(hit.highlights.map { String(decoding: Array(hit.snippet.utf8)[$0], as: UTF8.self) } == ["Événements"])
  }

  @Test func titlesAreFound() async throws {
    let mirror = try await filled()
    #expect(try mirror.store.search("linux", limit: 5).map(\.messageID) == [nil])
    try await mirror.write(.updateConversation("c"), answer: #"{"conversation":{"id":"c","title":"Rust"}}"#)
    #expect(try mirror.store.search("linux", limit: 5).isEmpty)
    #expect(try mirror.store.search("rust", limit: 5).count == 1)
  }

  @Test func everyWordMustBeThereAndTheLastMayBeBegun() async throws {
    let mirror = try await filled()
    #expect(try mirror.store.search("epoll wo", limit: 5).map(\.messageID) == ["m1"])
    #expect(try mirror.store.search("wo epoll", limit: 5).isEmpty)
  }

  @Test func aCommonLastWordIsNotTheBeginningOfOthers() async throws {
    let mirror = try await Mirror()
    let common = (1..<SearchQuery.commonPlaces).map { message("m\($0)", "user", "go on") }
    let others = message("other", "user", "gold")
    try await mirror.show(mainMessages("c"), messages(common.joined(separator: ","), others))
    #expect(try mirror.store.search("on go", limit: 1).map(\.messageID) == ["m\(common.count)"])
    #expect(try mirror.store.search("go", limit: 1).map(\.messageID) == ["other"])
    try await mirror.show(mainMessages("d"), messages(message("n", "user", "go"), message("o", "user", "gold")))
    #expect(try mirror.store.search("go", limit: 2).map(\.messageID) == ["n", "m\(common.count)"])
    #expect(try mirror.store.search("gol", limit: 2).map(\.messageID) == ["o", "other"])
  }

  /// Indexing comes after its transaction; whatever happens in between, the index ends up with what is visible.
  @Test func whatChangesBeforeItIsIndexedIsFoundAsItIs() async throws {
    let mirror = try await Mirror()
    let list = messages(message("m1", "user", "first"), message("m2", "user", "second"), message("m3", "user", "third"))
    try await mirror.show(mainMessages("c"), list, indexing: false)
    #expect(try mirror.store.search("first", limit: 5).isEmpty)
    try await mirror.write(.updateMessage("m1"), #"{"content":"edited"}"#, answer: "{}", indexing: false)
    try await mirror.write(.deleteMessage("m2"), indexing: false)
    try await mirror.store.index()
    #expect(try mirror.store.search("edited", limit: 5).map(\.messageID) == ["m1"])
    for gone in ["first", "second"] { #expect(try mirror.store.search(gone, limit: 5).isEmpty) }
    // The same with what is indexed already.
    try await mirror.write(.updateMessage("m1"), #"{"content":"again"}"#, answer: "{}", indexing: false)
    try await mirror.write(.updateMessage("m1"), #"{"content":"twice"}"#, answer: "{}", indexing: false)
    try await mirror.write(.deleteMessage("m3"), indexing: false)
    #expect(try mirror.store.search("third", limit: 5).isEmpty)
    try await mirror.store.index()
    #expect(try mirror.store.search("twice", limit: 5).map(\.messageID) == ["m1"])
    for gone in ["edited", "again", "third"] { #expect(try mirror.store.search(gone, limit: 5).isEmpty) }
    try await mirror.store.write("check the index") { db in
      try db.execute(sql: "INSERT INTO passage_index (passage_index, rank) VALUES ('integrity-check', 1)")
    }
  }

  @Test(arguments: [
    "", "   ", "\"", "*", "epoll*", "AND", "epoll AND", "NEAR(", "words:epoll", "-epoll", "(epoll", "epoll OR OR",
    "^epoll",
    "'; DROP TABLE message", "\0epoll", "{epoll}", "😀", "\u{2}\u{3}", "a\"b\"c", String(repeating: "w ", count: 5000),
  ])
  func noTextIsABadQuery(_ words: String) async throws {
    _ = try await filled().store.search(words, limit: 5)
  }

  @Test func whatIsHiddenIsNotFound() async throws {
    let mirror = try await filled()
    try await mirror.write(.deleteMessage("m1"))
    #expect(try mirror.store.search("epoll", limit: 5).map(\.messageID) == ["m2"])
    try await mirror.write(.deleteConversation("c"))
    #expect(try mirror.store.search("epoll", limit: 5).isEmpty)
    #expect(try mirror.store.search("linux", limit: 5).isEmpty)
  }

  @Test func whatIsShownAgainIsFoundAgain() async throws {
    let mirror = try await filled()
    try await mirror.write(.deleteConversation("c"))
    try await mirror.show(.conversation("c"), #"{"conversation":{"id":"c","title":"Swift on Linux"}}"#)
    #expect(try mirror.store.search("epoll", limit: 5).count == 2)
    #expect(try mirror.store.search("linux", limit: 5).count == 1)
  }

  @Test func marksInTheTextItselfDoNoHarm() async throws {
    let mirror = try await Mirror()
    try await mirror.show(mainMessages("c"), messages(message("m", "user", #"\u0003a\u0002\u0002word\u0003b\u0003"#)))
    let hit = try #require(try mirror.store.search("word", limit: 1).first)
    #expect(hit.snippet == "awordb")
    #expect(hit.highlights.allSatisfy { $0.upperBound <= hit.snippet.utf8.count })
  }
}
