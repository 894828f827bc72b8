import HTTPTypes
import WireFormats

/// What must hold for the bytes of a connection.
///
/// Beside what RequestReader checks at each event: the cut changes nothing; each request means the same alone; heads and
/// chunked bodies are accepted exactly if the grammar, read by code of its own, and the limits accept them, and with the
/// same parts; what was accepted and is written anew is read as the same. So no name, value or target holds CR, LF or NUL, there is one
/// Host, and never both Content-Length and Transfer-Encoding.
struct RequestInvariants {
  private let input: SteeredInput
  private let bytes: ArraySlice<UInt8>
  private let limits: HTTPLimits

  init(_ input: SteeredInput) {
    self.input = input
    (bytes, limits) = (input.bytes[...], input.limits)
  }

  func check() throws(Violation) {
    let whole = try RequestReader.reading(of: bytes, limits: limits)
    let single = try RequestReader.reading(of: bytes, in: input.singleBytes, limits: limits)
    try require(single == whole, "fed byte by byte, other events")
    let cut = try RequestReader.reading(
      of: bytes, in: input.pieces, limits: limits, eventsPerPiece: input.eventsPerPiece)
    try require(cut == whole, "fed in pieces, other events")
    for request in whole.requests { try check(request) }
    try checkEachAlone(whole)
    try checkRefusal(whole)
  }

  private func check(_ request: RequestReading.Request) throws(Violation) {
    guard let head = PlainHead(reading: bytes[request.headRange]) else {
      throw Violation("a head is accepted that the grammar refuses")
    }
    try require(head.parts == request.head, "parts of a head differ")
    try require(head.framing == request.framing, "framing differs: \(request.framing) instead of \(head.framing)")
    try require(head.end == request.headRange.upperBound, "a head ends elsewhere")
    try require(head.keeps(limits), "a head is accepted that goes beyond a limit")
    try checkBody(of: request)
    try checkWrittenAnew(request)
  }

  private func checkBody(of request: RequestReading.Request) throws(Violation) {
    let start = request.headRange.upperBound
    switch request.framing {
    case .none:
      try require(request.end == RequestReading.End(trailers: [], index: start), "no body, but no end either")
    case .length(let length):
      let end = start + min(Int(length), bytes.endIndex - start)
      try require(request.body.elementsEqual(bytes[start..<end]), "a body that is not what was sent")
      let isWhole = end - start == Int(length)
      let expected = isWhole ? RequestReading.End(trailers: [], index: end) : nil
      try require(request.end == expected, "a body of known length ends elsewhere")
    case .chunked:
      guard let end = request.end else { break }
      guard let chunked = PlainChunkedBody(reading: bytes[start...]) else {
        throw Violation("a chunked body is accepted that the grammar refuses")
      }
      try require(chunked.keeps(limits), "a chunked body is accepted that goes beyond a limit")
      try require(chunked.body == request.body, "a chunked body differs")
      try require(chunked.trailers == end.trailers && chunked.end == end.index, "a chunked body ends otherwise")
    }
  }

  /// Written with the parts that were found and read once more, a request is the same.
  private func checkWrittenAnew(_ request: RequestReading.Request) throws(Violation) {
    var written = request.head.encoded
    if request.framing != .chunked {
      written += request.body
    } else if let end = request.end {
      ResponseEncoder.appendChunk(request.body, to: &written)
      ResponseEncoder.appendLastChunk(trailers: try HTTPFields(end.trailers), to: &written)
    }
    let again = try RequestReader.reading(of: written[...], limits: .wide)
    guard again.error == nil, again.requests.count == 1, let second = again.requests.first else {
      throw Violation("written anew, refused or more than one")
    }
    try require(second.head == request.head && second.framing == request.framing, "written anew, another head")
    try require(second.end?.trailers == request.end?.trailers, "written anew, other trailers")
    let isWhole = request.framing != .chunked || request.end != nil
    try require(!isWhole || second.body == request.body, "written anew, another body")
  }

  /// What came before a request in the connection does not change what it means.
  private func checkEachAlone(_ whole: RequestReading) throws(Violation) {
    guard !whole.requests.isEmpty else { return }
    var start = bytes.startIndex
    for request in whole.requests {
      let end = request.end?.index ?? bytes.endIndex
      let alone = try RequestReader.reading(of: bytes[start..<end], limits: limits)
      try require(alone.requests == [request], "alone, another request")
      try require(alone.error == (request.end == nil ? whole.error : nil), "alone, another error")
      start = end
    }
    let rest = try RequestReader.reading(of: bytes[start...], limits: limits)
    let isOpen = whole.openRequest != nil
    try require(rest.requests.isEmpty && rest.error == (isOpen ? nil : whole.error), "the rest alone, another reading")
  }

  /// What was not accepted is no whole request either, or goes beyond a limit.
  private func checkRefusal(_ whole: RequestReading) throws(Violation) {
    if let open = whole.openRequest {
      guard open.framing == .chunked else { return try require(whole.error == nil, "a plain body is refused") }
      let chunked = PlainChunkedBody(reading: bytes[open.headRange.upperBound...])
      return try require(chunked?.keeps(limits) != true, "a whole chunked body is not accepted")
    }
    var start = whole.requests.last?.end?.index ?? bytes.startIndex
    var emptyLineCount = 0
    while bytes[start...].starts(with: [0x0D, 0x0A]) { (start, emptyLineCount) = (start + 2, emptyLineCount + 1) }
    if let head = PlainHead(reading: bytes[start...]), emptyLineCount <= limits.emptyLineCountMax {
      try require(!head.isUndisputed || !head.keeps(limits), "a whole head is not accepted")
    }
    let isBetween = whole.error == nil && start == bytes.endIndex
    try require(whole.isBetweenRequests == isBetween, "between requests or not, the parser says otherwise")
  }
}
