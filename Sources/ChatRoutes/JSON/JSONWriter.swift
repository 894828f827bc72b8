extension JSONValue {
  /// The value as compact JSON text in UTF-8; fields are sorted by name, so that equal values give equal bytes.
  public var bytes: [UInt8] {
    var text: [UInt8] = []
    write(to: &text)
    return text
  }

  private func write(to text: inout [UInt8]) {
    switch self {
    case .null: text += "null".utf8
    case .bool(let value): text += (value ? "true" : "false").utf8
    case .number(let literal): text += literal.utf8
    case .string(let value): Self.write(value, to: &text)
    case .array(let elements):
      Self.write(elements, between: "[", and: "]", to: &text) { $0.write(to: &$1) }
    case .object(let fields):
      Self.write(fields.sorted { $0.key < $1.key }, between: "{", and: "}", to: &text) { field, text in
        Self.write(field.key, to: &text)
        text.append(UInt8(ascii: ":"))
        field.value.write(to: &text)
      }
    }
  }

  private static func write<Part>(
    _ parts: [Part], between open: Unicode.Scalar, and close: Unicode.Scalar, to text: inout [UInt8],
    each: (Part, inout [UInt8]) -> Void
  ) {
    text.append(UInt8(ascii: open))
    for (index, part) in parts.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      each(part, &text)
    }
    text.append(UInt8(ascii: close))
  }

  private static func write(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
      case 0x0A: text += "\\n".utf8
      case 0x0D: text += "\\r".utf8
      case 0x09: text += "\\t".utf8
      case 0..<0x20: text += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}

extension JSONValue: CustomStringConvertible {
  /// The JSON text.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}
