import WireFormats

/// All that a parser made of some bytes, body parts joined, so that it can be compared however the bytes were cut.
struct RequestReading: Equatable {
  struct Request: Equatable {
    let head: HeadParts
    let framing: BodyFraming
    /// Where the head was.
    let headRange: Range<Int>
    var body: [UInt8] = []
    /// nil: the request has not ended.
    var end: End?
  }

  struct End: Equatable {
    let trailers: [PlainField]
    /// Behind the request's last byte.
    let index: Int
  }

  var requests: [Request] = []
  var error: HTTPParseError?
  var isBetweenRequests = false

  /// The request whose end was not seen.
  var openRequest: Request? { requests.last.flatMap { $0.end == nil ? $0 : nil } }
}

/// Feeds a parser and writes down what it gives; what each single event has to obey is checked here.
struct RequestReader {
  private let source: ArraySlice<UInt8>
  private var parser: RequestParser
  private var reading = RequestReading()
  /// Behind the last byte of the source that was fed.
  private var fedEnd: Int

  /// Reads all of `source`, fed in pieces that make it up.
  static func reading(
    of source: ArraySlice<UInt8>, in pieces: [ArraySlice<UInt8>], limits: HTTPLimits, eventsPerPiece: Int = .max
  ) throws(Violation) -> RequestReading {
    var reader = RequestReader(source, limits)
    for piece in pieces {
      reader.parser.feed(piece)
      reader.fedEnd += piece.count
      try reader.takeEvents(upTo: eventsPerPiece)
    }
    try reader.takeEvents(upTo: .max)
    reader.reading.isBetweenRequests = reader.parser.isBetweenRequests
    return reader.reading
  }

  /// Reads all of `source`, fed at once, as the server does it.
  static func reading(of source: ArraySlice<UInt8>, limits: HTTPLimits) throws(Violation) -> RequestReading {
    var reader = RequestReader(source, limits)
    source.withUnsafeBytes { reader.parser.feed($0) }
    reader.fedEnd = source.endIndex
    try reader.takeEvents(upTo: .max)
    reader.reading.isBetweenRequests = reader.parser.isBetweenRequests
    return reader.reading
  }

  private init(_ source: ArraySlice<UInt8>, _ limits: HTTPLimits) {
    self.source = source
    parser = RequestParser(limits: limits)
    fedEnd = source.startIndex
  }

  private mutating func takeEvents(upTo countMax: Int) throws(Violation) {
    var count = 0
    while count < countMax, reading.error == nil {
      let before = parser.bufferedBytes
      let event: RequestEvent?
      do throws(HTTPParseError) {
        event = try parser.nextEvent()
      } catch {
        return try fail(error)
      }
      guard let event else { return try checkWaiting() }
      try take(event, usedBytes: before - parser.bufferedBytes)
      count += 1
    }
  }

  private mutating func take(_ event: RequestEvent, usedBytes: Int) throws(Violation) {
    let position = fedEnd - parser.bufferedBytes
    switch event {
    case .head(let head, let framing):
      try require(reading.openRequest == nil, "a head inside a request")
      try require(!head.bytes.isEmpty && usedBytes >= head.bytes.count, "a head out of nothing")
      let range = position - head.bytes.count..<position
      try require(
        range.lowerBound >= takenEnd && source[range].elementsEqual(head.bytes), "a head that is not what was fed")
      reading.requests.append(RequestReading.Request(head: HeadParts(head), framing: framing, headRange: range))
      try require(
        head.httpFields().map { PlainField($0) } == reading.requests.last?.head.fields, "HTTPFields that differ")
    case .body(let part):
      try require(reading.openRequest != nil, "a body outside a request")
      try require(!part.isEmpty && usedBytes >= part.count, "a body part out of nothing")
      let range = position - part.count..<position
      try require(
        range.lowerBound >= takenEnd && source[range].elementsEqual(part), "a body part that is not what was fed")
      reading.requests[reading.requests.count - 1].body += part
    case .end(let trailers):
      try require(reading.openRequest != nil, "an end outside a request")
      let end = RequestReading.End(trailers: trailers.map { PlainField($0) }, index: position)
      reading.requests[reading.requests.count - 1].end = end
    }
  }

  /// Where the last event that has bytes ended, at the least.
  private var takenEnd: Int {
    reading.requests.last.map { $0.end?.index ?? $0.headRange.upperBound + $0.body.count } ?? source.startIndex
  }

  /// A parser that wants more holds an unfinished head at most, and goes on wanting.
  private mutating func checkWaiting() throws(Violation) {
    let held = parser.bufferedBytes
    let heldMax = reading.openRequest == nil ? parser.limits.headBytesMax : 0
    try require(held <= heldMax, "\(held) bytes are held")
    let again = try? parser.nextEvent()
    try require(again == nil && parser.bufferedBytes == held, "an event behind the last one")
    try require(
      !parser.isBetweenRequests || (reading.openRequest == nil && held == 0), "between requests inside of one")
  }

  /// A failed parser stays failed and holds nothing.
  private mutating func fail(_ failure: HTTPParseError) throws(Violation) {
    reading.error = failure
    parser.feed(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    var again: HTTPParseError?
    do throws(HTTPParseError) { _ = try parser.nextEvent() } catch { again = error }
    try require(again == failure, "no error or another one after \(failure)")
    try require(parser.bufferedBytes == 0 && !parser.isBetweenRequests, "a failed parser that holds something")
  }
}
