import Testing

@testable import MirrorStore

@Suite struct UsageTests {
  private static let day: Int64 = 86_400_000
  /// 2026-01-03T00:00:00Z.
  private static let start = UnixTime(milliseconds: 1_767_398_400_000)

  private func send(_ mirror: Mirror, _ id: String, at time: String, _ rest: String) async throws {
    try await mirror.write(
      .send(conversation: "c", branch: nil), #"{"content":"q"}"#,
      answer: #"{"message":{"id":"\#(id)","role":"assistant","createdAt":"\#(time)"},\#(rest)}"#)
  }

  private func shown(_ mirror: Mirror, since start: UnixTime = start) throws -> [String] {
    try mirror.store.usage(since: start).map {
      "\($0.day) \($0.model ?? "-") \($0.answers) \($0.promptTokens)+\($0.completionTokens)=\($0.totalTokens)"
    }
  }

  @Test func daysAndModelsAreCountedApartAndTheNewestComesFirst() async throws {
    let mirror = try await Mirror()
    try await send(mirror, "a0", at: "2026-01-02T23:59:59.999Z", #""model":"x","usage":{"promptTokens":1}"#)
    try await send(
      mirror, "a1", at: "2026-01-03T00:00:00Z", #""model":"x","usage":{"promptTokens":8,"completionTokens":2}"#)
    try await send(
      mirror, "a2", at: "2026-01-03T23:59:59Z",
      #""model":"x","usage":{"promptTokens":1,"completionTokens":1,"totalTokens":9}"#)
    try await send(mirror, "a3", at: "2026-01-03T12:00:00Z", #""model":"y","usage":{"totalTokens":100}"#)
    try await send(mirror, "a4", at: "2026-01-04T12:00:00Z", #""usage":{"completionTokens":5}"#)
    #expect(try shown(mirror) == ["2026-01-04 - 1 0+5=5", "2026-01-03 y 1 0+0=100", "2026-01-03 x 2 9+3=19"])
    #expect(try shown(mirror, since: UnixTime(milliseconds: Self.start.milliseconds - 1)).count == 4)
    #expect(try shown(mirror, since: UnixTime(milliseconds: Self.start.milliseconds + 3 * Self.day)).isEmpty)
  }

  /// The same answer seen twice, as from a repeated call, was paid for once.
  @Test func anAnswerCountsOnce() async throws {
    let mirror = try await Mirror()
    for _ in 1...2 {
      try await send(
        mirror, "a1", at: "2026-01-03T00:00:00Z", #""model":"x","usage":{"promptTokens":8,"completionTokens":2}"#)
    }
    #expect(try shown(mirror) == ["2026-01-03 x 1 8+2=10"])
  }

  /// Only what the API named counts, and only a number is one.
  @Test func costsAreThoseOfTheMessages() async throws {
    let mirror = try await Mirror()
    for (id, metadata) in [
      ("a1", #"{"cost":0.25}"#), ("a2", #"{"cost":1}"#), ("a3", #"{"cost":"9"}"#), ("a4", "{}"),
      ("a5", #"{"cost":null}"#),
      ("a6", #"{"cost":1e999}"#), ("a7", #"{"cost":-1e999}"#), ("a8", #"{"cost":-1}"#), ("a9", #"{"cost":1e7}"#),
    ] {
      try await mirror.write(
        .send(conversation: "c", branch: nil), #"{"content":"q"}"#,
        answer:
          #"{"message":{"id":"\#(id)","role":"assistant","createdAt":"2026-01-03T00:00:00Z","metadata":\#(metadata)},"model":"x"}"#
      )
    }
    let row = try #require(try mirror.store.usage(since: Self.start).first)
    #expect(row.answers == 9 && row.cost == 1.25 && row.answersWithCost == 2)
    // It was paid for, whatever becomes of the message; and a list may name what the answer did not.
    try await mirror.write(.deleteMessage("a1"))
    try await mirror.show(mainMessages("c"), messages(#"{"id":"a4","role":"assistant","metadata":{"cost":2}}"#))
    #expect(try mirror.store.usage(since: Self.start).first?.cost == 3.25)
  }

  @Test func daysAddUpAndTheMirrorsSizeIsTheLastOne() async throws {
    let mirror = try await Mirror()
    let store = mirror.store
    try await store.add([.calls: 2, .mirrorBytes: 500], toDayOf: Self.start)
    try await store.add(
      [.calls: 3, .savedCalls: 1, .mirrorBytes: 400],
      toDayOf: UnixTime(milliseconds: Self.start.milliseconds + Self.day - 1))
    try await store.add([.calls: 7], toDayOf: UnixTime(milliseconds: Self.start.milliseconds + Self.day))
    try await store.add([.calls: 9], toDayOf: UnixTime(milliseconds: Self.start.milliseconds - 1))
    #expect(
      try store.dayCounts(since: Self.start) == [
        "2026-01-03": [.calls: 5, .savedCalls: 1, .mirrorBytes: 400], "2026-01-04": [.calls: 7],
      ])
    var policy = RetentionPolicy()
    policy.ageMax = .seconds(86_400)
    _ = try await store.enforce(policy, at: UnixTime(milliseconds: Self.start.milliseconds + 2 * Self.day))
    #expect(try store.dayCounts(since: UnixTime(milliseconds: 0)).keys.sorted() == ["2026-01-04"])
  }

  @Test func hostileNumbersAreNoErrorAndRefusedAccountsDoNotCount() async throws {
    let mirror = try await Mirror()
    for id in ["a1", "a2"] {
      try await send(
        mirror, id, at: "2026-01-03T00:00:00Z",
        #""usage":{"promptTokens":9223372036854775807,"completionTokens":-9223372036854775808}"#)
    }
    let row = try #require(try mirror.store.usage(since: Self.start).first)
    #expect(row.answers == 2 && row.promptTokens == .max && row.completionTokens == .min)
    try await mirror.store.refuse(Mirror.key)
    #expect(try mirror.store.usage(since: Self.start).isEmpty)
  }
}
