import Testing

@testable import WireFormats

@Suite struct SSEDecoderTests {
  /// The stream's events, and its state at the end, from a decoder that is fed with pieces.
  struct Outcome: Equatable {
    var events: [SSEEvent] = []
    var lastEventID = ""
    var reconnectionTime: Int?
    var isInsideEvent = false
    var error: SSEError?
  }

  private func outcome(of pieces: [[UInt8]], eventBytesMax: Int) -> Outcome {
    var decoder = SSEDecoder(eventBytesMax: eventBytesMax)
    var outcome = Outcome()
    do throws(SSEError) {
      for piece in pieces {
        decoder.feed(piece)
        while let event = try decoder.nextEvent() { outcome.events.append(event) }
      }
    } catch {
      outcome.error = error
      decoder.feed(bytes("data: more\n\n"))
      #expect(throws: error, "a failed decoder stays failed") { _ = try decoder.nextEvent() }
    }
    outcome.lastEventID = decoder.lastEventID
    outcome.reconnectionTime = decoder.reconnectionTime
    outcome.isInsideEvent = decoder.isInsideEvent
    return outcome
  }

  /// Decodes the stream whole, byte by byte and cut at every position, and expects the same each time.
  private func decoded(_ stream: [UInt8], eventBytesMax: Int = 1 << 20) -> Outcome {
    let whole = outcome(of: [stream], eventBytesMax: eventBytesMax)
    #expect(outcome(of: stream.map { [$0] }, eventBytesMax: eventBytesMax) == whole, "byte by byte")
    for cut in 0...stream.count {
      let halves = outcome(of: [Array(stream[..<cut]), Array(stream[cut...])], eventBytesMax: eventBytesMax)
      #expect(halves == whole, "cut at \(cut)")
    }
    return whole
  }

  private func decoded(_ stream: String, eventBytesMax: Int = 1 << 20) -> Outcome {
    decoded(Array(stream.utf8), eventBytesMax: eventBytesMax)
  }

  private static func event(
    _ data: String, type: String = "message", id: String? = nil, retry: Int? = nil
  ) -> SSEEvent {
    SSEEvent(type: type, data: Array(data.utf8), id: id, retry: retry)
  }

  @Test(arguments: [
    // The examples of WHATWG HTML §9.2.6.
    ("data: YHOO\ndata: +2\ndata: 10\n\n", [event("YHOO\n+2\n10")]),
    (
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
      [event("first event", id: "1"), event("second event"), event(" third event")]
    ),
    ("data\n\ndata\ndata\n\ndata:", [event(""), event("\n")]),
    ("data:test\n\ndata: test\n\n", [event("test"), event("test")]),
    // Line ends.
    ("data: a\r\rdata: b\r\n\r\ndata: c\n\r\ndata: d\r\n\rdata: e\r\n\n", "abcde".map { event(String($0)) }),
    ("data: a\rdata: b\r\ndata: c\n\n", [event("a\nb\nc")]),
    ("\r\n\n\rdata: a\n\n\n\n", [event("a")]),
    // Fields.
    ("event: t\ndata: a\n\ndata: b\n\n", [event("a", type: "t"), event("b")]),
    ("event: t\nevent: u\ndata: a\n\n", [event("a", type: "u")]), ("event: t\nevent\ndata: a\n\n", [event("a")]),
    ("event: t\n\ndata: a\n\n", [event("a")]), ("data\n\n", [event("")]), ("data:\n\n", [event("")]),
    ("data: \ndata\n\n", [event("\n")]),
    ("data:a:b: c\n\n", [event("a:b: c")]), ("data:\ta\n\n", [event("\ta")]), (":data: a\n\n", []), (":\n:\n\n", []),
    ("Data: a\n\n", []), (" data: a\n\n", []), ("datax: a\ndat: b\nunknown\n\n", []),
    ("id: 1\ndata: a\n\ndata: b\n\n", [event("a", id: "1"), event("b", id: "1")]),
    ("id: 1\n\ndata: a\n\n", [event("a", id: "1")]), ("id: 1\nid: 2\u{0}\ndata: a\n\n", [event("a", id: "1")]),
    ("retry: 5\ndata: a\n\ndata: b\n\n", [event("a", retry: 5), event("b")]),
    ("retry: +5\nretry: 5s\nretry: -1\nretry:\nretry\ndata: a\n\n", [event("a")]),
    ("retry: 99999999999999999999\ndata: a\n\n", [event("a")]), ("data: a\u{0}b\n\n", [event("a\u{0}b")]),
    ("data: é\u{4E2D}😀\n\n", [event("é\u{4E2D}😀")]),
    // Byte order marks: one, at the start, is not part of the stream.
    ("\u{FEFF}data: a\n\n", [event("a")]), ("\u{FEFF}\u{FEFF}data: a\n\ndata: b\n\n", [event("b")]),
    ("data: a\n\n\u{FEFF}data: b\n\n", [event("a")]), ("data: \u{FEFF}a\n\n", [event("\u{FEFF}a")]),
    ("\u{FEFF}\n\n", []),
    // What the end of the stream leaves without its empty line is dropped.
    ("data: a\n\ndata: b\n", [event("a")]), ("data: a\n\ndata: b", [event("a")]), ("data: a", []), ("", []),
    // ChatRoutes.
    (
      "data: {\"type\":\"content\",\"content\":\"Hel\"}\n\ndata: [DONE]\n\n",
      [event("{\"type\":\"content\",\"content\":\"Hel\"}"), event("[DONE]")]
    ),
  ])
  func streamGivesEvents(_ stream: String, _ events: [SSEEvent]) {
    #expect(decoded(stream).events == events)
  }

  @Test func dataIsKeptByteForByte() {
    #expect(decoded(bytes("data: \u{FF}\u{C3}\n\n")).events.map(\.data) == [[0xFF, 0xC3]])
  }

  @Test(arguments: [[0xEF], [0xEF, 0xBB], [0xEF, 0xBB, 0x41], [0xEF, 0x0A]])
  func partOfAByteOrderMarkIsAnUnknownField(_ start: [UInt8]) {
    #expect(decoded(start + bytes("\ndata: a\n\n")).events == [Self.event("a")])
  }

  @Test func retryAloneChangesTheReconnectionTime() {
    let outcome = decoded("retry: 3000\n\n")
    #expect(outcome == Outcome(reconnectionTime: 3000))
  }

  @Test func idAloneChangesTheLastEventID() {
    #expect(decoded("id: x\n\n").lastEventID == "x")
    #expect(decoded("id: x\n\nid\n\n").lastEventID == "")
  }

  @Test(arguments: [
    ("data: a\n\n", false), ("data: a\n", true), ("data: a", true), ("event: t\n", true), ("data: a\r\n\r", false),
    ("", false),
  ])
  func brokenOffEventIsNoticed(_ stream: String, _ isInside: Bool) {
    #expect(decoded(stream).isInsideEvent == isInside)
  }

  @Test func eventMayReachItsLimit() {
    let error = SSEError.eventTooLong(limit: 10)
    #expect(decoded("data: 1234\n\n", eventBytesMax: 10).events == [Self.event("1234")])
    #expect(
      decoded("data: a\n\ndata: 12345\n\n", eventBytesMax: 10) == Outcome(events: [Self.event("a")], error: error))
    #expect(decoded("data: 12345", eventBytesMax: 10).error == error)
    #expect(decoded(":          \n", eventBytesMax: 10).error == error)
    #expect(decoded("data:1234\ndata:56789\n\n", eventBytesMax: 10).events == [Self.event("1234\n56789")])
    #expect(decoded("data:1234\ndata:56789\ndata\n\n", eventBytesMax: 10).error == error)
  }

  @Test func longLineFedByteByByteIsReadOnce() throws {
    var decoder = SSEDecoder()
    for byte in bytes("data: " + String(repeating: "x", count: 50_000) + "\n\n") {
      decoder.feed(CollectionOfOne(byte))
      if let event = try decoder.nextEvent() { #expect(event.data.count == 50_000) }
    }
    #expect(!decoder.isInsideEvent)
  }
}
