import GRDB
import Testing

@testable import MirrorStore

/// SQLite does not notice when a bit of a text flips: such a text must neither bring the daemon down nor go out as JSON.
@Suite struct DamagedTextTests {
  static let damages = [
    "", "{", "[", "\"", "{\"id\":\"m2\"", "{\"id\":\"m2\",\"content\":\"x", "{\"id\":\"m2\\", "{\"content\":\"\\u00\"}",
    "}}}}", "{\"a\":}", "{:,:}", "nonsense", "{\"id\":\"m2\"]", "\u{0}\u{0}", "{\"content\":\"\\",
  ]

  private func damaged(_ table: String, _ text: String) async throws -> Mirror {
    let mirror = try await Mirror()
    try await mirror.show(
      .conversation("c"),
      #"{"conversation":{"id":"c","title":"t","messages":[],"branches":[{"id":"b","isMain":true}]}}"#)
    try await mirror.show(.branches(conversation: "c"), #"{"branches":[{"id":"b","isMain":true},{"id":"d"}]}"#)
    try await mirror.show(mainMessages("c"), messages(message("m1"), message("m2"), message("m3")))
    try await mirror.show(.checkpoints(conversation: "c", branch: nil), #"{"checkpoints":[{"id":"k"},{"id":"l"}]}"#)
    try await mirror.doubt(.send(conversation: "c", branch: nil))
    let name = ["message": "mid = 'm2'", "branch": "bid = 'd'", "checkpoint": "kid = 'l'", "conversation": "cid = 'c'"]
    try await mirror.store.write("damage") { db in
      try db.execute(
        sql: "UPDATE \(table) SET text = CAST(? AS BLOB) WHERE \(name[table] ?? "")", arguments: [text])
    }
    return mirror
  }

  @Test(arguments: damages)
  func aDamagedMessageIsLeftOutAndTheAnswerIsPartial(_ text: String) async throws {
    let mirror = try await damaged("message", text)
    #expect(try mirror.ids("messages", mainMessages("c")) == ["m1", "m3"])
    #expect(try !mirror.isComplete(mainMessages("c")))
    _ = try mirror.composed(.conversation("c"))
    _ = try mirror.composed(.tree("c"))
    _ = try mirror.store.conversationDetail("c")
    _ = try mirror.store.conversationTree("c")
    // What upstream shows next mends it.
    try await mirror.show(mainMessages("c"), messages(message("m1"), message("m2"), message("m3")))
    try await mirror.doubt(.updateConversation("c"))
    try await mirror.doubt(.mergeBranch(conversation: "c", branch: "b"))
    #expect(try mirror.ids("messages", mainMessages("c")) == ["m1", "m2", "m3"])
  }

  @Test(arguments: damages)
  func otherDamagedTextsBringNothingDown(_ text: String) async throws {
    for table in ["branch", "checkpoint", "conversation"] {
      let mirror = try await damaged(table, text)
      let reads: [MirrorRead] = [
        .conversation("c"), .tree("c"), .branches(conversation: "c"), .checkpoints(conversation: "c", branch: nil),
        allConversations,
      ]
      for read in reads {
        if case .composed(let json, _, _) = try mirror.answer(read) { try JSONScanner.check(json) }
      }
      _ = try mirror.store.conversationSummaries(limit: 10)
      _ = try mirror.store.conversationDetail("c")
      _ = try mirror.store.conversationTree("c")
      try await mirror.write(
        .send(conversation: "c", branch: nil), #"{"content":"x"}"#,
        answer: #"{"message":{"id":"m9","role":"assistant","content":"y","createdAt":"2026-01-01T00:00:00Z"}}"#)
      try await mirror.write(.updateBranch(conversation: "c", branch: "d"), #"{"title":"new"}"#)
    }
  }

  @Test func mutatedTextNeverTraps() {
    var random = Seeded(state: 20_261_126)
    let text = Array(#"{"id":"m\u00e9","content":"a\"b\\c","n":[1,{"x":"\ud83d\ude00"}],"t":true,"z":null}"#.utf8)
    for _ in 0..<20_000 {
      var bytes = text
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
      let value = JSONText(trusted: bytes[...])
      for member in value.object?.members ?? [] {
        _ = (member.name.string, member.value.string, member.value.identifier, member.value.elements()?.count)
        _ = member.value.object?["x"]?.columnText
      }
      if let object = value.object {
        _ = (object.overlaid(by: object), object.replacing("id", with: "1".utf8), object.contradicts(object))
      }
      var json = bytes
      appendMember("more", "1".utf8, toObject: &json)
    }
  }
}
