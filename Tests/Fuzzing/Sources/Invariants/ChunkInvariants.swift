import HTTPTypes
import WireFormats

/// What must hold for a chunked body and what follows it.
///
/// The cut changes nothing; each event uses bytes or ends the body; no byte behind the end is used; a body is accepted
/// exactly if the grammar, read by code of its own, and the limits accept it, and with the same bytes and trailers; written
/// anew it is read as the same; RequestParser finds the same behind a head.
struct ChunkInvariants {
  /// What a decoder made of some bytes, body parts joined.
  private struct Reading: Equatable {
    var body: [UInt8] = []
    /// nil: the body has not ended.
    var end: RequestReading.End?
    var error: HTTPParseError?
  }

  private let input: SteeredInput
  private let bytes: ArraySlice<UInt8>
  private let limits: HTTPLimits

  init(_ input: SteeredInput) {
    self.input = input
    (bytes, limits) = (input.bytes[...], input.limits)
  }

  func check() throws(Violation) {
    let whole = try Self.reading(of: [bytes], limits: limits)
    let single = try Self.reading(of: input.singleBytes, limits: limits)
    try require(single == whole, "fed byte by byte, another body")
    let cut = try Self.reading(of: input.pieces, limits: limits)
    try require(cut == whole, "fed in pieces, another body")
    try require(whole.body.count <= limits.bodyBytesMax, "a body beyond its limit")
    try checkGrammar(whole)
    try checkWrittenAnew(whole)
    try checkInRequest(whole)
  }

  /// Decodes up to the end of the body; the pieces are slices of one array.
  private static func reading(of pieces: [ArraySlice<UInt8>], limits: HTTPLimits) throws(Violation) -> Reading {
    var decoder = ChunkedDecoder(limits: limits)
    var reading = Reading()
    for piece in pieces where reading.end == nil && reading.error == nil {
      try take(piece, decoder: &decoder, into: &reading)
    }
    return reading
  }

  private static func take(
    _ piece: ArraySlice<UInt8>, decoder: inout ChunkedDecoder, into reading: inout Reading
  ) throws(Violation) {
    var rest = piece
    while reading.end == nil {
      let before = rest.count
      let event: ChunkedDecoder.Event?
      do throws(HTTPParseError) {
        event = try decoder.nextEvent(from: &rest)
      } catch {
        reading.error = error
        return
      }
      guard let event else { return try require(rest.isEmpty, "more bytes are asked for while some are left") }
      try require(rest.count < before && rest.endIndex == piece.endIndex, "an event that uses no bytes")
      switch event {
      case .body(let part):
        try require(!part.isEmpty && part.endIndex == rest.startIndex, "a body part that is not in front of the rest")
        reading.body += part
      case .end(let trailers):
        reading.end = RequestReading.End(trailers: trailers.map { PlainField($0) }, index: rest.startIndex)
      }
    }
  }

  private func checkGrammar(_ whole: Reading) throws(Violation) {
    let plain = PlainChunkedBody(reading: bytes)
    guard let end = whole.end else {
      return try require(plain?.keeps(limits) != true, "a whole body is not accepted")
    }
    guard let plain else { throw Violation("a body is accepted that the grammar refuses") }
    try require(plain.keeps(limits), "a body is accepted that goes beyond a limit")
    try require(plain.body == whole.body, "the body differs")
    try require(plain.trailers == end.trailers && plain.end == end.index, "the body ends otherwise")
  }

  private func checkWrittenAnew(_ whole: Reading) throws(Violation) {
    guard let end = whole.end else { return }
    var written: [UInt8] = []
    for part in input.cut(whole.body) { ResponseEncoder.appendChunk(part, to: &written) }
    ResponseEncoder.appendLastChunk(trailers: try HTTPFields(end.trailers), to: &written)
    let again = try Self.reading(of: [written[...]], limits: .wide)
    try require(again.body == whole.body && again.end?.trailers == end.trailers, "written anew, another body")
    try require(again.end?.index == written.count, "written anew, it ends early")
  }

  private func checkInRequest(_ whole: Reading) throws(Violation) {
    let head = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    let connection = (head + bytes)[...]
    let reading = try RequestReader.reading(
      of: connection, in: [head[...]] + input.pieces, limits: limits, eventsPerPiece: input.eventsPerPiece)
    guard let request = reading.requests.first else { throw Violation("the head in front is not accepted") }
    try require(request.body == whole.body, "RequestParser finds another body")
    try require(request.end?.trailers == whole.end?.trailers, "RequestParser finds other trailers")
    try require(request.end.map { $0.index - head.count } == whole.end?.index, "RequestParser finds another end")
    try require(request.end != nil || reading.error == whole.error, "RequestParser throws something else")
  }
}
