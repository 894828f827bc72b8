/// One JSON value as the bytes it was received in: a slice of a document that has been checked.
struct JSONText: Equatable, Sendable {
  let bytes: ArraySlice<UInt8>

  /// Checks a whole document and drops the whitespace around its value.
  init(checking document: [UInt8]) throws(JSONFault) {
    try JSONScanner.check(document)
    self.init(trusted: document[...])
  }

  /// A text that was checked before: what the mirror stored, or a part of such a text.
  init(trusted bytes: ArraySlice<UInt8>) {
    let start = bytes.firstIndex { !isWhitespace($0) } ?? bytes.endIndex
    let end = bytes.lastIndex { !isWhitespace($0) }.map { $0 + 1 } ?? start
    self.bytes = bytes[start..<end]
  }

  var isObject: Bool { bytes.first == UInt8(ascii: "{") }
  var isArray: Bool { bytes.first == UInt8(ascii: "[") }
  var isString: Bool { bytes.first == UInt8(ascii: "\"") }
  var isNull: Bool { bytes.first == UInt8(ascii: "n") }

  /// nil: not a boolean.
  var bool: Bool? {
    switch bytes.first {
    case UInt8(ascii: "t"): true
    case UInt8(ascii: "f"): false
    default: nil
    }
  }

  /// nil: not a number, not whole as written, or outside of Int64.
  var integer: Int64? {
    guard let first = bytes.first, isDigit(first) || first == UInt8(ascii: "-") else { return nil }
    return Int64(String(decoding: bytes, as: UTF8.self))
  }

  /// A number from 0 to a million; nil: something else, or more than an answer can cost.
  var amount: Double? {
    guard let first = bytes.first, isDigit(first) else { return nil }
    return Double(String(decoding: bytes, as: UTF8.self)).flatMap { (0...1_000_000).contains($0) ? $0 : nil }
  }

  /// The values of an array; nil: not an array.
  func elements() -> [JSONText]? {
    guard isArray else { return nil }
    var elements: [JSONText] = []
    var cursor = JSONCursor(inside: bytes)
    while let value = cursor.nextValue() { elements.append(value) }
    return elements
  }

  /// This value as an object; nil: it is something else.
  var object: JSONObject? {
    guard isObject else { return nil }
    var members: [JSONObject.Member] = []
    var cursor = JSONCursor(inside: bytes)
    while let name = cursor.nextValue(), let value = cursor.nextValue() {
      members.append(JSONObject.Member(name: name, value: value))
    }
    return JSONObject(text: self, members: members)
  }
}

/// An object's text with its members cut out, in the order received.
struct JSONObject: Sendable {
  struct Member: Sendable {
    /// With its quotes and escapes, as received.
    let name: JSONText
    let value: JSONText
  }

  let text: JSONText
  let members: [Member]

  /// The value of a member; of several with one name the last, as in Python's and JavaScript's parsers.
  subscript(_ name: String) -> JSONText? {
    members.last { $0.name.isName(name) }?.value
  }

  /// The string a member holds; nil: absent or not a string.
  func string(_ name: String) -> String? {
    self[name]?.string
  }

  func contains(_ name: String) -> Bool {
    self[name] != nil
  }
}

/// Walks over the values between the brackets of a checked container, skipping commas and colons.
///
/// Text that was damaged on the disk gives nonsense or an early end, never a trap.
struct JSONCursor {
  private let bytes: ArraySlice<UInt8>
  private var at: Int

  init(inside container: ArraySlice<UInt8>) {
    bytes = container.dropLast()
    at = min(container.startIndex + 1, bytes.endIndex)
  }

  /// nil: no more.
  mutating func nextValue() -> JSONText? {
    let bytes = bytes
    let span = bytes.span
    var index = at - bytes.startIndex
    while index < span.count,
      isWhitespace(span[index]) || span[index] == UInt8(ascii: ",") || span[index] == UInt8(ascii: ":")
    {
      index += 1
    }
    guard index < span.count else { return nil }
    let start = index + bytes.startIndex
    at = min(Self.endOfValue(span, index), span.count) + bytes.startIndex
    return JSONText(trusted: bytes[start..<at])
  }

  private static func endOfValue(_ text: borrowing Span<UInt8>, _ start: Int) -> Int {
    var index = start
    var depth = 0
    repeat {
      guard index < text.count else { return index }
      switch text[index] {
      case UInt8(ascii: "\""): index = endOfString(text, index)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        index += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        index += 1
      case _ where depth == 0: return endOfScalar(text, index)
      default: index += 1
      }
    } while depth > 0
    return index
  }

  private static func endOfString(_ text: borrowing Span<UInt8>, _ start: Int) -> Int {
    var index = start + 1
    while index < text.count, text[index] != UInt8(ascii: "\"") {
      index += text[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return index + 1
  }

  private static func endOfScalar(_ text: borrowing Span<UInt8>, _ start: Int) -> Int {
    var index = start
    while index < text.count, text[index] != UInt8(ascii: ","), !isWhitespace(text[index]) { index += 1 }
    return index
  }
}
