/// Where one field line's name and value are, as offsets into the bytes of its section.
struct FieldRange: Sendable {
  var nameStart: UInt32
  var nameEnd: UInt32
  var valueStart: UInt32
  var valueEnd: UInt32

  @inline(__always)
  var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
  @inline(__always)
  var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}

/// Reads field lines up to the empty line (RFC 9112 §5) out of bytes that may end anywhere, and goes on where it stopped.
///
/// Used for the head's fields and for trailers. Each byte is judged when it is reached, so what is thrown does not
/// depend on how the bytes were cut, and no byte is looked at twice.
struct FieldSectionScanner: Sendable {
  private enum Phase: UInt8 { case lineStart, name, valueStart, value, lineFeed, lastLineFeed, done }

  private var phase = Phase.lineStart
  private var current = FieldRange(nameStart: 0, nameEnd: 0, valueStart: 0, valueEnd: 0)
  private(set) var position: Int
  private(set) var fields: [FieldRange] = []

  init(from position: Int = 0) {
    self.position = position
  }

  /// Reads on in `bytes`; offsets and `sectionEndMax` count from its start.
  /// - Parameter overflow: What to throw when the section goes beyond `sectionEndMax`.
  /// - Returns: Whether the empty line was read. false: more bytes needed.
  mutating func advance(
    _ bytes: Span<UInt8>, limits: HTTPLimits, sectionEndMax: Int, overflow: HTTPParseError
  ) throws(HTTPParseError) -> Bool {
    let end = min(bytes.count, sectionEndMax)
    while position < end {
      switch phase {
      case .lineStart: try startLine(bytes[position], limits)
      case .name: try scanName(bytes, to: end, limits)
      case .valueStart: try skipWhitespace(bytes, to: end, limits)
      case .value: try scanValue(bytes, to: end, limits)
      case .lineFeed:
        guard bytes[position] == ASCII.lineFeed else { throw .invalidLineEnd }
        position += 1
        phase = .lineStart
      case .lastLineFeed:
        guard bytes[position] == ASCII.lineFeed else { throw .invalidLineEnd }
        position += 1
        phase = .done
        return true
      case .done: return true
      }
    }
    if bytes.count > sectionEndMax { throw overflow }
    return false
  }

  private mutating func startLine(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPParseError) {
    if byte == ASCII.carriageReturn {
      position += 1
      phase = .lastLineFeed
      return
    }
    guard byte != ASCII.lineFeed else { throw .invalidLineEnd }
    guard !byte.isWhitespace else { throw .foldedField }
    guard byte.isTokenCharacter else { throw .invalidFieldName }
    guard fields.count < limits.fieldCountMax else { throw .tooManyFields(limit: limits.fieldCountMax) }
    if fields.isEmpty { fields.reserveCapacity(16) }
    current.nameStart = UInt32(position)
    phase = .name
  }

  private mutating func scanName(_ bytes: Span<UInt8>, to end: Int, _ limits: HTTPLimits) throws(HTTPParseError) {
    let lineEndMax = lineEndMax(limits)
    let stop = min(end, lineEndMax)
    while position < stop, bytes[position].isTokenCharacter { position += 1 }
    guard position < end else { return }
    guard position < lineEndMax else { throw .fieldTooLong(limit: limits.fieldBytesMax) }
    guard bytes[position] == ASCII.colon else {
      throw bytes[position].isWhitespace ? .whitespaceBeforeColon : .invalidFieldName
    }
    current.nameEnd = UInt32(position)
    position += 1
    phase = .valueStart
  }

  private mutating func skipWhitespace(_ bytes: Span<UInt8>, to end: Int, _ limits: HTTPLimits) throws(HTTPParseError) {
    while position < end, bytes[position].isWhitespace { position += 1 }
    guard position <= lineEndMax(limits) else { throw .fieldTooLong(limit: limits.fieldBytesMax) }
    guard position < end else { return }
    current.valueStart = UInt32(position)
    phase = .value
  }

  private mutating func scanValue(_ bytes: Span<UInt8>, to end: Int, _ limits: HTTPLimits) throws(HTTPParseError) {
    position = bytes.endOfValue(from: position, to: min(end, lineEndMax(limits)))
    guard position < end else { return }
    switch bytes[position] {
    case ASCII.carriageReturn: finishLine(bytes)
    case ASCII.lineFeed: throw .invalidLineEnd
    case let byte where byte.isValueCharacter: throw .fieldTooLong(limit: limits.fieldBytesMax)
    default: throw .invalidFieldValue
    }
  }

  private func lineEndMax(_ limits: HTTPLimits) -> Int { Int(current.nameStart) + limits.fieldBytesMax }

  private mutating func finishLine(_ bytes: Span<UInt8>) {
    var valueEnd = position
    while valueEnd > Int(current.valueStart), bytes[valueEnd - 1].isWhitespace { valueEnd -= 1 }
    current.valueEnd = UInt32(valueEnd)
    fields.append(current)
    position += 1
    phase = .lineFeed
  }
}
