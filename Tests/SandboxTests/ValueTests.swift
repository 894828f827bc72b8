import Testing

@testable import Sandbox

@Suite struct JSONTests {
  @Test func membersKeepTheirOrderAndTextsAreEscapedAsJavaScriptDoes() {
    let json: JSON = ["z": 1, "a": [.null, true, .double(0.5)], "t": "é\"\\\n\u{1}\u{2028}/🌿"]
    #expect(json.text == "{\"z\":1,\"a\":[null,true,0.5],\"t\":\"é\\\"\\\\\\n\\u0001\u{2028}/🌿\"}")
  }

  @Test(
    arguments: [
      ("true", JSON.bool(true)), ("1", .int(1)), ("1.5", .double(1.5)), ("null", .null), (#""1""#, .string("1")),
      (#"{"b":[1],"a":{}}"#, ["a": .object([]), "b": [1]]),
    ] as [(String, JSON)])
  func kindsAreToldApart(text: String, expected: JSON) {
    #expect(JSON(parsing: Array(text.utf8)) == expected)
  }

  @Test(arguments: ["", "{", "{\"a\":}", "nope", "[1,]x"])
  func brokenTextIsNoValue(text: String) {
    #expect(JSON(parsing: Array(text.utf8)) == nil)
  }
}

@Suite struct TimestampTests {
  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00.000Z"), (1_767_225_600_000, "2026-01-01T00:00:00.000Z"),
    (1_709_164_799_999, "2024-02-28T23:59:59.999Z"), (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
    (4_107_542_399_001, "2100-02-28T23:59:59.001Z"),
  ])
  func textIsISO8601WithMilliseconds(milliseconds: Int64, expected: String) {
    #expect(Timestamp(milliseconds: milliseconds).text == expected)
  }

  @Test func nextMonthBeginsAfterTheLastDay() {
    // 2024-02-28T23:59:59.999Z: a leap year, so the 29th is still to come.
    #expect(Timestamp(milliseconds: 1_709_164_799_999).secondsToNextMonth == 86_401)
  }

  @Test func clockNeverRepeatsAndNeverGoesBack() {
    var clock = LogicalClock()
    clock.observe(Timestamp(milliseconds: 100))
    let first = [clock.tick(), clock.tick()].map(\.milliseconds)
    clock.observe(Timestamp(milliseconds: 50))
    let second = clock.tick().milliseconds
    clock.observe(Timestamp(milliseconds: 200))
    #expect(first + [second, clock.tick().milliseconds] == [100, 101, 102, 200])
  }
}

@Suite struct MessageTests {
  /// Hashes computed elsewhere (Python's hashlib over its compact json).
  @Test(
    arguments: [
      ("assistant", "gpt-5-2025-08-07", "msg_1", "2e56c6eabf207b9b3bf7c1317c7d9a9f24f30919fcab5640267352e745ccdeea"),
      ("user", nil, nil, "2bb600527fb63495adc6bac826be6ae2809dd64ee995cdfe911a7a3d760f6f08"),
    ] as [(String, String?, String?, String)])
  func contentHashCoversTheDocumentedMembers(role: String, model: String?, parent: String?, expected: String) {
    let message = Message(
      id: "msg_2", conversationID: "conv_1", branchID: "branch_1", parentID: parent, role: role,
      content: "naïve \"x\"\n\u{2028}/", model: model, metadata: nil,
      createdAt: Timestamp(milliseconds: 1_767_225_600_000))
    #expect(message.contentHash == expected)
  }
}

@Suite struct LanguageModelTests {
  static let prompts = ["", "x", "How do I cache?", "例えば", String(repeating: "word ", count: 5_000), "<b>&"]

  @Test(arguments: prompts)
  func repliesAreTwentyToEightyTokensAndNotOnlyASCII(prompt: String) {
    for history in 0..<40 {
      let reply = LanguageModel.reply(to: prompt, historyLength: history, seed: 1)
      #expect((20...80).contains(LanguageModel.tokens(of: reply).count))
      #expect(!reply.utf8.allSatisfy { $0 < 128 })
    }
  }

  @Test func sameQuestionAtTheSamePlaceGetsTheSameAnswer() {
    let reply = LanguageModel.reply(to: "why?", historyLength: 2, seed: 7)
    #expect(LanguageModel.reply(to: "why?", historyLength: 2, seed: 7) == reply)
    let others = (0..<20).map { LanguageModel.reply(to: "why?", historyLength: $0, seed: 7) }
    #expect(Set(others).count > 10)
  }

  @Test(arguments: prompts + ["a  b\n\nc—d", " ", "e\u{301}🇩🇪 x"])
  func tokensJoinedAreTheText(text: String) {
    #expect(LanguageModel.tokens(of: text).joined() == text)
  }
}

@Suite struct GenerationTests {
  @Test(arguments: [(20, 50, 100), (0, 50, 0), (1_000, 80, 1_000)])
  func plainSendWaitsATenthOfTheStreamAndOneSecondAtMost(delay: Int, tokens: Int, expected: Int) {
    let generation = Generation(
      accountID: "", conversationID: "", branchID: "", prompt: "", model: "", temperature: 0, maxTokens: 100,
      tokens: Array(repeating: "x", count: tokens), finishReason: "stop", promptTokens: 1, contextMessageCount: 1,
      usedCheckpoint: false)
    #expect(generation.duration(tokenDelay: .milliseconds(delay)) == .milliseconds(expected))
  }
}
