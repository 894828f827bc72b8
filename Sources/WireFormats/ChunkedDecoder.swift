public import HTTPTypes

/// Takes the chunked coding off a body (RFC 9112 §7.1).
///
/// It keeps no body bytes, only the trailer section while that is incomplete. After an error it must not be used again.
public struct ChunkedDecoder: Sendable {
  /// What was found next.
  public enum Event: Sendable, Equatable {
    /// Bytes of the body, never none; a slice of the input.
    case body(ArraySlice<UInt8>)
    /// The body is over. Trailers are kept apart: merging them into the head would let them override what was checked.
    case end(trailers: HTTPFields)
  }

  private let limits: HTTPLimits
  private var scanner = ChunkScanner()

  public init(limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
  }

  /// Decodes what comes next at the front of `input` and removes the bytes it used.
  /// - Returns: nil: all of `input` was used, more bytes needed. After `.end` the rest of `input` belongs to the next message.
  public mutating func nextEvent(from input: inout ArraySlice<UInt8>) throws(HTTPParseError) -> Event? {
    var position = 0
    let step = try scanner.advance(input.span, from: &position, limits: limits)
    let start = input.startIndex
    defer { input = input.dropFirst(position) }
    switch step {
    case .needsMore: return nil
    case .body(let range): return .body(input[start + range.lowerBound..<start + range.upperBound])
    case .end(let trailers): return .end(trailers: trailers)
    }
  }
}
