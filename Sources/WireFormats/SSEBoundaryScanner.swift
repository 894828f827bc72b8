/// Finds where whole events end in the bytes of an event stream, without decoding them: the relay cuts its writes there.
///
/// An event ends behind its empty line, whatever mixture of CR, LF and CR LF ends the lines.
public struct SSEBoundaryScanner: Sendable {
  private enum LineEnd: UInt8 { case lineFeed, carriageReturn, both }

  private var lineIsEmpty = true
  private var lastLineEnd = LineEnd.lineFeed
  /// The last byte was a CR; an LF now would belong to it.
  private var isBehindReturn = false
  /// The line which that CR ended was empty.
  private var returnEndedEvent = false

  public init() {}

  /// Reads the next piece of the stream.
  ///
  /// In a CR LF stream an empty line's CR at the end of the piece does not count yet: its LF is about to come and belongs
  /// in the same write. It counts at once when the line before it ended otherwise, since then no LF may ever follow.
  /// - Returns: How many bytes of this piece belong to events that are whole with it; nil: none ended here. 0 when the
  ///   piece shows that an event ended with the last piece's CR.
  public mutating func lastBoundary(in bytes: some Collection<UInt8>) -> Int? {
    if let found = bytes.withContiguousStorageIfAvailable({ scan($0.span) }) { return found }
    return scan(Array(bytes).span)
  }

  private mutating func scan(_ bytes: Span<UInt8>) -> Int? {
    var boundary: Int?
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if isBehindReturn {
        isBehindReturn = false
        let isPair = byte == ASCII.lineFeed
        if returnEndedEvent { boundary = isPair ? index + 1 : index }
        lastLineEnd = isPair ? .both : .carriageReturn
        if isPair {
          index += 1
          continue
        }
      }
      switch byte {
      case ASCII.lineFeed:
        if lineIsEmpty { boundary = index + 1 }
        (lineIsEmpty, lastLineEnd) = (true, .lineFeed)
        index += 1
      case ASCII.carriageReturn:
        (isBehindReturn, returnEndedEvent) = (true, lineIsEmpty)
        if lineIsEmpty, lastLineEnd != .both { boundary = index + 1 }
        lineIsEmpty = true
        index += 1
      default:
        lineIsEmpty = false
        index = bytes.endOfLine(from: index + 1)
      }
    }
    return boundary
  }
}
