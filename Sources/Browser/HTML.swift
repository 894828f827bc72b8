/// HTML text that is already safe: the literal parts were written here, everything interpolated was escaped by type.
///
/// A `String` can become part of an `HTML` value only through interpolation, which escapes it for element content and for
/// double-quoted attribute values alike. Literals are `StaticString`: text made at run time cannot pass as markup.
public struct HTML: Sendable {
  /// The markup as UTF-8.
  public private(set) var bytes: [UInt8]

  /// No markup at all.
  public init() { bytes = [] }

  /// A style sheet, which is text in which `<` would end it and nothing else means anything.
  init(styles: [UInt8]) {
    precondition(!styles.contains(UInt8(ascii: "<")) && !styles.contains(UInt8(ascii: "&")))
    bytes = styles
  }

  /// Adds `more` behind what is already there.
  public static func += (html: inout HTML, more: HTML) { html.bytes += more.bytes }
}

extension HTML: ExpressibleByStringInterpolation {
  public init(stringLiteral value: StaticString) {
    bytes = []
    bytes.append(literal: value)
  }

  public init(stringInterpolation: StringInterpolation) { bytes = stringInterpolation.bytes }

  /// Puts an `HTML` value together; there is one way in for text, and it escapes.
  public struct StringInterpolation: StringInterpolationProtocol, Sendable {
    fileprivate var bytes: [UInt8] = []

    public init(literalCapacity: Int, interpolationCount: Int) {
      bytes.reserveCapacity(literalCapacity + 32 * interpolationCount)
    }

    public mutating func appendLiteral(_ literal: StaticString) { bytes.append(literal: literal) }
    public mutating func appendInterpolation(_ text: some StringProtocol) { bytes.append(escaping: text) }
    public mutating func appendInterpolation(_ number: Int) { bytes.append(contentsOf: String(number).utf8) }
    public mutating func appendInterpolation(_ html: HTML) { bytes += html.bytes }
    public mutating func appendInterpolation(_ parts: some Sequence<HTML>) { for part in parts { bytes += part.bytes } }
  }
}

extension [UInt8] {
  fileprivate mutating func append(literal: StaticString) {
    literal.withUTF8Buffer { append(contentsOf: $0) }
  }

  /// Escapes the five characters that mean something in HTML; control characters, which HTML forbids, become U+FFFD.
  fileprivate mutating func append(escaping text: some StringProtocol) {
    let isContiguous: Void? = text.utf8.withContiguousStorageIfAvailable { append(escaping: $0) }
    if isContiguous == nil { append(escaping: Array(text.utf8)) }
  }

  private mutating func append(escaping text: some RandomAccessCollection<UInt8>) {
    var plainStart = text.startIndex
    for index in text.indices {
      guard let replacement = Self.replacement(of: text[index]) else { continue }
      append(contentsOf: text[plainStart..<index])
      append(literal: replacement)
      plainStart = text.index(after: index)
    }
    append(contentsOf: text[plainStart...])
  }

  /// nil: the byte stands for itself.
  private static func replacement(of byte: UInt8) -> StaticString? {
    switch byte {
    case UInt8(ascii: "&"): "&amp;"
    case UInt8(ascii: "<"): "&lt;"
    case UInt8(ascii: ">"): "&gt;"
    case UInt8(ascii: "\""): "&quot;"
    case UInt8(ascii: "'"): "&#39;"
    case UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): nil
    case 0..<0x20, 0x7F: "\u{FFFD}"
    default: nil
    }
  }
}
