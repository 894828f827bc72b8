/// Where the parts of a request line are, as offsets into the head's bytes, and what form its target has.
struct RequestLine: Sendable {
  var methodEnd: UInt32 = 0
  var targetEnd: UInt32 = 0
  var version = HTTPVersion.http1_1
  var form = TargetForm.origin

  var method: Range<Int> { 0..<Int(methodEnd) }
  var target: Range<Int> { Int(methodEnd) + 1..<Int(targetEnd) }
}

/// Reads a request line (RFC 9112 §3) out of bytes that may end anywhere, and goes on where it stopped.
///
/// Each byte is judged when it is reached, so what is thrown does not depend on how the bytes were cut.
struct RequestLineScanner: Sendable {
  private enum Phase: UInt8 { case method, target, version, lineFeed, done }

  private var phase = Phase.method
  private var line = RequestLine()
  private var minorVersion: UInt8 = 0
  private var majorVersion: UInt8 = 0
  private(set) var position = 0

  /// Reads on in `bytes`, the whole head as far as it is known.
  /// - Returns: The line once its line end was read. nil: more bytes needed.
  mutating func advance(_ bytes: Span<UInt8>, limits: HTTPLimits) throws(HTTPParseError) -> RequestLine? {
    let end = min(bytes.count, limits.headBytesMax)
    while position < end {
      switch phase {
      case .method: try scanMethod(bytes, to: end, limits)
      case .target: try scanTarget(bytes, to: end, limits)
      case .version: try scanVersion(bytes, to: end)
      case .lineFeed:
        guard bytes[position] == ASCII.lineFeed else { throw .invalidLineEnd }
        position += 1
        phase = .done
        try judge(bytes)
        return line
      case .done: return line
      }
    }
    if bytes.count > limits.headBytesMax { throw .headTooLong(limit: limits.headBytesMax) }
    return nil
  }

  private mutating func scanMethod(_ bytes: Span<UInt8>, to end: Int, _ limits: HTTPLimits) throws(HTTPParseError) {
    while position < end, bytes[position].isTokenCharacter, position <= limits.methodBytesMax { position += 1 }
    guard position <= limits.methodBytesMax else { throw .methodTooLong(limit: limits.methodBytesMax) }
    guard position < end else { return }
    guard bytes[position] == ASCII.space, position > 0 else { throw .invalidMethod }
    line.methodEnd = UInt32(position)
    position += 1
    phase = .target
  }

  private mutating func scanTarget(_ bytes: Span<UInt8>, to end: Int, _ limits: HTTPLimits) throws(HTTPParseError) {
    let start = Int(line.methodEnd) + 1
    let limit = start + limits.targetBytesMax
    position = bytes.endOfTarget(from: position, to: min(end, limit))
    guard position < end else { return }
    guard bytes[position] == ASCII.space else {
      throw bytes[position].isTargetCharacter ? .targetTooLong(limit: limits.targetBytesMax) : .invalidTarget
    }
    guard position > start else { throw .invalidTarget }
    line.targetEnd = UInt32(position)
    position += 1
    phase = .version
  }

  /// `HTTP/` digit `.` digit, then CR: one space too many or a missing version fails here as well.
  private mutating func scanVersion(_ bytes: Span<UInt8>, to end: Int) throws(HTTPParseError) {
    let start = Int(line.targetEnd) + 1
    while position < end, phase == .version {
      let byte = bytes[position]
      switch position - start {
      case 0: guard byte == UInt8(ascii: "H") else { throw .invalidVersion }
      case 1, 2: guard byte == UInt8(ascii: "T") else { throw .invalidVersion }
      case 3: guard byte == UInt8(ascii: "P") else { throw .invalidVersion }
      case 4: guard byte == ASCII.slash else { throw .invalidVersion }
      case 5:
        guard byte.isDigit else { throw .invalidVersion }
        majorVersion = byte &- 0x30
      case 6: guard byte == UInt8(ascii: ".") else { throw .invalidVersion }
      case 7:
        guard byte.isDigit else { throw .invalidVersion }
        minorVersion = byte &- 0x30
      default:
        guard byte != ASCII.lineFeed else { throw .invalidLineEnd }
        guard byte == ASCII.carriageReturn else { throw .invalidVersion }
        phase = .lineFeed
      }
      position += 1
    }
  }

  /// Decides about the line as a whole: the version first, so that an HTTP/2 preface is told to use HTTP/1.1.
  private mutating func judge(_ bytes: Span<UInt8>) throws(HTTPParseError) {
    switch (majorVersion, minorVersion) {
    case (1, 0): line.version = .http1_0
    // A higher minor version is spoken to as the highest one known (RFC 9110 §2.5).
    case (1, _): line.version = .http1_1
    default: throw .unsupportedVersion
    }
    if bytes.equals("CONNECT", in: line.method) || bytes.equals("TRACE", in: line.method) {
      throw .methodNotImplemented
    }
    line.form = try TargetForm(of: line.target, method: line.method, in: bytes)
  }
}
