/// A text being generated: everything its two messages will need when it is done.
struct Generation: Sendable, Equatable {
  let accountID: String
  let conversationID: String
  let branchID: String
  let prompt: String
  /// The version of the model that answers.
  let model: String
  let temperature: Double
  let maxTokens: Int
  /// The answer in pieces, already cut to `maxTokens`.
  let tokens: [String]
  let finishReason: String
  let promptTokens: Int
  let contextMessageCount: Int
  let usedCheckpoint: Bool

  var content: String { tokens.joined() }

  var usage: JSON {
    [
      "promptTokens": .int(promptTokens), "completionTokens": .int(tokens.count),
      "totalTokens": .int(promptTokens + tokens.count),
    ]
  }

  /// What the API tells about how an answer was made. Times are milliseconds, costs US dollars.
  var metadata: JSON {
    [
      "model": .string(model), "temperature": .double(temperature), "maxTokens": .int(maxTokens),
      "responseTime": .int(180 + 20 * tokens.count), "finishReason": .string(finishReason),
      "cost": .double(Double(promptTokens + 8 * tokens.count) / 800_000), "context_truncated": false,
      "checkpoint_used": .bool(usedCheckpoint), "prompt_tokens": .int(promptTokens),
      "context_message_count": .int(contextMessageCount),
    ]
  }

  /// How long a plain send takes: a tenth of the streaming time, 1 s at most.
  func duration(tokenDelay: Duration) -> Duration { min(.seconds(1), tokenDelay * tokens.count / 10) }

  /// The `content` events, one per token.
  var events: [[UInt8]] {
    tokens.map { ["type": "content", "content": .string($0), "model": .string(model)] }.map(Generation.event)
  }

  static let done = Array("data: [DONE]\n\n".utf8)

  static func event(_ json: JSON) -> [UInt8] { Array("data: ".utf8) + json.bytes + [0x0A, 0x0A] }
}
