import Testing

@testable import MirrorStore

/// A clock that was set back after things were written down.
@Suite struct ClockTests {
  private static let year: Int64 = 365 * 86_400_000

  private func later(_ time: UnixTime) -> UnixTime { UnixTime(milliseconds: time.milliseconds + Self.year) }

  @Test func whatAWholeListNoLongerShowsIsGoneAlsoWhenItWasSeenLater() async throws {
    let mirror = try await Mirror()
    let year = later(mirror.now)
    try await mirror.show(allConversations, page(["c", "d"], total: 2), at: year)
    try await mirror.show(.conversation("d"), #"{"conversation":{"id":"d","title":"t"}}"#, at: year)
    #expect(try await mirror.store.bringTimesBack(to: mirror.tick()))
    try await mirror.show(allConversations, page(["c"], total: 1))
    #expect(try mirror.answer(.conversation("d")) == .absent)
    #expect(try await !mirror.store.bringTimesBack(to: mirror.tick()), "once is enough")
  }

  @Test func aChangeElsewhereMakesOldAlsoWhatWasSeenLater() async throws {
    let mirror = try await Mirror()
    let year = later(mirror.now)
    let old = message("m", "user", "old")
    try await mirror.write(.send(conversation: "c", branch: nil), at: year)
    try await mirror.show(
      .conversation("c"), #"{"conversation":{"id":"c","title":"t","messages":[\#(old)]}}"#, at: year)
    try await mirror.show(mainMessages("c"), messages(old), at: year)
    #expect(try await mirror.store.bringTimesBack(to: mirror.tick()))
    guard case .verbatim(let answer) = try mirror.answer(.conversation("c")) else {
      Issue.record("what did not change is still given as it came")
      return
    }
    #expect(answer.fetchedAt < mirror.now)
    try await mirror.show(mainMessages("c"), messages(message("m", "user", "new")))
    #expect(try mirror.composed(.conversation("c")).contains("new"))
  }

  @Test func aClockThatIsALittleBehindChangesNothing() async throws {
    let mirror = try await Mirror()
    try await mirror.show(allConversations, page(["c"], total: 1))
    let now = UnixTime(milliseconds: mirror.now.milliseconds - 900)
    #expect(try await !mirror.store.bringTimesBack(to: now))
  }
}
