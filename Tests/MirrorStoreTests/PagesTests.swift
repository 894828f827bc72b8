import Testing

@testable import MirrorStore

@Suite struct PagesTests {
  @Test(arguments: [
    (MirrorRead.conversations(page: 2, limit: .max, filter: nil), #"{"conversations":[]}"#),
    (allConversations, #"{"conversations":[],"page":9223372036854775807,"limit":9223372036854775807,"total":7}"#),
    (allConversations, #"{"conversations":[],"total":-9223372036854775808}"#),
  ])
  func numbersBeyondAllBoundsAreNotMirrored(read: MirrorRead, body: String) async throws {
    let mirror = try await Mirror()
    guard case .notMirrored = try await mirror.show(read, body) else {
      Issue.record("stored")
      return
    }
  }

  private func read(_ page: Int?, limit: Int? = 2, filter: String? = nil) -> MirrorRead {
    .conversations(page: page, limit: limit, filter: filter)
  }

  private func whole() async throws -> Mirror {
    let mirror = try await Mirror()
    try await mirror.show(read(1), page(["a", "b"], total: 5, page: 1))
    try await mirror.show(read(2), page(["c", "d"], total: 5, page: 2))
    try await mirror.show(read(3), page(["e"], total: 5, page: 3))
    return mirror
  }

  @Test func composedPagesSatisfyBothSDKs() async throws {
    let mirror = try await Mirror()
    let one = conversation("c")
    try await mirror.show(
      allConversations, #"{"data":{"conversations":[\#(one)],"total":1,"page":1,"limit":20,"hasNext":false}}"#)
    try await mirror.doubt(.updateConversation("c"))
    let members = #""conversations":[\#(one)],"total":1,"page":1,"limit":20,"hasNext":false"#
    #expect(try mirror.composed(allConversations) == #"{"success":true,"data":{\#(members)},\#(members)}"#)
    #expect(try mirror.isComplete(allConversations))
  }

  @Test func everyPageOfACompleteListCanBeCutAnew() async throws {
    let mirror = try await whole()
    #expect(try mirror.ids("conversations", read(nil, limit: 3)) == ["a", "b", "c"])
    #expect(try mirror.ids("conversations", read(2, limit: 3)) == ["d", "e"])
    #expect(try mirror.composed(read(2, limit: 3)).contains(#""total":5,"page":2,"limit":3,"hasNext":false"#))
    #expect(try mirror.ids("conversations", read(9, limit: 3)) == [])
    #expect(try mirror.ids("conversations", read(.max, limit: .max)) == [])
    #expect(try mirror.composed(read(1, limit: 4)).contains(#""hasNext":true"#))
    #expect(try mirror.isComplete(read(2, limit: 3)))
  }

  @Test func onlyACompleteListSaysWhatDoesNotExist() async throws {
    let mirror = try await Mirror()
    try await mirror.show(read(1), page(["a", "b"], total: 5, page: 1))
    #expect(try mirror.answer(.conversation("z")) == .unknown)
    #expect(try mirror.ids("conversations", read(nil, limit: 1)) == ["a"])
    #expect(try !mirror.isComplete(read(nil, limit: 1)))
    #expect(try mirror.answer(read(2, limit: 3)) == .unknown, "a page behind what is known")
    try await mirror.show(read(3), page(["e"], total: 5, page: 3))
    #expect(try mirror.answer(.conversation("z")) == .unknown)
    try await mirror.show(read(2), page(["c", "d"], total: 5, page: 2))
    #expect(try mirror.answer(.conversation("z")) == .absent)
    #expect(try mirror.answer(.conversation("a")) == .unknown, "its messages are not known")
  }

  @Test func pagesThatMovedWhileBeingReadAreNotComplete() async throws {
    let mirror = try await Mirror()
    try await mirror.show(read(1), page(["a", "b"], total: 4, page: 1))
    try await mirror.show(read(2), page(["b", "c"], total: 4, page: 2))
    #expect(try mirror.answer(.conversation("z")) == .unknown)
  }

  @Test func aWholeListInOnePageIsComplete() async throws {
    let mirror = try await Mirror()
    try await mirror.show(allConversations, #"{"conversations":[]}"#)
    #expect(try mirror.answer(.conversation("z")) == .absent)
    try await mirror.doubt(.updateConversation("z"))
    #expect(try mirror.ids("conversations", allConversations) == [])
  }

  @Test func whatTheWholeListNoLongerShowsIsGone() async throws {
    let mirror = try await whole()
    try await mirror.show(.conversation("b"), #"{"conversation":{"id":"b","messages":[]}}"#)
    try await mirror.show(read(1, limit: 10), page(["a", "c", "d", "e"], total: 4, limit: 10))
    #expect(try mirror.answer(.conversation("b")) == .absent)
    #expect(try mirror.ids("conversations", read(1, limit: 9)) == ["a", "c", "d", "e"])
  }

  @Test func anotherTotalEndsCompleteness() async throws {
    let mirror = try await whole()
    try await mirror.show(read(1), page(["n", "a"], total: 6, page: 1))
    #expect(try mirror.answer(.conversation("z")) == .unknown)
    #expect(try mirror.ids("conversations", read(1, limit: 6)).count == 6, "what is known is still shown")
  }

  @Test func aPageOfTheSameListKeepsItComplete() async throws {
    let mirror = try await whole()
    try await mirror.show(read(2), page(["d", "c"], total: 5, page: 2))
    #expect(try mirror.answer(.conversation("z")) == .absent)
  }

  @Test func createdAndDeletedConversationsKeepAListComplete() async throws {
    let mirror = try await whole()
    try await mirror.write(.createConversation, answer: #"{"conversation":\#(conversation("n"))}"#)
    try await mirror.write(.deleteConversation("b"))
    #expect(try mirror.ids("conversations", read(1, limit: 9)) == ["n", "a", "c", "d", "e"])
    #expect(try mirror.isComplete(read(1, limit: 9)))
    try await mirror.show(read(1), page(["n", "a"], total: 5, page: 1))
    #expect(try mirror.answer(.conversation("z")) == .absent)
  }

  @Test func anUnknownOutcomeEndsCompleteness() async throws {
    let mirror = try await whole()
    try await mirror.doubt(.createConversation)
    #expect(try mirror.answer(.conversation("z")) == .unknown)
    #expect(try !mirror.isComplete(read(1, limit: 9)))
  }

  @Test func aFilteredListShowsWhatThatFilterShowed() async throws {
    let mirror = try await whole()
    #expect(try mirror.answer(read(1, filter: "owned")) == .unknown)
    try await mirror.show(read(1, limit: 9, filter: "owned"), page(["b", "e"], total: 2, limit: 9))
    #expect(try mirror.ids("conversations", read(1, filter: "owned")) == ["b", "e"])
    #expect(try mirror.ids("conversations", read(1, limit: 9, filter: "all")).count == 5)
    #expect(try mirror.answer(read(1, filter: "shared")) == .unknown)
    try await mirror.write(.createConversation, answer: #"{"conversation":\#(conversation("n"))}"#)
    #expect(try mirror.ids("conversations", read(1, limit: 9, filter: "owned")) == ["n", "b", "e"])
  }

  @Test func theUsualLimitIsUpstreams() async throws {
    let mirror = try await Mirror()
    try await mirror.write(.createConversation, answer: #"{"conversation":\#(conversation("n"))}"#)
    #expect(try mirror.composed(allConversations).contains(#""limit":10,"#))
    try await mirror.show(allConversations, page(["n"], total: 1, limit: 20))
    try await mirror.show(read(1, limit: 5), page(["n"], total: 1, limit: 5))
    try await mirror.doubt(.createConversation)
    #expect(try mirror.composed(allConversations).contains(#""limit":20,"#))
  }

  @Test func newestFirstByUpdateElseCreation() async throws {
    let mirror = try await Mirror()
    try await mirror.show(
      allConversations,
      #"{"conversations":[{"id":"x"},{"id":"a","createdAt":"2026-01-03T00:00:00Z"},"#
        + #"{"id":"b","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-04T00:00:00+00:00"},{"id":"c","updatedAt":1767225600}]}"#
    )
    try await mirror.doubt(.updateConversation("a"))
    #expect(try mirror.ids("conversations", allConversations) == ["b", "a", "c", "x"])
  }

  @Test func aConversationOutsideOfACompleteListEndsCompleteness() async throws {
    let mirror = try await whole()
    try await mirror.show(.conversation("n"), #"{"conversation":{"id":"n","messages":[]}}"#)
    #expect(try mirror.answer(.conversation("z")) == .unknown)
  }
}
