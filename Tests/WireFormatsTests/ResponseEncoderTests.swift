import HTTPTypes
import Testing
import WireFormats

@Suite struct ResponseEncoderTests {
  private func written(_ write: (inout [UInt8]) -> Void) -> String {
    var buffer = bytes("<")
    write(&buffer)
    return text(buffer)
  }

  @Test(arguments: [
    (HTTPResponse.Status.ok, "200 OK"), (.init(code: 204), "204 No Content"), (.init(code: 299), "299 "),
    (.init(code: 99, reasonPhrase: "x"), "099 x"),
    (.init(code: 599, reasonPhrase: "caf\u{E9} \u{4E2D}\tz"), "599 caf\u{E9}  \tz"),
    (.init(code: 400, reasonPhrase: "a\r\nB: c"), "400 a  B: c"),
  ])
  func statusLineIsWritten(_ status: HTTPResponse.Status, _ line: String) {
    #expect(written { ResponseEncoder.appendHead(HTTPResponse(status: status), to: &$0) } == "<HTTP/1.1 \(line)\r\n")
  }

  @Test func fieldsAreWrittenInOrderByteForByteAndLeftOpen() {
    var response = HTTPResponse(status: .ok)
    response.headerFields.append(HTTPField(name: HTTPField.Name("x-B")!, value: "1"))
    response.headerFields.append(HTTPField(name: .setCookie, value: "a"))
    response.headerFields.append(HTTPField(name: HTTPField.Name("X-b")!, value: [0xE9, 0x09, 0x66]))
    response.headerFields.append(HTTPField(name: .setCookie, value: ""))
    let head = written { ResponseEncoder.appendHead(response, to: &$0) }
    #expect(head == "<HTTP/1.1 200 OK\r\nx-B: 1\r\nSet-Cookie: a\r\nX-b: \u{E9}\tf\r\nSet-Cookie: \r\n")
  }

  @Test func lineEndsInAValueCannotAddAField() {
    let response = HTTPResponse(status: .ok, headerFields: [.location: "a\r\nB: c\u{0}"])
    #expect(written { ResponseEncoder.appendHead(response, to: &$0) } == "<HTTP/1.1 200 OK\r\nLocation: a  B: c\r\n")
  }

  @Test(arguments: [
    (1, "1"), (9, "9"), (10, "a"), (15, "f"), (16, "10"), (255, "ff"), (4096, "1000"), (Int.max, "7fffffffffffffff"),
  ])
  func chunkSizeIsWrittenInHexadecimal(_ count: Int, _ digits: String) {
    #expect(written { ResponseEncoder.appendChunkHead(byteCount: count, to: &$0) } == "<\(digits)\r\n")
  }

  @Test func emptyChunkIsNotWritten() {
    #expect(written { ResponseEncoder.appendChunk([], to: &$0) } == "<")
  }

  @Test func lastChunkCarriesTrailers() {
    #expect(written { ResponseEncoder.appendLastChunk(to: &$0) } == "<0\r\n\r\n")
    let trailers: HTTPFields = [.eTag: "\"x\""]
    #expect(written { ResponseEncoder.appendLastChunk(trailers: trailers, to: &$0) } == "<0\r\nETag: \"x\"\r\n\r\n")
  }

  @Test func writtenChunksAreReadBack() throws {
    var coded: [UInt8] = []
    for part in ["hello", "\r\n0\r\n\r\n", String(repeating: "x", count: 5000)] {
      ResponseEncoder.appendChunk(bytes(part), to: &coded)
    }
    ResponseEncoder.appendLastChunk(trailers: [.eTag: "e"], to: &coded)
    var decoder = ChunkedDecoder()
    var input = coded[...]
    var body = ""
    while case .body(let part)? = try decoder.nextEvent(from: &input) { body += text(part) }
    #expect(body == "hello\r\n0\r\n\r\n" + String(repeating: "x", count: 5000))
    #expect(input.isEmpty)
  }
}
