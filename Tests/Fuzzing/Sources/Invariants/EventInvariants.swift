import WireFormats

/// What a decoder made of an event stream.
struct EventReading: Equatable {
  var events: [SSEEvent] = []
  var lastEventID = ""
  var reconnectionTime: Int?
  /// false behind an error, where it means nothing.
  var isInsideEvent = false
  var error: SSEError?
}

/// What must hold for the bytes of an event stream.
///
/// The cut changes nothing, for events, lines and boundaries; the events are those of the standard's text, followed by
/// code of its own; a failed decoder stays failed; no more than an unfinished line is held. Passed on only up to the
/// boundaries, a stream gives each event as early and is never left inside of one.
struct EventInvariants {
  private let input: SteeredInput
  private let eventBytesMax: Int

  init(_ input: SteeredInput) {
    self.input = input
    eventBytesMax = input.hasSmallLimits ? 16 : 4 << 20
  }

  func check() throws(Violation) {
    let whole = try reading(of: [input.bytes[...]], eventsPerPiece: .max)
    let single = try reading(of: input.singleBytes, eventsPerPiece: .max)
    try require(single == whole, "fed byte by byte, other events")
    let cut = try reading(of: input.pieces, eventsPerPiece: input.eventsPerPiece)
    try require(cut == whole, "fed in pieces, other events")
    let plain = PlainEventStream(reading: input.bytes, eventBytesMax: eventBytesMax)
    try require(whole == plain.reading, "events differ from those of the standard")
    try checkLines()
    try checkBoundaries()
    if whole.error == nil { try checkRelay(plain) }
  }

  private func reading(of pieces: [ArraySlice<UInt8>], eventsPerPiece: Int) throws(Violation) -> EventReading {
    var decoder = SSEDecoder(eventBytesMax: eventBytesMax)
    var reading = EventReading()
    for piece in pieces {
      decoder.feed(piece)
      try take(upTo: eventsPerPiece, from: &decoder, into: &reading)
    }
    try take(upTo: .max, from: &decoder, into: &reading)
    (reading.lastEventID, reading.reconnectionTime) = (decoder.lastEventID, decoder.reconnectionTime)
    reading.isInsideEvent = reading.error == nil && decoder.isInsideEvent
    return reading
  }

  private func take(
    upTo countMax: Int, from decoder: inout SSEDecoder, into reading: inout EventReading
  ) throws(Violation) {
    var count = 0
    while count < countMax {
      do throws(SSEError) {
        guard let event = try decoder.nextEvent() else { return }
        reading.events.append(event)
      } catch {
        try require(reading.error ?? error == error, "another error after an error")
        reading.error = error
        return
      }
      try require(reading.error == nil, "an event after an error")
      try require(reading.events.count <= input.bytes.count, "more events than bytes")
      count += 1
    }
  }

  private func checkLines() throws(Violation) {
    let whole = try lines(of: [input.bytes[...]])
    try require(try lines(of: input.singleBytes) == whole, "fed byte by byte, other lines")
    try require(try lines(of: input.pieces) == whole, "fed in pieces, other lines")
  }

  /// The lines and whether they end with an error. Fed with arrays; `reading` feeds slices.
  private func lines(of pieces: [ArraySlice<UInt8>]) throws(Violation) -> [[UInt8]?] {
    var decoder = SSELineDecoder(lineBytesMax: eventBytesMax)
    var lines: [[UInt8]?] = []
    for piece in pieces {
      decoder.feed(Array(piece))
      do throws(SSEError) {
        while let line = try decoder.nextLine() { lines.append(Array(line)) }
      } catch {
        return lines + [nil]
      }
      try require(lines.count <= input.bytes.count, "more lines than bytes")
      try require(decoder.bufferedBytes <= eventBytesMax, "\(decoder.bufferedBytes) bytes are held")
    }
    return lines
  }

  private func checkBoundaries() throws(Violation) {
    let whole = try lastBoundary(of: [input.bytes[...]])
    try require(try lastBoundary(of: input.singleBytes) == whole, "fed byte by byte, another boundary")
    try require(try lastBoundary(of: input.pieces) == whole, "fed in pieces, another boundary")
    guard !isHalfPair(input.bytes.count) else { return }
    let plain = PlainEventStream.lastBoundary(in: input.bytes)
    try require(whole == plain, "another boundary than behind the last empty line")
  }

  private func lastBoundary(of pieces: [ArraySlice<UInt8>]) throws(Violation) -> Int? {
    var scanner = SSEBoundaryScanner()
    var boundary: Int?
    for piece in pieces {
      guard let found = scanner.lastBoundary(in: piece) else { continue }
      try require((0...piece.count).contains(found), "a boundary outside of the piece")
      try require(piece.startIndex + found >= boundary ?? 0, "a boundary before the last one")
      let isTorn = found == piece.count && isHalfPair(piece.endIndex)
      try require(!isTorn, "a boundary between CR and the LF that is about to come")
      boundary = piece.startIndex + found
    }
    return boundary
  }

  /// Whether an empty line's CR is the last byte in front of `end`, in a stream whose lines end with CR LF: the scanner
  /// waits for the LF there.
  private func isHalfPair(_ end: Int) -> Bool {
    input.bytes[..<end].suffix(3).elementsEqual([0x0D, 0x0A, 0x0D])
  }

  /// Passes the pieces on as the relay does, up to the last boundary each time.
  private func checkRelay(_ plain: PlainEventStream) throws(Violation) {
    var scanner = SSEBoundaryScanner()
    var decoder = SSEDecoder(eventBytesMax: eventBytesMax)
    var reading = EventReading()
    var passedOn = 0
    for piece in input.pieces {
      if let found = scanner.lastBoundary(in: piece) {
        let boundary = piece.startIndex + found
        decoder.feed(Array(input.bytes[passedOn..<boundary]))
        passedOn = boundary
        try take(upTo: .max, from: &decoder, into: &reading)
        try require(!decoder.isInsideEvent, "a boundary inside of an event")
      }
      let complete = plain.eventEnds.count { $0 <= piece.endIndex }
      let heldMax = isHalfPair(piece.endIndex) ? 1 : 0
      try require(reading.events.count >= complete - heldMax, "a whole event is held back")
    }
    decoder.feed(Array(input.bytes[passedOn...]))
    try take(upTo: .max, from: &decoder, into: &reading)
    try require(reading.events == plain.reading.events, "passed on up to the boundaries, other events")
  }
}
