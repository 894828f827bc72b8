import Glibc

/// Words that are as common as those of a language: the nth is used n times less often than the first (Zipf's law). They have
/// 5 letters on average, as English ones.
enum Vocabulary {
  static let wordCount = 50_000

  /// - Parameter rank: 1 is the most common word.
  static func word(_ rank: Int) -> String {
    String(decoding: words[rank - 1], as: UTF8.self)
  }

  static let words: [[UInt8]] = (1...wordCount).map { rank in
    var word: [UInt8] = []
    var rest = rank
    while rest > 0 {
      word += syllables[rest % syllables.count]
      rest /= syllables.count
    }
    return word
  }

  private static let syllables: [[UInt8]] = "bcdfghjklmnpqrstvwxz".utf8.flatMap { consonant in
    "aeiou".utf8.map { [consonant, $0, UInt8(ascii: "n")] }
  }
}

/// Text made of the vocabulary, the same in every run.
struct Prose {
  private var state: UInt64

  init(seed: Int) {
    state = UInt64(seed)
  }

  /// Of letters and spaces: it needs no escapes in JSON.
  mutating func append(words: Int, to text: inout [UInt8]) {
    for number in 0..<words {
      if number > 0 { text.append(UInt8(ascii: " ")) }
      text += Vocabulary.words[rank() - 1]
    }
  }

  /// The logarithm of the rank is uniform.
  private mutating func rank() -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let share = Double(state >> 11) / Double(1 << 53)
    return min(Int(exp(share * log(Double(Vocabulary.wordCount + 1)))), Vocabulary.wordCount)
  }
}
