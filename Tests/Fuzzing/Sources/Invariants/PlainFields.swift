import HTTPTypes
import WireFormats

/// One field line as its bytes, comparable.
struct PlainField: Equatable {
  let name: [UInt8]
  let value: [UInt8]

  init(_ line: FieldLine) {
    (name, value) = (Array(line.name), Array(line.value))
  }

  init(_ field: HTTPField) {
    (name, value) = (Array(field.name.rawName.utf8), field.withUnsafeBytesOfValue { Array($0) })
  }

  /// Reads one line by the grammar (RFC 9112 §5), slowly and with none of the parser's code; nil: it is no field line.
  init?(readingPlainly line: ArraySlice<UInt8>) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return nil }
    name = Array(line[..<colon])
    value = Array(PlainBytes.trimmed(line[(colon + 1)...]))
    guard name.allSatisfy(PlainBytes.isToken), value.allSatisfy(PlainBytes.isValue) else { return nil }
  }

  func hasName(_ wanted: String) -> Bool {
    PlainBytes.lowercased(name) == Array(wanted.utf8)
  }
}

extension [PlainField] {
  /// The values of all fields of this name, which is in lower case.
  func values(of name: String) -> [[UInt8]] { filter { $0.hasName(name) }.map(\.value) }

  /// The members of the comma-separated field of this name, in lower case.
  func members(of name: String) -> [[UInt8]] {
    values(of: name).flatMap { value in
      value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        .map { PlainBytes.lowercased(PlainBytes.trimmed($0)) }
    }
  }

  func hasMember(_ member: String, of name: String) -> Bool { members(of: name).contains([UInt8](member.utf8)) }
}

extension HTTPFields {
  init(_ fields: [PlainField]) throws(Violation) {
    self.init()
    for field in fields {
      guard let name = HTTPField.Name(String(decoding: field.name, as: UTF8.self)) else {
        throw Violation("a field's name is none")
      }
      append(HTTPField(name: name, value: field.value))
    }
  }
}

/// Bytes looked at the slow way, as the grammars say it.
enum PlainBytes {
  private static let tokens = Set(
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
  private static let isTokenTable = (UInt8.min...UInt8.max).map { tokens.contains($0) }

  static func isToken(_ byte: UInt8) -> Bool { isTokenTable[Int(byte)] }

  static func isValue(_ byte: UInt8) -> Bool { byte == 0x09 || (0x20...0x7E).contains(byte) || byte >= 0x80 }

  static func isVisible(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  static func lowercased(_ bytes: some Collection<UInt8>) -> [UInt8] {
    bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
  }

  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return [] }
    return bytes[first...last]
  }

  /// The number that digits of this base stand for; nil: there are none, other bytes, or it has more than 64 bits.
  static func number(_ digits: ArraySlice<UInt8>, radix: Int) -> UInt64? {
    guard !digits.isEmpty, digits.allSatisfy({ isDigit($0) || (radix == 16 && isHexadecimalLetter($0)) }) else {
      return nil
    }
    return UInt64(String(decoding: digits, as: UTF8.self), radix: radix)
  }

  private static func isHexadecimalLetter(_ byte: UInt8) -> Bool { (0x61...0x66).contains(byte | 0x20) }

  /// The lines in front of the first empty one and where that one ends; nil: there is none, or a CR or LF stands alone.
  static func section(at start: Int, of bytes: ArraySlice<UInt8>) -> (lines: [ArraySlice<UInt8>], end: Int)? {
    var lines: [ArraySlice<UInt8>] = []
    var start = start
    while let line = line(at: start, of: bytes) {
      start = line.endIndex + 2
      if line.isEmpty { return (lines, start) }
      lines.append(line)
    }
    return nil
  }

  /// The line that begins at `start`; nil: no CR LF ends it, or a CR or LF stands alone.
  static func line(at start: Int, of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let end = bytes[start...].firstIndex(where: { $0 == 0x0D || $0 == 0x0A }) else { return nil }
    return bytes[end...].starts(with: [0x0D, 0x0A]) ? bytes[start..<end] : nil
  }
}
