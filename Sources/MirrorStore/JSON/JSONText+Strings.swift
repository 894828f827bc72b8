extension JSONText {
  /// Bytes an id may have: longer ones are not ids but an attempt to fill an index.
  static let identifierBytesMax = 512

  /// The string without its escapes; a lone surrogate becomes U+FFFD. nil: not a string.
  var string: String? {
    guard isString else { return nil }
    let inner = bytes.dropFirst().dropLast()
    guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
    return unescaped(inner)
  }

  /// The string as an SQLite text column can hold it: U+0000, which would end it, becomes U+FFFD.
  var columnText: String? {
    guard let string else { return nil }
    return string.utf8.contains(0) ? string.replacing("\0", with: "\u{FFFD}") : string
  }

  /// An id: a string that survives unescaping, or a whole number as written. nil: neither, empty or too long.
  var identifier: String? {
    if integer != nil { return String(decoding: bytes, as: UTF8.self) }
    guard bytes.count <= Self.identifierBytesMax, let string, !string.isEmpty else { return nil }
    return string.unicodeScalars.contains { $0 == "\0" || $0 == "\u{FFFD}" } ? nil : string
  }

  /// Is this a member's name with that meaning, however it was escaped?
  func isName(_ name: String) -> Bool {
    let inner = bytes.dropFirst().dropLast()
    return inner.elementsEqual(name.utf8) || (inner.contains(UInt8(ascii: "\\")) && string == name)
  }

  private func unescaped(_ inner: ArraySlice<UInt8>) -> String {
    var scalars = String.UnicodeScalarView()
    var plain = inner.startIndex
    var at = inner.startIndex
    while at < inner.endIndex {
      guard inner[at] == UInt8(ascii: "\\") else {
        at += 1
        continue
      }
      scalars.append(contentsOf: String(decoding: inner[plain..<at], as: UTF8.self).unicodeScalars)
      scalars.append(Self.escaped(inner, &at))
      plain = at
    }
    scalars.append(contentsOf: String(decoding: inner[plain..<at], as: UTF8.self).unicodeScalars)
    return String(scalars)
  }

  /// The scalar of the escape at `at`, which moves behind it (RFC 8259 §7). One that is cut off, which only damage to the
  /// file can bring about, is U+FFFD.
  private static func escaped(_ inner: ArraySlice<UInt8>, _ at: inout Int) -> Unicode.Scalar {
    guard at + 1 < inner.endIndex else {
      at = inner.endIndex
      return "\u{FFFD}"
    }
    let letter = inner[at + 1]
    at += 2
    switch letter {
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: return Unicode.Scalar(letter)
    }
    guard at + 4 <= inner.endIndex else {
      at = inner.endIndex
      return "\u{FFFD}"
    }
    let first = codeUnit(inner, at)
    at += 4
    guard 0xD800..<0xDC00 ~= first, at + 6 <= inner.endIndex, inner[at] == UInt8(ascii: "\\"),
      inner[at + 1] == UInt8(ascii: "u"), 0xDC00..<0xE000 ~= codeUnit(inner, at + 2)
    else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
    let second = codeUnit(inner, at + 2)
    at += 6
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
  }

  private static func codeUnit(_ inner: ArraySlice<UInt8>, _ at: Int) -> UInt32 {
    inner[at..<at + 4].reduce(0) { $0 << 4 | (hexValue($1) ?? 0) }
  }
}

/// Appends a string as a JSON string (RFC 8259 §7: quotes, backslashes and control characters escaped).
func appendJSONString(_ string: String, to json: inout [UInt8]) {
  json.append(UInt8(ascii: "\""))
  for byte in string.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      json.append(UInt8(ascii: "\\"))
      json.append(byte)
    case 0..<0x20:
      json.append(contentsOf: "\\u00".utf8)
      json.append(hexDigit(byte >> 4))
      json.append(hexDigit(byte & 15))
    default: json.append(byte)
    }
  }
  json.append(UInt8(ascii: "\""))
}

func jsonString(_ string: String) -> [UInt8] {
  var json: [UInt8] = []
  appendJSONString(string, to: &json)
  return json
}

private func hexDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
