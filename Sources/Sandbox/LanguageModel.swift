/// A deterministic stand-in for a language model: the same prompt at the same place gets the same words.
enum LanguageModel {
  static let names = [
    "gpt-5", "claude-opus-4-1", "claude-opus-4", "claude-opus-4-0", "claude-sonnet-4-5", "claude-sonnet-4-0",
    "claude-3-7-sonnet-latest", "claude-3-5-haiku-latest",
  ]

  /// The version an answer names for a model that was asked for.
  static func version(of name: String) -> String { name == "gpt-5" ? "gpt-5-2025-08-07" : name }

  /// A readable Markdown answer of 20 to 80 tokens with some text outside ASCII.
  static func reply(to prompt: String, historyLength: Int, seed: UInt64) -> String {
    var random = SeededRandom(seed: seed, of: prompt, String(historyLength))
    let topic = topic(of: prompt)
    var lines = ["**\(capitalised(topic))** — \(random.pick(openings))", random.pick(bodies)]
    var bullets = points
    bullets.shuffle(using: &random)
    for bullet in bullets.prefix(2 + Int(random.next() % 2)) {
      let longer = lines + [bullet]
      if tokens(of: longer.joined(separator: "\n")).count > 70 { break }
      lines = longer
    }
    return lines.joined(separator: "\n")
  }

  /// A short description of messages for a checkpoint.
  static func summary(of messages: [Message]) -> String {
    let users = messages.filter { $0.role == "user" }.count
    let topics = messages.suffix(2).map { topic(of: $0.content) }.joined(separator: " → ")
    return "\(messages.count) messages (\(users) from the user); latest: \(topics)"
  }

  /// Splits text into words and marks, each with the blanks before it; joined they are the text again.
  static func tokens(of text: String) -> [String] {
    var tokens: [String] = []
    var current = ""
    var inWord = false
    for character in text {
      let isWord = character.isLetter || character.isNumber
      if !current.isEmpty, !current.allSatisfy(\.isWhitespace), !(inWord && isWord) {
        tokens.append(current)
        current = ""
      }
      current.append(character)
      inWord = isWord
    }
    if !current.isEmpty { tokens.append(current) }
    return tokens
  }

  /// The longest word of the prompt; short enough to keep an answer within its bounds.
  private static func topic(of prompt: String) -> String {
    let words: [Substring] = prompt.prefix(2_000).split { !$0.isLetter }.filter { $0.count <= 24 }
    guard let longest = words.max(by: { $0.count < $1.count }) else { return "question" }
    return longest.lowercased()
  }

  private static func capitalised(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }

  private static let openings = [
    "a good place to start is the naïve version.",
    "there are two honest answers, and both are short.",
    "the façade is simple; the details are not.",
    "let us look at it from the outside first.",
  ]
  private static let bodies = [
    "First measure what you have, then change one thing, then measure again ✓.",
    "Think of it as a tree: every question is a node, every answer a child 🌿.",
    "Most of the cost is waiting — roughly 80 % — so keep what you have already seen.",
    "Write down the invariant first: Σ of the parts ≤ the whole.",
  ]
  private static let points = [
    "- keep the smallest step that still teaches something",
    "- prefer `values` to shared state → fewer surprises",
    "- say *when* it fails, and what to do next",
    "- 例: one branch for the idea, one for the doubt",
    "- come back tomorrow and read it once more…",
  ]
}
