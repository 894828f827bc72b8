import HTTPTypes

/// The state of a chunked body between two pieces of it: a few numbers, and the trailer section while it is incomplete.
///
/// Strict where leniency has been used for smuggling: no sign, prefix or whitespace around a size, no bare CR or LF
/// anywhere, extensions skipped but bounded.
struct ChunkScanner: Sendable {
  enum Step {
    case needsMore
    /// Where the body's bytes are in the bytes that were given.
    case body(Range<Int>)
    case end(HTTPFields)
  }

  private enum Phase: UInt8 {
    case sizeStart, size, `extension`, sizeLineFeed, data, dataReturn, dataLineFeed, trailerStart, lastLineFeed
    case trailers, done
  }

  private var phase = Phase.sizeStart
  /// Of the size line: the number so far. In the data: the bytes that are still to come.
  private var remaining: UInt64 = 0
  private var bodyBytes: UInt64 = 0
  private var lineBytes = 0
  private var overhead = 0
  private var trailerBytes: [UInt8] = []
  private var trailerFields = FieldSectionScanner()

  /// Reads on in `bytes` from `position`, which moves behind what was used.
  mutating func advance(
    _ bytes: Span<UInt8>, from position: inout Int, limits: HTTPLimits
  ) throws(HTTPParseError) -> Step {
    while position < bytes.count {
      let byte = bytes[position]
      switch phase {
      case .sizeStart, .size, .extension:
        try scanSizeLine(byte, limits)
      case .sizeLineFeed:
        guard byte == ASCII.lineFeed else { throw .invalidChunk }
        try finishSizeLine(limits)
      case .data:
        return takeData(bytes.count, &position)
      case .dataReturn:
        guard byte == ASCII.carriageReturn else { throw .invalidChunk }
        phase = .dataLineFeed
      case .dataLineFeed:
        guard byte == ASCII.lineFeed else { throw .invalidChunk }
        phase = .sizeStart
      case .trailerStart where byte == ASCII.carriageReturn:
        phase = .lastLineFeed
      case .lastLineFeed:
        guard byte == ASCII.lineFeed else { throw .invalidLineEnd }
        position += 1
        phase = .done
        return .end([:])
      case .trailerStart, .trailers:
        phase = .trailers
        return try scanTrailers(bytes, &position, limits)
      case .done:
        return .end([:])
      }
      position += 1
    }
    return .needsMore
  }

  private mutating func scanSizeLine(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPParseError) {
    if phase == .sizeStart {
      guard byte.hexadecimalValue != nil else { throw .invalidChunk }
      (phase, remaining, lineBytes) = (.size, 0, 0)
    }
    if byte == ASCII.carriageReturn {
      phase = .sizeLineFeed
      return
    }
    lineBytes += 1
    guard lineBytes <= limits.chunkLineBytesMax else { throw .chunkLineTooLong(limit: limits.chunkLineBytesMax) }
    if phase == .extension {
      guard byte.isValueCharacter else { throw .invalidChunk }
    } else if let digit = byte.hexadecimalValue {
      guard remaining >> 60 == 0 else { throw .invalidChunk }
      remaining = remaining << 4 | UInt64(digit)
    } else {
      guard byte == UInt8(ascii: ";") else { throw .invalidChunk }
      phase = .extension
    }
  }

  private mutating func finishSizeLine(_ limits: HTTPLimits) throws(HTTPParseError) {
    guard remaining <= limits.bodyBytesMax - bodyBytes else { throw .bodyTooLong(limit: limits.bodyBytesMax) }
    bodyBytes += remaining
    let allowance = 16 + 2 * min(remaining, UInt64(limits.chunkOverheadBytesMax) + 16)
    overhead = max(0, overhead + lineBytes - Int(allowance))
    guard overhead <= limits.chunkOverheadBytesMax else {
      throw .tooMuchChunkOverhead(limit: limits.chunkOverheadBytesMax)
    }
    phase = remaining == 0 ? .trailerStart : .data
  }

  private mutating func takeData(_ count: Int, _ position: inout Int) -> Step {
    let taken = Int(min(remaining, UInt64(count - position)))
    let range = position..<position + taken
    remaining -= UInt64(taken)
    if remaining == 0 { phase = .dataReturn }
    position += taken
    return .body(range)
  }

  /// Trailers are collected before they are read, for a line may be cut into several pieces.
  private mutating func scanTrailers(
    _ bytes: Span<UInt8>, _ position: inout Int, _ limits: HTTPLimits
  ) throws(HTTPParseError) -> Step {
    let known = trailerBytes.count
    let end = min(bytes.count, position + limits.trailerBytesMax + 1 - known)
    for index in position..<end { trailerBytes.append(bytes[index]) }
    let limit = limits.trailerBytesMax
    let collected = trailerBytes
    let isComplete = try trailerFields.advance(
      collected.span, limits: limits, sectionEndMax: limit, overflow: .trailersTooLong(limit: limit))
    guard isComplete else {
      position = end
      return .needsMore
    }
    position += trailerFields.position - known
    let fields = HTTPFields(trailerFields.fields, in: trailerBytes)
    (trailerBytes, trailerFields, phase) = ([], FieldSectionScanner(), .done)
    return .end(fields)
  }
}
