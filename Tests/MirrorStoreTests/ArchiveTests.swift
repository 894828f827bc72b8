import Foundation
import GRDB
import Testing

@testable import MirrorStore

@Suite struct ArchiveTests {
  private func archive(_ mirror: Mirror, _ id: String = "c") throws -> String? {
    try mirror.store.archive(id, account: mirror.account).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Texts as received, with the ids that they did not come with; the order by branch; drafts with all that arrived.
  @Test func everythingVisibleIsInItAsItWasReceived() async throws {
    let mirror = try await Mirror()
    try await mirror.show(
      .conversation("c"),
      #"{"data":{"conversation":{"id":"c","title":"\u0041","n":1.0},"messages":[{"id":"m1","role":"user","n":1e3,"x":"\ud83d"},"#
        + #"{"id":"m2","role":"assistant","content":"a\u2028b","branchId":"b1"}],"branches":[{"id":"b1","isMain":true,"odd":-0.0}]}}"#
    )
    try await mirror.show(
      .branchMessages(conversation: "c", branch: "b1"),
      #"{"data":{"messages":[{"id":"m2","role":"assistant","content":"a\u2028b","branchId":"b1"},"#
        + #"{"id":"m1","role":"user","n":1e3,"x":"\ud83d"}]}}"#)
    _ = try await mirror.store.saveDraft(
      conversation: "c", branch: nil, requestBody: Array(#"{"content":"why \"so\"?"}"#.utf8), text: "be\ncause",
      model: "m",
      outcome: .interrupted, at: mirror.tick(), account: mirror.account)
    let archive = try #require(try archive(mirror))
    for part in [
      #"{"format":1,"conversation":{"id":"c","title":"\u0041","n":1.0}"#,
      #""branches":[{"id":"b1","isMain":true,"odd":-0.0}]"#,
      #""n":1e3"#, #""x":"\ud83d""#, #""conversationId":"c""#, #""branchId":"b1""#, #""order":{"#, #""b1":["m2","m1"]"#,
      #""question":"why \"so\"?","answer":"be\u000acause","model":"m","outcome":"interrupted""#, #""checkpoints":[]"#,
    ] { #expect(archive.contains(part), "\(part)\n\(archive)") }
    _ = try JSONText(checking: Array(archive.utf8))
  }

  /// Known branches that were never read are missing, however full the main branch is.
  @Test func aMissingBranchIsTold() async throws {
    let mirror = try await Mirror()
    try await mirror.show(
      .conversation("c"),
      #"{"conversation":{"id":"c","messages":[\#(message("m1"))],"branches":[{"id":"main","isMain":true},{"id":"b"}]}}"#
    )
    #expect(try archive(mirror)?.hasSuffix(#""isComplete":false}"#) == true)
    #expect(try mirror.store.conversationDetail("c")?.isComplete == true)
    try await mirror.show(.branchMessages(conversation: "c", branch: "b"), messages(message("m2", branch: "b")))
    #expect(try archive(mirror)?.hasSuffix(#""isComplete":true}"#) == true)
    #expect(try mirror.store.conversationDetail("c")?.isWhole == true)
  }

  @Test func whatWasDeletedOrIsUnknownIsNotInIt() async throws {
    let mirror = try await Mirror()
    try await mirror.show(mainMessages("c"), messages(message("m1"), message("m2", "user", "forget me")))
    try await mirror.write(.deleteMessage("m2"))
    let archive = try #require(try archive(mirror))
    #expect(archive.contains("\"m1\"") && !archive.contains("m2") && !archive.contains("forget me"))
    #expect(try self.archive(mirror, "nope") == nil)
    #expect(archive.contains(#""conversation":null"#) && archive.contains(#""isComplete":false"#))
  }

  /// A text that is no JSON any more costs itself only, and is told.
  @Test func damagedTextsAreLeftOut() async throws {
    let mirror = try await Mirror()
    try await mirror.show(
      .conversation("c"),
      #"{"data":{"conversation":{"id":"c"},"messages":[{"id":"m1","content":"a"},{"id":"m2","content":"b"}],"branches":[]}}"#
    )
    try await mirror.store.write("damage") { db in
      try db.execute(sql: "UPDATE message SET text = CAST('{\"id\":' AS BLOB) WHERE mid = 'm1'")
    }
    let archive = try #require(try archive(mirror))
    _ = try JSONText(checking: Array(archive.utf8))
    #expect(archive.contains(#""content":"b""#) && !archive.contains(#""content":"a""#))
    #expect(archive.contains(#""isComplete":false"#))
  }
}
