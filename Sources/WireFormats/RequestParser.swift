public import HTTPTypes

/// One step of reading requests from a connection; for each request `.head`, any number of `.body`, `.end`.
public enum RequestEvent: Sendable {
  case head(RequestHead, BodyFraming)
  /// The next bytes of the body without its transfer coding, never none.
  case body(ArraySlice<UInt8>)
  /// The request is over. Trailers are only in a chunked body and are not merged into the head's fields.
  case end(trailers: HTTPFields)
}

/// Turns the bytes of a connection into requests (RFC 9112), strictly, without doing any I/O.
///
/// Feed what was received, then take events until there is none. The events do not depend on how the bytes were cut.
/// Between requests the parser holds no memory beyond its own size.
public struct RequestParser: Sendable {
  private enum Phase {
    case betweenRequests, emptyLine, head
    case body(remaining: UInt64)
    case chunked, end
    case failed(HTTPParseError)
  }

  public let limits: HTTPLimits
  private var phase = Phase.betweenRequests
  private var emptyLineCount = 0
  private var head = HeadScanner()
  private var chunks = ChunkScanner()
  private(set) var buffer: [UInt8] = []
  /// What lies before it in the buffer was used already.
  private var readIndex = 0
  private var refusedHEAD = false

  /// - Precondition: The limits of what is held whole are below 2 GiB: offsets are 32 bits wide.
  public init(limits: HTTPLimits = HTTPLimits()) {
    let held = [limits.headBytesMax, limits.trailerBytesMax, limits.targetBytesMax, limits.fieldBytesMax]
    precondition(held.allSatisfy { $0 < Int(Int32.max) }, "a limit is too large")
    self.limits = limits
  }

  /// Takes over bytes that were received. After an error they are ignored.
  public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
    if case .failed = phase { return }
    reclaim()
    buffer.append(contentsOf: bytes)
  }

  /// Takes over bytes that were received. After an error they are ignored.
  public mutating func feed(_ bytes: some Collection<UInt8>) {
    if case .failed = phase { return }
    reclaim()
    buffer.append(contentsOf: bytes)
  }

  /// The next event of the current request; after `.end` the next request follows.
  /// - Returns: nil: more bytes needed.
  /// - Throws: Why the bytes are refused, and from then on the same error each time: the connection has to be closed.
  public mutating func nextEvent() throws(HTTPParseError) -> RequestEvent? {
    do throws(HTTPParseError) {
      return try step()
    } catch {
      refusedHEAD = refusedHEAD || isToHEAD
      phase = .failed(error)
      (buffer, readIndex) = ([], 0)
      (head, chunks) = (HeadScanner(), ChunkScanner())
      throw error
    }
  }

  /// Whether nothing was seen of a next request, so that the connection can be closed without losing one.
  public var isBetweenRequests: Bool {
    if case .betweenRequests = phase { bufferedBytes == 0 } else { false }
  }

  /// Whether the request whose head is unfinished or was refused is a HEAD, as far as it came: the answer to it has no body
  /// (RFC 9110 §9.3.2).
  public var isToHEAD: Bool {
    switch phase {
    case .head: buffer[readIndex...].starts(with: "HEAD ".utf8)
    case .failed: refusedHEAD
    default: false
    }
  }

  /// How many bytes were fed and not yet used.
  public var bufferedBytes: Int { buffer.count - readIndex }
}

extension RequestParser {
  private mutating func step() throws(HTTPParseError) -> RequestEvent? {
    switch phase {
    case .failed(let error): throw error
    case .betweenRequests, .emptyLine: return try skipEmptyLines() ? nextHead() : nil
    case .head: return try nextHead()
    case .body(let remaining): return nextBody(remaining)
    case .chunked: return try nextChunk()
    case .end: return finish(trailers: HTTPFields())
    }
  }

  /// Skips CR LF before a request line (RFC 9112 §2.2).
  /// - Returns: Whether a request line begins.
  private mutating func skipEmptyLines() throws(HTTPParseError) -> Bool {
    while readIndex < buffer.count {
      let byte = buffer[readIndex]
      if case .emptyLine = phase {
        guard byte == ASCII.lineFeed else { throw .invalidLineEnd }
        phase = .betweenRequests
      } else {
        guard byte != ASCII.lineFeed else { throw .invalidLineEnd }
        guard byte == ASCII.carriageReturn else {
          phase = .head
          return true
        }
        guard emptyLineCount < limits.emptyLineCountMax else {
          throw .tooManyEmptyLines(limit: limits.emptyLineCountMax)
        }
        emptyLineCount += 1
        phase = .emptyLine
      }
      readIndex += 1
    }
    reclaim()
    return false
  }

  private mutating func nextHead() throws(HTTPParseError) -> RequestEvent? {
    let unread = buffer[readIndex...]
    guard let line = try head.advance(unread.span, limits: limits) else { return nil }
    let request = RequestHead(bytes: take(head.position), line: line, ranges: head.fields.fields)
    head = HeadScanner()
    do throws(HTTPParseError) {
      return .head(request, try begin(request))
    } catch {
      refusedHEAD = request.hasMethod("HEAD")
      throw error
    }
  }

  /// Judges a whole head and goes on to its body.
  private mutating func begin(_ request: RequestHead) throws(HTTPParseError) -> BodyFraming {
    try request.checkHost()
    let framing = try BodyFraming(of: request)
    switch framing {
    case .none, .length(0): phase = .end
    case .length(let length):
      guard length <= limits.bodyBytesMax else { throw .bodyTooLong(limit: limits.bodyBytesMax) }
      phase = .body(remaining: length)
    case .chunked: phase = .chunked
    }
    return framing
  }

  private mutating func nextBody(_ remaining: UInt64) -> RequestEvent? {
    guard remaining > 0 else { return finish(trailers: HTTPFields()) }
    guard bufferedBytes > 0 else { return nil }
    let count = Int(min(remaining, UInt64(bufferedBytes)))
    phase = .body(remaining: remaining - UInt64(count))
    let start = readIndex
    return .body(use(count, keeping: start..<start + count))
  }

  private mutating func nextChunk() throws(HTTPParseError) -> RequestEvent? {
    let start = readIndex
    let unread = buffer[start...]
    var position = 0
    let step = try chunks.advance(unread.span, from: &position, limits: limits)
    switch step {
    case .needsMore:
      _ = use(position, keeping: start..<start)
      return nil
    case .body(let range):
      return .body(use(position, keeping: start + range.lowerBound..<start + range.upperBound))
    case .end(let trailers):
      readIndex += position
      return finish(trailers: trailers)
    }
  }

  private mutating func finish(trailers: HTTPFields) -> RequestEvent {
    phase = .betweenRequests
    emptyLineCount = 0
    chunks = ChunkScanner()
    reclaim()
    return .end(trailers: trailers)
  }
}

extension RequestParser {
  /// Moves `count` unread bytes out: without copying when the buffer holds nothing else.
  private mutating func take(_ count: Int) -> [UInt8] {
    if readIndex == 0, count == buffer.count {
      let all = buffer
      buffer = []
      return all
    }
    let taken = Array(buffer[readIndex..<readIndex + count])
    readIndex += count
    return taken
  }

  /// Marks `count` bytes as used and gives a slice of the buffer, which is let go when all of it was used.
  private mutating func use(_ count: Int, keeping range: Range<Int>) -> ArraySlice<UInt8> {
    let slice = buffer[range]
    readIndex += count
    if readIndex == buffer.count { (buffer, readIndex) = ([], 0) }
    return slice
  }

  /// Drops used bytes once they are at least as many as the unread ones, so that moving these is paid for.
  private mutating func reclaim() {
    guard readIndex > 0, readIndex >= bufferedBytes else { return }
    buffer = bufferedBytes == 0 ? [] : Array(buffer[readIndex...])
    readIndex = 0
  }
}
