/// What a reader looks for: words, phrases and filters, parsed from one line. Any line is a query; what it cannot mean
/// becomes a hint.
///
///     tunnel "exact words" begin* role:assistant model:gpt in:"Trip to Rome" after:2026-11 before:2026-11-26
public struct SearchQuery: Sendable, Equatable {
  /// More are not looked for: each costs a walk through the index.
  static let termsMax = 16
  /// A last word found in so many places is not taken for the beginning of others: the index would first put the places of
  /// all of them in order (120 ms for the most common word of 1,000,000 messages), where the newest of one are at hand.
  static let commonPlaces = 1000

  /// A word or a phrase; all of them must occur.
  struct Term: Equatable {
    var text: String
    /// `begin*`: words that begin so are meant as well.
    var isPrefix = false

    /// A string of FTS5's query language, in which nothing is an operator.
    var quoted: String { "\"\(text.replacing("\0", with: "").replacing("\"", with: "\"\""))\"" }
  }

  private(set) var terms: [Term] = []
  /// Whether the last term may be the beginning of a word that is still being typed.
  private(set) var lastMayBeBegun = false
  /// In lower case, as the API says it.
  private(set) var role: String?
  /// What the model's name contains.
  private(set) var model: String?
  /// A conversation's id, or what its title contains.
  private(set) var conversation: String?
  private(set) var before: UnixTime?
  private(set) var after: UnixTime?
  /// What was not understood, each a sentence that says what would be.
  public private(set) var hints: [String] = []

  /// Whether there is nothing to look for.
  public var isEmpty: Bool { terms.isEmpty && !hasFilters }

  var hasFilters: Bool { conversation != nil || hasMessageFilters }
  /// Those that are true of messages only, not of titles.
  var hasMessageFilters: Bool { role != nil || model != nil || before != nil || after != nil }

  /// - Parameter now: what `today` and `yesterday` refer to; days are counted in UTC.
  public init(_ line: String, now: UnixTime = .now) {
    var scanner = QueryScanner(line)
    while let token = scanner.next() {
      if let name = token.filter { set(name, to: token.text, now) } else { add(token) }
    }
    if scanner.hasOpenQuote { hints.append("The last quotation mark has no partner: a phrase ends with one.") }
    if terms.count > Self.termsMax {
      terms = Array(terms.prefix(Self.termsMax))
      lastMayBeBegun = false
      hints.append("Only the first \(Self.termsMax) words and phrases are looked for.")
    }
  }

  private mutating func add(_ token: QueryScanner.Token) {
    guard token.text.contains(where: { $0.isLetter || $0.isNumber }) else { return }
    let isPrefix = !token.isQuoted && token.text.hasSuffix("*")
    terms.append(Term(text: isPrefix ? String(token.text.dropLast()) : token.text, isPrefix: isPrefix))
    lastMayBeBegun = !token.isQuoted && !isPrefix
  }

  private mutating func set(_ filter: QueryScanner.Filter, to value: String, _ now: UnixTime) {
    lastMayBeBegun = false
    switch filter {
    case .role:
      guard let known = Self.roles[value.lowercased()] else {
        return hints.append("role: expected user, assistant or system, found “\(value)”.")
      }
      role = known
    case .model:
      guard !value.isEmpty else { return hints.append("model: expected a part of a model's name, such as model:gpt.") }
      model = value
    case .in:
      guard !value.isEmpty else {
        return hints.append("in: expected a conversation's id or words of its title, such as in:\"Trip to Rome\".")
      }
      conversation = value
    case .before:
      guard let day = Self.day(value, now) else { return hints.append(Self.dayHint("before", value)) }
      before = day
    case .after:
      guard let day = Self.day(value, now) else { return hints.append(Self.dayHint("after", value)) }
      after = day
    }
  }

  private static let roles = [
    "user": "user", "me": "user", "you": "user", "assistant": "assistant", "ai": "assistant", "system": "system",
  ]

  private static func dayHint(_ name: String, _ value: String) -> String {
    "\(name): expected a day, a month or a year such as \(name):2026-11-26, or today or yesterday, found “\(value)”."
  }

  /// When a day, a month or a year begins.
  private static func day(_ text: String, _ now: UnixTime) -> UnixTime? {
    let dayLength: Int64 = 86_400_000
    let today = now.milliseconds - now.milliseconds % dayLength
    switch text.lowercased() {
    case "today": return UnixTime(milliseconds: today)
    case "yesterday": return UnixTime(milliseconds: today - dayLength)
    default:
      let first = "2026-01-01"
      let length = text.utf8.count
      guard ["2026".count, "2026-01".count, first.count].contains(length) else { return nil }
      return UnixTime(rfc3339: text + first.dropFirst(length) + "T00:00:00Z")
    }
  }

  /// The words and phrases in FTS5's query language.
  func match(lastIsWhole: Bool) -> String {
    terms.enumerated().map { index, term in
      let isBegun = lastMayBeBegun && !lastIsWhole && index == terms.count - 1
      return term.quoted + (term.isPrefix || isBegun ? "*" : "")
    }.joined(separator: " ")
  }
}

/// Cuts a line into words, phrases and filters.
private struct QueryScanner {
  enum Filter: String {
    case role, model, `in`, before, after
  }

  struct Token {
    var filter: Filter?
    var text: String
    var isQuoted: Bool
  }

  private var rest: Substring
  private(set) var hasOpenQuote = false

  init(_ line: String) { rest = line[...] }

  mutating func next() -> Token? {
    rest = rest.drop(while: \.isWhitespace)
    guard !rest.isEmpty else { return nil }
    var filter: Filter?
    // Within the longest name: looking further for each word would take the square of the line's length.
    if let colon = rest.prefix(Self.filterLengthMax + 1).firstIndex(of: ":"),
      let named = Filter(rawValue: rest[..<colon].lowercased())
    {
      filter = named
      rest = rest[rest.index(after: colon)...]
    }
    if let first = rest.first, Self.quotes.contains(first) {
      rest = rest.dropFirst()
      let end = rest.firstIndex(where: Self.quotes.contains)
      hasOpenQuote = end == nil
      let text = rest[..<(end ?? rest.endIndex)]
      rest = end.map { rest[rest.index(after: $0)...] } ?? ""
      return Token(filter: filter, text: String(text), isQuoted: true)
    }
    let text = rest.prefix { !$0.isWhitespace }
    rest = rest[text.endIndex...]
    return Token(filter: filter, text: String(text), isQuoted: false)
  }

  private static let filterLengthMax = "before".count

  /// Keyboards of phones write the curly ones.
  private static let quotes: Set<Character> = ["\"", "“", "”", "„"]
}
