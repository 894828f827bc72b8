/// Why an event stream is not decoded any further.
public enum SSEError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A line, or the data of one event, goes beyond the limit in bytes.
  case eventTooLong(limit: Int)

  public var description: String {
    switch self {
    case .eventTooLong(let limit):
      "an event of the stream is longer than \(limit) bytes. Decode it with a higher limit or relay it undecoded."
    }
  }
}

/// Cuts an event stream into lines: CR LF, LF and CR end one, in any mixture, and a BOM at the start is dropped
/// (WHATWG HTML §9.2.5).
public struct SSELineDecoder: Sendable {
  private let lineBytesMax: Int
  private var buffer: [UInt8] = []
  private var readIndex = 0
  private var scanIndex = 0
  private var isAtStart = true
  private var lastEndedWithReturn = false

  public init(lineBytesMax: Int = 4 << 20) {
    self.lineBytesMax = lineBytesMax
  }

  /// Takes over bytes that were received.
  public mutating func feed(_ bytes: some Collection<UInt8>) {
    reclaim()
    buffer.append(contentsOf: bytes)
  }

  /// The same for an array, without the look-ups that generic code makes for each piece.
  public mutating func feed(_ bytes: [UInt8]) {
    reclaim()
    buffer.append(contentsOf: bytes)
  }

  /// The next line without its end.
  ///
  /// A CR ends its line at once; should an LF follow it, in the next piece perhaps, it is skipped then.
  /// - Returns: nil: more bytes needed.
  public mutating func nextLine() throws(SSEError) -> ArraySlice<UInt8>? {
    guard skipMark() else { return nil }
    skipLineFeedAfterReturn()
    let end = buffer.span.endOfLine(from: scanIndex)
    guard end - readIndex <= lineBytesMax else { throw .eventTooLong(limit: lineBytesMax) }
    scanIndex = end
    guard end < buffer.count else { return nil }
    let line = buffer[readIndex..<end]
    lastEndedWithReturn = buffer[end] == ASCII.carriageReturn
    readIndex = end + 1
    scanIndex = readIndex
    return line
  }

  /// How many bytes were fed that belong to no line yet.
  public var bufferedBytes: Int { buffer.count - readIndex }

  /// - Returns: Whether it is known that no byte order mark is in front.
  private mutating func skipMark() -> Bool {
    guard isAtStart else { return true }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    guard !buffer.starts(with: mark) else {
      readIndex = mark.count
      scanIndex = readIndex
      isAtStart = false
      return true
    }
    guard !mark.starts(with: buffer) else { return false }
    isAtStart = false
    return true
  }

  private mutating func skipLineFeedAfterReturn() {
    guard lastEndedWithReturn, readIndex < buffer.count else { return }
    lastEndedWithReturn = false
    guard buffer[readIndex] == ASCII.lineFeed else { return }
    readIndex += 1
    scanIndex = readIndex
  }

  /// Drops used bytes once they are at least as many as the unread ones, so that moving these is paid for.
  private mutating func reclaim() {
    guard readIndex > 0, readIndex >= bufferedBytes else { return }
    buffer = bufferedBytes == 0 ? [] : Array(buffer[readIndex...])
    scanIndex -= readIndex
    readIndex = 0
  }
}
