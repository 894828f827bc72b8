/// Turns a message's text into HTML: Markdown as what it means, other text as it was typed.
///
/// This is the only place where message text becomes markup.
enum MessageText {
  /// Text beyond it is not shown: a page is for reading, and a browser must stay usable.
  static let shownBytesMax = 1 << 20

  /// - Parameter rest: where all of it can be read when it is cut; nil: nowhere but through the API.
  static func html(_ text: String, shownBytesMax: Int = shownBytesMax, rest: String? = nil) -> HTML {
    let shown = text.prefix(utf8Count: shownBytesMax)
    let hidden = text.utf8.count - shown.utf8.count
    guard hidden > 0 else { return html(of: shown) }
    let way: HTML = rest.map { "<a href=\"\($0)\">read all of it as text</a>" } ?? "read this message through the API"
    return "\(html(of: shown))<p class=\"cut\">\(Wording.count(hidden, "more byte", "more bytes")): \(way).</p>"
  }

  private static func html(of text: Substring) -> HTML {
    guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else { return "" }
    return Markdown.html(text).map { "<div class=\"markdown\">\($0)</div>" }
      ?? "<div class=\"text\" dir=\"auto\">\(text)</div>"
  }
}

extension String {
  /// As many whole characters of code as fit into `utf8Count` bytes.
  fileprivate func prefix(utf8Count: Int) -> Substring {
    guard let cut = utf8.index(startIndex, offsetBy: utf8Count, limitedBy: endIndex) else { return self[...] }
    var end = cut
    while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return self[..<end]
  }
}
