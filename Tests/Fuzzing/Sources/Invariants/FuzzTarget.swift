/// What any bytes can be thrown at, with what must hold then.
///
/// For each: events or a typed error and never a trap, an event for every few bytes and never an unbounded loop, and the
/// same events and error however the bytes were cut. The rest is said where it is checked.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// RequestParser: the bytes of a connection.
  case requests
  /// ChunkedDecoder: a chunked body and what follows it.
  case chunks
  /// SSEDecoder, SSELineDecoder and SSEBoundaryScanner: an event stream.
  case events
  /// Inflater: gzip and zlib data.
  case inflate

  /// Feeds the input to the target.
  /// - Parameter input: Steering bytes, see ``SteeredInput``, and behind them what the target is fed with.
  /// - Throws: What does not hold.
  public func check(_ input: [UInt8]) throws(Violation) {
    let input = SteeredInput(input)
    switch self {
    case .requests: try RequestInvariants(input).check()
    case .chunks: try ChunkInvariants(input).check()
    case .events: try EventInvariants(input).check()
    case .inflate: try InflateInvariants(input).check()
    }
  }
}

/// An invariant that does not hold.
public struct Violation: Error, CustomStringConvertible {
  /// What happened, in one short sentence.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// - Throws: The violation `message` unless `holds`.
func require(_ holds: Bool, _ message: @autoclosure () -> String) throws(Violation) {
  guard holds else { throw Violation(message()) }
}
