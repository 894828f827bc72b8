import GRDB
import Testing

@testable import MirrorStore

/// What a message said before it was edited.
@Suite struct EarlierVersionTests {
  private func earlier(_ mirror: Mirror, _ id: String = "m1") throws -> [String] {
    let detail = try #require(try mirror.store.conversationDetail("c"))
    return try #require(detail.messages.first { $0.id == id }).earlier.map(\.content)
  }

  private func told() async throws -> Mirror {
    let mirror = try await Mirror()
    try await mirror.show(mainMessages("c"), messages(message("m1", "user", "first"), message("m2", "assistant", "a")))
    return mirror
  }

  @Test func anEditKeepsWhatItReplaces() async throws {
    let mirror = try await told()
    try await mirror.write(.updateMessage("m1"), answer: #"{"message":\#(message("m1", "user", "second"))}"#)
    try await mirror.show(mainMessages("c"), messages(message("m1", "user", "third"), message("m2", "assistant", "a")))
    #expect(try earlier(mirror) == ["first", "second"])
    #expect(try earlier(mirror, "m2") == [])
  }

  /// The API may answer an edit with a new message: it stands where the old one stood, with all that was said there.
  @Test func anEditThatMakesANewMessageKeepsWhatItReplaces() async throws {
    let mirror = try await told()
    try await mirror.write(.updateMessage("m1"), answer: #"{"message":\#(message("m1", "user", "second"))}"#)
    try await mirror.write(.updateMessage("m1"), answer: #"{"message":\#(message("m9", "user", "third"))}"#)
    #expect(try earlier(mirror, "m9") == ["first", "second"])
    let detail = try #require(try mirror.store.conversationDetail("c"))
    #expect(detail.messages.map(\.id) == ["m9", "m2"])
  }

  @Test func whatSaysTheSameIsNoEdit() async throws {
    let mirror = try await told()
    let again = #"{"id":"m1","role":"user","content":"f\u0069rst","rating":5}"#
    try await mirror.show(mainMessages("c"), messages(again, message("m2", "assistant", "a")))
    try await mirror.write(.updateMessage("m1"), answer: #"{"message":{"id":"m1","rating":4}}"#)
    #expect(try earlier(mirror) == [])
  }

  @Test func onlyTheNewestAreKept() async throws {
    let mirror = try await told()
    for text in (1...25).map({ "n\($0)" }) {
      try await mirror.write(.updateMessage("m1"), answer: #"{"message":\#(message("m1", "user", text))}"#)
    }
    #expect(try earlier(mirror) == (5...24).map { "n\($0)" })
  }

  @Test func theyAreForgottenWithWhatWasDeleted() async throws {
    let mirror = try await told()
    try await mirror.write(.updateMessage("m1"), answer: #"{"message":\#(message("m1", "user", "second"))}"#)
    let before = try mirror.store.counts().messages.bytes
    #expect(try await mirror.store.forgetDeleted(before: mirror.tick()) > 0)
    #expect(try earlier(mirror) == [])
    #expect(try mirror.store.counts().messages.bytes == before - Int64(message("m1", "user", "first").utf8.count))
  }

  /// Their bytes are those of messages, and the tally agrees with a new count.
  @Test func theTallyCountsThem() async throws {
    let mirror = try await told()
    try await mirror.write(.updateMessage("m1"), answer: #"{"message":\#(message("m1", "user", "second"))}"#)
    func agrees() throws -> Bool {
      let counted = try mirror.store.read("count") { try Int64.fetchOne($0, sql: Schema.sizeOfTexts(of: "message")!) }
      return try counted == mirror.store.counts().messages.bytes
    }
    #expect(try agrees())
    var policy = RetentionPolicy()
    policy.messageBytesMax = 0
    _ = try await mirror.store.enforce(policy, at: mirror.tick())
    #expect(try agrees() && mirror.store.counts().messages.bytes == 0)
  }

  @Test func anArchiveHasThem() async throws {
    let mirror = try await told()
    try await mirror.write(.updateMessage("m1"), answer: #"{"message":\#(message("m1", "user", "second"))}"#)
    let archive = String(decoding: try #require(try mirror.store.archive("c")), as: UTF8.self)
    _ = try JSONText(checking: Array(archive.utf8))
    #expect(archive.contains(#""earlier":[{"messageId":"m1","replacedAt":"#))
    #expect(archive.contains(#","message":\#(message("m1", "user", "first"))}]"#))
  }
}
