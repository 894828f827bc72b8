/// Reads a request's line and fields out of bytes that may end anywhere, and goes on where it stopped.
struct HeadScanner: Sendable {
  private var lineScanner = RequestLineScanner()
  private var line: RequestLine?
  private(set) var fields = FieldSectionScanner()

  /// How far the head has been read; after success, its length.
  var position: Int { line == nil ? lineScanner.position : fields.position }

  /// Reads on in `bytes`, which begin with the head.
  /// - Returns: The request line once the whole head was read. nil: more bytes needed.
  mutating func advance(_ bytes: Span<UInt8>, limits: HTTPLimits) throws(HTTPParseError) -> RequestLine? {
    if line == nil {
      line = try lineScanner.advance(bytes, limits: limits)
      fields = FieldSectionScanner(from: lineScanner.position)
    }
    guard let line else { return nil }
    let limit = limits.headBytesMax
    let isComplete = try fields.advance(
      bytes, limits: limits, sectionEndMax: limit, overflow: .headTooLong(limit: limit))
    return isComplete ? line : nil
  }
}
