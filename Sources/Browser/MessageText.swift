/// How much of messages a page shows, and what it may cost to make: a browser must stay usable, and others must not wait.
struct TextBudget {
  /// Of text; behind it messages show their beginning.
  private(set) var bytes: Int
  /// Steps of the Markdown parser; behind it text is shown as it was typed.
  var markdown: Int

  /// For a page.
  static let page = TextBudget(bytes: 4 << 20, markdown: 20_000_000)
  /// For a file that keeps everything.
  static let everything = TextBudget(bytes: .max, markdown: .max)

  /// Longer texts are cut even where there is room: a page is for reading.
  static let textBytesMax = 1 << 20
  static let beginningBytes = 2000

  /// How much of a text is shown; it is taken from the budget.
  mutating func take(_ count: Int, atMost limit: Int = textBytesMax) -> Int {
    guard bytes != .max else { return .max }
    let shown = min(count, limit, max(bytes, Self.beginningBytes))
    bytes = max(0, bytes - shown)
    return shown
  }
}

/// Turns a message's text into HTML: Markdown as what it means, other text as it was typed.
///
/// This is the only place where message text becomes markup.
enum MessageText {
  /// - Parameters:
  ///   - limit: how much is shown at the most; the budget may have less.
  ///   - rest: where all of it can be read when it is cut; nil: nowhere but through the API.
  static func html(
    _ text: String, _ budget: inout TextBudget, atMost limit: Int = TextBudget.textBytesMax, rest: String? = nil
  ) -> HTML {
    let shown = text.prefix(utf8Count: budget.take(text.utf8.count, atMost: limit))
    let hidden = text.utf8.count - shown.utf8.count
    guard hidden > 0 else { return html(of: shown, &budget) }
    let way: HTML = rest.map { "<a href=\"\($0)\">read all of it as text</a>" } ?? "read this message through the API"
    return
      "\(html(of: shown, &budget))<p class=\"cut\">\(Wording.count(hidden, "more byte", "more bytes")): \(way).</p>"
  }

  private static func html(of text: Substring, _ budget: inout TextBudget) -> HTML {
    guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else { return "" }
    return Markdown.html(text, budget: &budget.markdown).map { "<div class=\"markdown\">\($0)</div>" }
      ?? "<div class=\"text\" dir=\"auto\">\(text)</div>"
  }
}

extension String {
  /// As many whole characters of code as fit into `utf8Count` bytes.
  fileprivate func prefix(utf8Count: Int) -> Substring {
    guard utf8Count < utf8.count else { return self[...] }
    var end = utf8.index(startIndex, offsetBy: utf8Count)
    while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return self[..<end]
  }
}
