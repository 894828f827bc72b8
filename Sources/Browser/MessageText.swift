/// Turns a message's text into HTML: paragraphs as they were typed, fenced code as code.
///
/// This is the only place where message text becomes markup. Markdown belongs here: whatever renders it must return the
/// same `HTML`, with raw HTML left out.
enum MessageText {
  /// Text beyond it is not shown: a page is for reading, and a browser must stay usable.
  static let shownBytesMax = 1 << 20

  static func html(_ text: String, shownBytesMax: Int = shownBytesMax) -> HTML {
    let shown = text.prefix(utf8Count: shownBytesMax)
    var html = HTML()
    for block in blocks(of: shown) { html += markup(of: block) }
    let hidden = text.utf8.count - shown.utf8.count
    if hidden > 0 {
      html +=
        "<p class=\"cut\">\(Wording.count(hidden, "more byte", "more bytes")): read this message through the API.</p>"
    }
    return html
  }

  private static func markup(of block: Block) -> HTML {
    switch block {
    case .text(let text): return "<div class=\"text\" dir=\"auto\">\(text)</div>"
    case .code(let language, let text):
      let label: HTML = language.isEmpty ? "" : "<figcaption><bdi>\(language)</bdi></figcaption>"
      return "<figure class=\"code\">\(label)<pre dir=\"ltr\" tabindex=\"0\"><code>\(text)</code></pre></figure>"
    }
  }

  enum Block: Equatable {
    case text(Substring)
    case code(language: Substring, Substring)
  }

  /// Splits at fences (CommonMark §4.5); a fence that nobody closes reaches to the end.
  static func blocks(of text: Substring) -> [Block] {
    var blocks: [Block] = []
    var open: Fence?
    var blockStart = text.startIndex
    for line in text.lines {
      let fence = Fence(line)
      if let opened = open {
        guard let fence, fence.closes(opened) else { continue }
        blocks.append(.code(language: opened.language, text[blockStart..<line.startIndex].withoutFinalNewline))
        open = nil
      } else {
        guard let fence else { continue }
        append(text: text[blockStart..<line.startIndex], to: &blocks)
        open = fence
      }
      blockStart = text.index(afterLine: line)
    }
    if let open {
      blocks.append(.code(language: open.language, text[blockStart...].withoutFinalNewline))
    } else {
      append(text: text[blockStart...], to: &blocks)
    }
    return blocks
  }

  /// Blank lines around a block are spacing, which the style sheet gives.
  private static func append(text: Substring, to blocks: inout [Block]) {
    guard let first = text.lines.first(where: { !$0.isBlank }) else { return }
    var end = text.endIndex
    while end > text.startIndex, text.unicodeScalars[text.unicodeScalars.index(before: end)].properties.isWhitespace {
      end = text.unicodeScalars.index(before: end)
    }
    blocks.append(.text(text[first.startIndex..<end]))
  }
}

/// The line that begins or ends fenced code: at least three backticks or tildes, indented by three spaces at most.
private struct Fence {
  let mark: UInt8
  let length: Int
  let language: Substring

  init?(_ line: Substring) {
    let indented = line.utf8.prefix { $0 == UInt8(ascii: " ") }
    let rest = line.utf8[indented.endIndex...]
    guard indented.count <= 3, let mark = rest.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else {
      return nil
    }
    let marks = rest.prefix { $0 == mark }
    let info = line[marks.endIndex...]
    // A backtick behind a backtick fence makes it inline code.
    guard marks.count >= 3, mark == UInt8(ascii: "~") || !info.utf8.contains(mark) else { return nil }
    self.mark = mark
    self.length = marks.count
    self.language = info.split(whereSeparator: \.isWhitespace).first.map { $0.prefix(40) } ?? ""
  }

  func closes(_ opened: Fence) -> Bool {
    mark == opened.mark && length >= opened.length && language.isEmpty
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

extension Substring {
  /// The lines without their LF; bytes, not characters, because CR LF is one character.
  fileprivate var lines: [Substring] {
    utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Substring.init)
  }

  fileprivate func index(afterLine line: Substring) -> Index {
    line.endIndex < endIndex ? utf8.index(after: line.endIndex) : endIndex
  }

  fileprivate var isBlank: Bool { unicodeScalars.allSatisfy(\.properties.isWhitespace) }

  fileprivate var withoutFinalNewline: Substring {
    utf8.last == UInt8(ascii: "\n") ? Substring(utf8.dropLast()) : self
  }
}
