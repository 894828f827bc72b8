/// Percent-decoding of path segments and query parameters (RFC 3986 §2.1, and `+` for a space in queries).
enum FormText {
  /// The text behind `text`; `nil`: a broken percent sign, or not UTF-8.
  static func decoded(_ text: ArraySlice<UInt8>, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard rest.count >= 2, let high = nibble(rest.popFirst()!), let low = nibble(rest.popFirst()!) else {
          return nil
        }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Name and value of each parameter in order; a name alone has an empty value. `nil` stands for a broken one.
  static func pairs(_ query: ArraySlice<UInt8>) -> [(name: String, value: String)?] {
    query.split(separator: UInt8(ascii: "&")).map { pair in
      let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      guard let name = decoded(pair[..<equals], plusIsSpace: true),
        let value = decoded(pair[equals...].dropFirst(), plusIsSpace: true)
      else { return nil }
      return (name, value)
    }
  }

  /// The parameters by name; the first of each counts, broken ones do not.
  static func parameters(_ query: ArraySlice<UInt8>) -> [String: String] {
    Dictionary(pairs(query).compactMap { $0 }.map { ($0.name, $0.value) }) { first, _ in first }
  }

  private static func nibble(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
