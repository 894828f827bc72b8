/// One field line; name and value are the bytes as received, the value without the whitespace around it.
public struct FieldLine: Sendable {
  public let name: ArraySlice<UInt8>
  public let value: ArraySlice<UInt8>

  /// Whether this field has this name, letters compared without their case.
  public func hasName(_ name: StaticString) -> Bool {
    self.name.span.matches(name, in: 0..<self.name.count)
  }
}

/// The field lines of a head in the order they were received.
public struct FieldLines: RandomAccessCollection, Sendable {
  let bytes: [UInt8]
  let ranges: [FieldRange]

  public var startIndex: Int { 0 }
  public var endIndex: Int { ranges.count }

  public subscript(position: Int) -> FieldLine {
    FieldLine(name: bytes[ranges[position].name], value: bytes[ranges[position].value])
  }
}

extension RequestHead {
  /// All field lines, duplicates included.
  public var fields: FieldLines { FieldLines(bytes: bytes, ranges: ranges) }

  /// The value of the first field of this name, letters compared without their case; nil: there is none.
  public func first(_ name: StaticString) -> ArraySlice<UInt8>? {
    guard mayHold(name) else { return nil }
    for range in ranges where bytes.span.matches(name, in: range.name) { return bytes[range.value] }
    return nil
  }

  /// The value of the first field of this name as text; bytes that are not UTF-8 become U+FFFD.
  public func firstText(_ name: StaticString) -> String? {
    first(name).map { String(decoding: $0, as: UTF8.self) }
  }

  /// How many field lines have this name.
  public func count(_ name: StaticString) -> Int {
    guard mayHold(name) else { return 0 }
    var count = 0
    for range in ranges where bytes.span.matches(name, in: range.name) { count += 1 }
    return count
  }

  /// Whether one member of this comma-separated field, over all of its lines, is the token; letter case is ignored.
  ///
  /// Members are compared whole: `close;x` is not `close`.
  public func hasToken(_ token: StaticString, in name: StaticString) -> Bool {
    var found = false
    forEachMember(of: name) { bytes, member in found = found || bytes.matches(token, in: member) }
    return found
  }

  /// Visits the members of a comma-separated field over all of its lines, empty ones too (RFC 9110 §5.6.1).
  func forEachMember(of name: StaticString, _ visit: (Span<UInt8>, Range<Int>) -> Void) {
    guard mayHold(name) else { return }
    let bytes = bytes.span
    for range in ranges where bytes.matches(name, in: range.name) {
      var start = range.value.lowerBound
      for index in range.value where bytes[index] == ASCII.comma {
        visit(bytes, bytes.trimmed(start..<index))
        start = index + 1
      }
      visit(bytes, bytes.trimmed(start..<range.value.upperBound))
    }
  }
}
