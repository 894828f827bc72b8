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

  // MARK: Operators

  /// Two conversations: one about Rome with three messages, one about Oslo with two.
  private func travels() async throws -> Mirror {
    let mirror = try await Mirror()
    func told(_ id: String, _ role: String, _ content: String, _ day: String, _ more: String = "") -> String {
      #"{"id":"\#(id)","role":"\#(role)","content":"\#(content)","createdAt":"\#(day)T12:00:00Z"\#(more)}"#
    }
    try await mirror.show(
      .conversation("rome"),
      #"{"conversation":{"id":"rome","title":"Trip to Rome 100%","messages":[\#(told("r1", "user", "train to the city", "2026-11-01")),\#(told("r2", "assistant", "the night train to the old city", "2026-11-02", #","model":"gpt-9""#)),\#(told("r3", "system", "city train", "2026-12-01"))],"branches":[]}}"#
    )
    try await mirror.show(
      .conversation("oslo"),
      #"{"conversation":{"id":"oslo","title":"Oslo by train","messages":[\#(told("o1", "user", "is there a train?", "2025-01-31")),\#(told("o2", "assistant", "trains leave hourly", "2026-11-02", #","metadata":{"model":"Claude-7"}"#))],"branches":[]}}"#
    )
    return mirror
  }

  @Test(
    arguments: [
      ("\"old city\"", ["r2"]), ("\"city old\"", []), ("“night train”", ["r2"]),
      ("tra*", ["o2", "o1", nil, "r3", "r2", "r1"]),
      ("\"tra\"", []), ("city tra*", ["r3", "r2", "r1"]), ("tra* city", ["r3", "r2", "r1"]),
      ("train role:user", ["o1", "r1"]), ("train role:AI", ["r2"]), ("train role:system", ["r3"]),
      ("train in:rome", ["r3", "r2", "r1"]), ("train in:\"trip to\"", ["r3", "r2", "r1"]),
      ("train in:100%", ["r3", "r2", "r1"]),
      ("in:OSLO train", ["o2", "o1", nil]), ("in:nowhere train", []), ("in:_ train", []),
      ("train model:gpt", ["r2"]), ("tra* model:claude", ["o2"]), ("model:7", ["o2"]), ("model:%", []),
      ("train before:2026", ["o1"]), ("train before:2026-11-02", ["o1", "r1"]),
      ("train after:2026-12", ["r3"]),
      ("role:assistant after:2026-11-02 before:2026-11-03", ["o2", "r2"]), ("role:user", ["o1", "r1"]),
      ("in:oslo", ["o2", "o1"]),
      ("train after:today", []), ("train before:today role:user", ["o1", "r1"]),
      ("http://role:user", []), ("ROLE:user train", ["o1", "r1"]), ("role:user role:assistant night", ["r2"]),
    ] as [(String, [String?])])
  func operatorsNarrowWhatIsFound(_ line: String, _ expected: [String?]) async throws {
    let mirror = try await travels()
    let query = SearchQuery(line, now: UnixTime(rfc3339: "2027-01-01T10:00:00Z")!)
    #expect(query.hints == [])
    #expect(try mirror.store.search(query, limit: 10).map(\.messageID) == expected)
  }

  @Test(arguments: [
    (
      "before:soon train",
      "before: expected a day, a month or a year such as before:2026-11-26, or today or yesterday, found “soon”."
    ),
    (
      "after: train",
      "after: expected a day, a month or a year such as after:2026-11-26, or today or yesterday, found “”."
    ),
    (
      "before:2026-13 train",
      "before: expected a day, a month or a year such as before:2026-11-26, or today or yesterday, found “2026-13”."
    ),
    ("role:robot train", "role: expected user, assistant or system, found “robot”."),
    ("model: train", "model: expected a part of a model's name, such as model:gpt."),
    ("in:\"\" train", "in: expected a conversation's id or words of its title, such as in:\"Trip to Rome\"."),
    ("train \"night", "The last quotation mark has no partner: a phrase ends with one."),
    (String(repeating: "train ", count: 17), "Only the first 16 words and phrases are looked for."),
  ]) func aBadQueryIsAHintAndTheRestIsLookedFor(_ line: String, _ hint: String) async throws {
    let query = SearchQuery(line)
    #expect(query.hints == [hint])
    #expect(try await travels().store.search(query, limit: 10).contains { $0.messageID == "r2" })
  }

  @Test func filtersWithoutWordsShowTheBeginningOfMessages() async throws {
    let hit = try #require(try await travels().store.search("role:assistant in:rome", limit: 5).first)
    #expect(hit.snippet == "the night train to the old city" && hit.highlights == [])
  }

  @Test func bestComesFirstWhenAskedFor() async throws {
    let mirror = try await Mirror()
    let long = message("long", "user", "train " + String(repeating: "filler ", count: 50))
    try await mirror.show(mainMessages("c"), messages(message("short", "user", "train"), long))
    #expect(try mirror.store.search(SearchQuery("train"), limit: 2).map(\.messageID) == ["long", "short"])
    #expect(
      try mirror.store.search(SearchQuery("train"), order: .best, limit: 2).map(\.messageID) == ["short", "long"])
    #expect(
      try mirror.store.search(SearchQuery("role:user"), order: .best, limit: 2).map(\.messageID) == ["long", "short"])
  }

  @Test func whatCostAnAnswerTellsItsModel() async throws {
    let mirror = try await travels()
    try await mirror.write(
      .send(conversation: "rome", branch: nil), #"{"content":"which train?"}"#,
      answer:
        #"{"message":{"id":"r9","role":"assistant","content":"the express"},"usage":{"totalTokens":3},"model":"nine"}"#)
    let found = try mirror.store.search("express model:nine", limit: 5).map(\.messageID)
    #expect(found == ["r9"])
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
