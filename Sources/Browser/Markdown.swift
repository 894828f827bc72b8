internal import CMarkGFM
internal import Synchronization

/// GitHub Flavored Markdown as HTML: cmark-gfm finds the structure, every character of the text is escaped here by type.
///
/// cmark-gfm's own HTML is never used. Raw HTML shows as the text that it is, links lead to `http`, `https` and `mailto`
/// only, images become links: nothing is loaded.
enum Markdown {
  /// Longer texts are shown as they were typed.
  static let bytesMax = 1 << 16
  /// `[` in more places than this is not looked at: the time for unmatched ones grows with their square.
  static let bracketsMax = 4000
  /// Lines times columns. cmark-gfm fills short rows up with empty cells: 16 KB of text can make 16 million.
  static let tableCellsMax = 50_000
  /// `@` in more places than this, or `)`, makes no bare address a link: each is looked around for one.
  static let atSignsMax = 1000
  static let parenthesesMax = 2000
  /// Lines times quotes and lists that may be open in one of them: every line looks at each. Measured: 12 ns each.
  static let openContainersMax = 4_000_000
  /// Lines that look like the second one of a table, times bytes: each reads its paragraph again. Measured: 18 ns each.
  static let delimiterRowsMax = 4_000_000

  /// nil: the text is not fit for it, or costs more than is left, and is to be shown as it was typed.
  /// - Parameter budget: what a page may still cost; what this text costs is taken from it.
  static func html(_ text: Substring, budget: inout Int) -> HTML? {
    guard let cost = Cost(of: text), cost.units <= budget else { return nil }
    budget -= cost.units
    // cmark-gfm switches characters of its extensions on and off in tables that all its parsers share.
    return turns.withLock { _ in
      let document = parse(text, extensions: cost.extensions)
      defer { cmark_node_free(document) }
      return MarkdownRendering(of: document).html
    }
  }

  static func html(_ text: Substring) -> HTML? {
    var budget = Int.max
    return html(text, budget: &budget)
  }

  private static let turns = Mutex(())
  private static let registered: Void = cmark_gfm_core_extensions_ensure_registered()

  private static func parse(_ text: Substring, extensions: [String]) -> OpaquePointer {
    registered
    let parser = cmark_parser_new(CMARK_OPT_DEFAULT)
    defer { cmark_parser_free(parser) }
    for name in extensions {
      guard let `extension` = cmark_find_syntax_extension(name) else { preconditionFailure("cmark-gfm lacks \(name)") }
      cmark_parser_attach_syntax_extension(parser, `extension`)
    }
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
    }
    guard let document = cmark_parser_finish(parser) else { preconditionFailure("a parser ends with a document") }
    return document
  }

  /// What a text would cost to parse, counted before it is.
  private struct Cost {
    var extensions = ["strikethrough", "tasklist"]
    /// Steps of the parser, more or less.
    private(set) var units = 0

    /// nil: too much.
    init?(of text: Substring) {
      let count = text.utf8.count
      guard count <= bytesMax else { return nil }
      var (lines, barsMost, depthMost, delimiterRows) = (1, 0, 0, 0)
      var (brackets, atSigns, parentheses) = (0, 0, 0)
      var line = LineCost()
      func endLine() {
        (barsMost, depthMost) = (max(barsMost, line.bars), max(depthMost, line.depth))
        if line.isDelimiterRow { delimiterRows += 1 }
        line = LineCost()
      }
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
          endLine()
          lines += 1
          continue
        case UInt8(ascii: "["): brackets += 1
        case UInt8(ascii: "@"): atSigns += 1
        case UInt8(ascii: ")"): parentheses += 1
        default: break
        }
        line.add(byte)
      }
      endLine()
      let containers = lines * depthMost
      guard brackets <= bracketsMax, containers <= openContainersMax else { return nil }
      units = count + containers + brackets * brackets
      if lines * (barsMost + 1) <= tableCellsMax, delimiterRows * count <= delimiterRowsMax {
        extensions.append("table")
        units += delimiterRows * count
      }
      if atSigns <= atSignsMax, parentheses <= parenthesesMax {
        extensions.append("autolink")
        units += atSigns * atSigns + parentheses * parentheses
      }
    }
  }

  /// What one line adds to the cost.
  private struct LineCost {
    private(set) var bars = 0
    /// Marks and columns before its first other character: no more quotes and lists are open in it, or opened by it.
    private(set) var depth = 0
    private var isBeginning = true
    private var isOfDelimiters = true
    private var dashes = 0

    mutating func add(_ byte: UInt8) {
      if isBeginning {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ">"), UInt8(ascii: "-"), UInt8(ascii: "+"),
          UInt8(ascii: "*"), UInt8(ascii: "."), UInt8(ascii: ")"), UInt8(ascii: "0")...UInt8(ascii: "9"):
          depth += byte == UInt8(ascii: "\t") ? 4 : 1
        default: isBeginning = false
        }
      }
      switch byte {
      case UInt8(ascii: "|"): bars += 1
      case UInt8(ascii: "-"): dashes += 1
      case UInt8(ascii: ":"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ">"): break
      default: isOfDelimiters = false
      }
    }

    var isDelimiterRow: Bool { isOfDelimiters && dashes > 0 }
  }
}

/// Walks a parsed document and writes it down; never recursive, since nesting is as deep as the text wants it.
private struct MarkdownRendering {
  private(set) var html = HTML()
  /// What ends the elements that are open, "" for those that were nested too deep to be written.
  private var closings: [HTML] = []
  private var headingLevel = Self.messageLevel
  private var linkDepth = 0
  private var table: Table?

  /// The level of the heading that a message stands under.
  private static let messageLevel = 3
  /// Elements in elements: what is nested deeper is shown without its element. Browsers stop at 512.
  private static let nestingMax = 48

  /// A table has a row, which has a cell, which has text.
  private static let tableLevels = 3

  private struct Table {
    var alignments: [UInt8]
    /// false: it is nested too deep to be one.
    var isOpen: Bool
    var isHeader = false
    var column = 0
  }

  init(of document: OpaquePointer) {
    let iterator = cmark_iter_new(document)
    defer { cmark_iter_free(iterator) }
    while true {
      let event = cmark_iter_next(iterator)
      guard event != CMARK_EVENT_DONE, let node = cmark_iter_get_node(iterator) else { return }
      if event == CMARK_EVENT_EXIT { leave(node) } else { enter(node) }
    }
  }

  private mutating func enter(_ node: OpaquePointer) {
    switch Self.kind(of: node) {
    case "text", "html_inline": html += "\(Self.literal(of: node))"
    case "html_block": html += "<div class=\"text\" dir=\"auto\">\(Self.literal(of: node))</div>\n"
    case "softbreak", "linebreak": html += "<br />\n"
    case "code": html += "<code>\(Self.literal(of: node))</code>"
    case "code_block": html += codeBlock(node)
    case "thematic_break": html += "<hr />\n"
    case "paragraph": Self.isInTightList(node) ? open("", " ") : open("<p dir=\"auto\">", "</p>\n")
    case "heading": openHeading(Int(cmark_node_get_heading_level(node)))
    case "block_quote": open("<blockquote>\n", "</blockquote>\n")
    case "list": openList(node)
    case "item": open("<li>", "</li>\n")
    case "tasklist": open("<li class=\"task\">\(Self.box(of: node))", "</li>\n")
    case "emph": open("<em>", "</em>")
    case "strong": open("<strong>", "</strong>")
    case "strikethrough": open("<del>", "</del>")
    case "link": openLink(to: Self.text(cmark_node_get_url(node)), prefix: "")
    case "image":
      openLink(to: Self.text(cmark_node_get_url(node)), prefix: "<span class=\"picture-mark\">Image:</span> ")
    case "table": openTable(node)
    case "table_header": openRow(isHeader: true)
    case "table_row": openRow(isHeader: false)
    case "table_cell": openCell(isEmpty: cmark_node_first_child(node) == nil)
    // The document itself, and what a later cmark-gfm may bring.
    default: open("", "")
    }
  }

  private mutating func leave(_ node: OpaquePointer) {
    html += closings.popLast() ?? ""
    switch Self.kind(of: node) {
    case "link", "image": linkDepth -= 1
    case "table": table = nil
    case "table_cell": table?.column += 1
    default: break
    }
  }

  // MARK: Elements

  /// - Parameter room: how many levels of elements it needs inside to be what it is.
  private mutating func open(_ opening: HTML, _ closing: HTML, room: Int = 0) {
    let isTooDeep = !hasRoom(for: room)
    if !isTooDeep { html += opening }
    closings.append(isTooDeep ? " " : closing)
  }

  private func hasRoom(for levels: Int) -> Bool { levels < Self.nestingMax - closings.count }

  /// One level below the heading before it at the most, so that the outline of the page has no gaps.
  private mutating func openHeading(_ level: Int) {
    headingLevel = min(Self.messageLevel + level, headingLevel + 1, 6)
    open("<h\(headingLevel) dir=\"auto\">", "</h\(headingLevel)>\n")
  }

  private mutating func openList(_ node: OpaquePointer) {
    guard cmark_node_get_list_type(node) == CMARK_ORDERED_LIST else {
      return open("<ul dir=\"auto\">\n", "</ul>\n", room: 1)
    }
    let start = Int(cmark_node_get_list_start(node))
    open(
      start == 1 ? "<ol dir=\"auto\">\n" : "<ol dir=\"auto\" start=\"\(start)\">\n", "</ol>\n", room: 1)
  }

  private static func box(of node: OpaquePointer) -> HTML {
    cmark_gfm_extensions_get_tasklist_item_checked(node)
      ? "<span class=\"box\" role=\"img\" aria-label=\"Done:\">☑</span> "
      : "<span class=\"box\" role=\"img\" aria-label=\"To do:\">☐</span> "
  }

  private func codeBlock(_ node: OpaquePointer) -> HTML {
    let info = Self.text(cmark_node_get_fence_info(node))
    let language = info.split(whereSeparator: \.isWhitespace).first.map { String($0.prefix(40)) } ?? ""
    return Self.code(Self.literal(of: node).withoutFinalNewline, language: language)
  }

  static func code(_ text: some StringProtocol, language: String) -> HTML {
    let label: HTML = language.isEmpty ? "" : "<figcaption><bdi>\(language)</bdi></figcaption>"
    return "<figure class=\"code\">\(label)<pre dir=\"ltr\" tabindex=\"0\"><code>\(text)</code></pre></figure>\n"
  }

  /// A link leads out of the local copy, so it says no more than it must to where it leads. One in a link is its words.
  private mutating func openLink(to address: String, prefix: HTML) {
    linkDepth += 1
    guard linkDepth == 1, let address = OutsideLink.address(address) else { return open(prefix, "") }
    open("<a class=\"outside\" rel=\"noopener noreferrer nofollow\" href=\"\(address)\">\(prefix)", "</a>")
  }

  // MARK: Tables

  private mutating func openTable(_ node: OpaquePointer) {
    let columns = Int(cmark_gfm_extensions_get_table_columns(node))
    let alignments = cmark_gfm_extensions_get_table_alignments(node).map {
      Array(UnsafeBufferPointer(start: $0, count: columns))
    }
    table = Table(alignments: alignments ?? [], isOpen: hasRoom(for: Self.tableLevels))
    open(
      "<div class=\"table\" role=\"group\" aria-label=\"Table, can be scrolled\" tabindex=\"0\"><table>\n",
      "</tbody></table></div>\n", room: Self.tableLevels)
  }

  private mutating func openRow(isHeader: Bool) {
    table?.isHeader = isHeader
    table?.column = 0
    guard table?.isOpen == true else { return open("", "\n", room: .max) }
    // The header row comes first, and once.
    isHeader ? open("<thead><tr>", "</tr></thead><tbody>\n", room: 1) : open("<tr>", "</tr>\n", room: 1)
  }

  private mutating func openCell(isEmpty: Bool) {
    guard let table, table.isOpen else { return open("", " ", room: .max) }
    let style: HTML =
      switch table.column < table.alignments.count ? table.alignments[table.column] : 0 {
      case UInt8(ascii: "c"): " class=\"center\""
      case UInt8(ascii: "r"): " class=\"right\""
      default: ""
      }
    let isHeading = table.isHeader && !isEmpty
    isHeading
      ? open("<th scope=\"col\" dir=\"auto\"\(style)>", "</th>") : open("<td dir=\"auto\"\(style)>", "</td>")
  }

  // MARK: Nodes

  private static func kind(of node: OpaquePointer) -> String { text(cmark_node_get_type_string(node)) }
  private static func literal(of node: OpaquePointer) -> String { text(cmark_node_get_literal(node)) }
  private static func text(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "" }

  private static func isInTightList(_ paragraph: OpaquePointer) -> Bool {
    guard let item = cmark_node_parent(paragraph), let list = cmark_node_parent(item) else { return false }
    return cmark_node_get_type(list) == CMARK_NODE_LIST && cmark_node_get_list_tight(list) != 0
  }
}

/// Where text of others may lead a reader.
enum OutsideLink {
  private static let schemes = ["http://", "https://", "mailto:"]

  /// The address, fit for an attribute in ASCII; nil: it is of another kind, or leads nowhere from here.
  static func address(_ text: String) -> String? {
    guard schemes.contains(where: { text.prefix($0.count).lowercased() == $0 }) else { return nil }
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if isKept(byte) { bytes.append(byte) } else { bytes += PageLink.percentEncoded(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// RFC 3986's characters of a URI; `%` stands for what it is.
  private static func isKept(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-._~:/?#[]@!$&'()*+,;=%".utf8.contains(byte)
    }
  }
}

extension String {
  fileprivate var withoutFinalNewline: Substring {
    utf8.last == UInt8(ascii: "\n") ? Substring(utf8.dropLast()) : self[...]
  }
}
