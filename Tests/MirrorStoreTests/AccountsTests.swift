import Testing

@testable import MirrorStore

@Suite struct AccountsTests {
  private let other = AccountKey(Array(repeating: 9, count: 32))

  @Test func anUnknownCredentialHasNoAccount() async throws {
    let mirror = try await Mirror()
    #expect(try mirror.store.account(for: other) == nil)
    #expect(try !mirror.store.isRefused(other))
    #expect(try mirror.store.account(for: Mirror.key) == mirror.account)
    #expect(try await mirror.store.admit(Mirror.key) == mirror.account)
  }

  @Test func accountsSeeNothingOfOneAnother() async throws {
    let mirror = try await Mirror()
    let stranger = try await mirror.store.admit(other)
    try await mirror.show(
      .conversation("c"), #"{"conversation":{"id":"c","title":"word","messages":[\#(message("m"))]}}"#)
    try await mirror.show(allConversations, page(["c"], total: 1))
    for read in [allConversations, .conversation("c"), mainMessages("c"), .tree("c")] as [MirrorRead] {
      #expect(try mirror.store.answer(read, account: stranger) == .unknown)
    }
    #expect(try mirror.store.conversationID(ofMessage: "m", account: stranger) == nil)
    #expect(try mirror.store.search("text", account: stranger, limit: 5).isEmpty)
    #expect(try mirror.store.conversationSummaries(account: stranger, limit: 5).isEmpty)
    #expect(try mirror.store.conversationDetail("c", account: stranger) == nil)
    #expect(try mirror.store.search("text", account: mirror.account, limit: 5).count == 1)
  }

  @Test func theSameIDsInTwoAccountsAreTwoThings() async throws {
    let mirror = try await Mirror()
    let stranger = try await mirror.store.admit(other)
    try await mirror.show(mainMessages("c"), messages(message("m", "user", "mine")))
    let body = Array(messages(message("m", "user", "theirs")).utf8)
    _ = try await mirror.store.save(
      mainMessages("c"), StoredResponse(status: 200, fields: [], body: body, fetchedAt: mirror.tick()),
      account: stranger)
    try await mirror.doubt(.updateMessage("m"))
    #expect(try mirror.composed(mainMessages("c")).contains("mine"))
    try await mirror.write(.deleteMessage("m"))
    guard case .verbatim = try mirror.store.answer(mainMessages("c"), account: stranger) else {
      Issue.record("a write of one account made the other's answer old")
      return
    }
  }

  @Test func aRefusedAccountSeesNothingUntilItIsAdmittedAgain() async throws {
    let mirror = try await Mirror()
    try await mirror.show(mainMessages("c"), messages(message("m")))
    try await mirror.store.refuse(Mirror.key)
    #expect(try mirror.store.isRefused(Mirror.key))
    #expect(try mirror.store.account(for: Mirror.key) == nil)
    #expect(try mirror.answer(mainMessages("c")) == .unknown)
    #expect(try mirror.store.storedResponse(mainMessages("c"), account: mirror.account) == nil)
    #expect(try mirror.store.search("text", account: mirror.account, limit: 5).isEmpty)
    #expect(try mirror.store.conversationSummaries(account: mirror.account, limit: 5).isEmpty)
    #expect(try await mirror.store.admit(Mirror.key) == mirror.account)
    #expect(try mirror.answer(mainMessages("c")) != .unknown)
  }
}
