import HTTPTypes
import Testing

@testable import WireFormats

@Suite struct ChunkedBodyTests {
  private let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

  private func seen(_ body: String, limits: HTTPLimits = HTTPLimits()) -> [Seen] {
    Array(verified(head + body, limits: limits).dropFirst())
  }

  private func refusalOfBody(_ body: String, limits: HTTPLimits = HTTPLimits()) -> HTTPParseError? {
    refusal(of: head + body, limits: limits)
  }

  @Test(arguments: [
    ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("2\r\nhe\r\n3\r\nllo\r\n000\r\n\r\n", "hello"),
    ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
    ("0000000000000000000000000005\r\nhello\r\n0\r\n\r\n", "hello"), ("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
    ("5;a\r\nhello\r\n0;b=\"c d\\\"\"\r\n\r\n", "hello"), ("5; a = \"\u{E9};\"\r\nhello\r\n0;\r\n\r\n", "hello"),
  ])
  func bodyIsDecoded(_ coded: String, _ body: String) {
    #expect(seen(coded) == (body.isEmpty ? [] : [.body(body)]) + [.end(trailers: [])])
  }

  @Test(arguments: [
    "\r\n", "+5\r\nhello\r\n", "-5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "5\t\r\nhello\r\n",
    "5 ;a\r\nhello\r\n",
    "0x5\r\nhello\r\n", "g\r\n", ";a\r\n", "5,5\r\nhello\r\n", "5\nhello\r\n", "5\r\rhello\r\n", "5\rhello\r\n",
    "5;a\nhello\r\n",
    "5;a\u{0}\r\nhello\r\n", "5;a\u{7F}\r\nhello\r\n", "5;a\rb\r\nhello\r\n", "10000000000000000\r\n",
    "fffffffffffffffff\r\n",
    "5\r\nhello!\r\n", "5\r\nhello\n", "5\r\nhello\r\r", "5\r\nhello0\r\n\r\n",
    "5\r\nhello\r\n\r\n0\r\n\r\n",
  ])
  func chunkIsRefused(_ coded: String) {
    #expect(refusalOfBody(coded) == .invalidChunk)
  }

  @Test func chunkLineMayReachItsLimit() {
    let longest = "5;" + String(repeating: "x", count: (1 << 10) - 2)
    #expect(seen(longest + "\r\nhello\r\n0\r\n\r\n") == [.body("hello"), .end(trailers: [])])
    #expect(refusalOfBody(longest + "x\r\nhello\r\n") == .chunkLineTooLong(limit: 1 << 10))
    #expect(refusalOfBody(String(repeating: "0", count: (1 << 10) + 1)) == .chunkLineTooLong(limit: 1 << 10))
  }

  @Test func extensionsOfManySmallChunksAreBounded() {
    let chunk = "1;" + String(repeating: "x", count: 116) + "\r\na\r\n"
    var limits = HTTPLimits()
    limits.chunkOverheadBytesMax = 1000
    #expect(seen(String(repeating: chunk, count: 10) + "0\r\n\r\n", limits: limits).last == .end(trailers: []))
    #expect(refusalOfBody(String(repeating: chunk, count: 11), limits: limits) == .tooMuchChunkOverhead(limit: 1000))
  }

  @Test func manySmallChunksWithoutExtensionsAreAccepted() {
    var input = bytes(head)
    for _ in 0..<20_000 { input += bytes("1\r\na\r\n") }
    input += bytes("0\r\n\r\n")
    #expect(events(of: [input]).last == .end(trailers: []))
  }

  @Test(arguments: [
    ("A: b\r\n", ["A: b"]), ("A: b\r\nx-C:  d \r\nA: e\r\n", ["A: b", "x-C: d", "A: e"]),
    ("Content-Length: 5\r\n", ["Content-Length: 5"]),
  ])
  func trailersAreGivenApart(_ lines: String, _ trailers: [String]) {
    #expect(seen("1\r\na\r\n0\r\n" + lines + "\r\n") == [.body("a"), .end(trailers: trailers)])
  }

  @Test(arguments: [
    (" A: b\r\n", HTTPParseError.foldedField), ("A : b\r\n", .whitespaceBeforeColon), ("A\r\n", .invalidFieldName),
    ("A: b\n", .invalidLineEnd), ("\n", .invalidLineEnd), ("\rX", .invalidLineEnd),
    ("A: \u{0}\r\n", .invalidFieldValue),
    ("A: b\r\n\rX", .invalidLineEnd), ("GET / HTTP/1.1\r\n", .whitespaceBeforeColon),
  ])
  func trailerIsRefused(_ lines: String, _ error: HTTPParseError) {
    #expect(refusalOfBody("0\r\n" + lines) == error)
  }

  @Test func trailersMayReachTheirLimits() {
    var limits = HTTPLimits()
    limits.trailerBytesMax = 20
    #expect(refusalOfBody("0\r\nA: 1234567890123\r\n\r\n", limits: limits) == nil)
    #expect(refusalOfBody("0\r\nA: 12345678901234\r\n\r\n", limits: limits) == .trailersTooLong(limit: 20))
    limits.fieldCountMax = 3
    #expect(refusalOfBody("0\r\nA: 1\r\nA: 2\r\n\r\n", limits: limits) == nil)
    #expect(refusalOfBody("0\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n", limits: limits) == .tooManyFields(limit: 3))
  }

  @Test func decoderLeavesWhatFollowsTheBody() throws {
    var decoder = ChunkedDecoder()
    var input = bytes("??5\r\nhello\r\n0\r\nA: b\r\n\r\nrest")[2...]
    guard case .body(let body) = try decoder.nextEvent(from: &input) else { throw HTTPParseError.invalidChunk }
    #expect(text(body) == "hello")
    guard case .end(let trailers) = try decoder.nextEvent(from: &input) else { throw HTTPParseError.invalidChunk }
    #expect(trailers.map(\.description) == ["A: b"])
    #expect(text(input) == "rest")
  }

  @Test func decoderAsksForMoreWhenTheInputIsUsed() throws {
    var decoder = ChunkedDecoder()
    var input = bytes("5\r\nhel")[...]
    guard case .body(let body) = try decoder.nextEvent(from: &input) else { throw HTTPParseError.invalidChunk }
    #expect(text(body) == "hel")
    #expect(try decoder.nextEvent(from: &input) == nil)
    #expect(input.isEmpty)
  }
}
