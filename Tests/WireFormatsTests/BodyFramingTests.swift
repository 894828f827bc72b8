import Testing

@testable import WireFormats

@Suite struct BodyFramingTests {
  private func request(_ fields: [String], version: String = "1.1", body: String = "") -> String {
    "POST / HTTP/\(version)\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
  }

  @Test(arguments: [
    ([String](), "", BodyFraming.none), (["Content-Length: 0"], "", .length(0)),
    (["Content-Length: 5"], "hello", .length(5)),
    (["content-LENGTH:0005"], "hello", .length(5)),
    (["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n", .chunked),
    (["transfer-encoding:\tCHUNKED "], "5\r\nhello\r\n0\r\n\r\n", .chunked),
  ])
  func bodyIsFramed(_ fields: [String], _ body: String, _ framing: BodyFraming) {
    let seen = verified(request(fields, body: body))
    guard case .head(_, let found) = seen.first else { return #expect(Bool(false), "\(seen)") }
    #expect(found == framing)
    #expect(Array(seen.dropFirst()) == (body.isEmpty ? [] : [.body("hello")]) + [.end(trailers: [])])
  }

  @Test(arguments: [
    (["Content-Length:"], HTTPParseError.invalidContentLength), (["Content-Length: +1"], .invalidContentLength),
    (["Content-Length: -1"], .invalidContentLength), (["Content-Length: 0x1"], .invalidContentLength),
    (["Content-Length: 1 1"], .invalidContentLength), (["Content-Length: 1.0"], .invalidContentLength),
    (["Content-Length: 1;"], .invalidContentLength), (["Content-Length: \u{B2}"], .invalidContentLength),
    (["Content-Length: 18446744073709551616"], .invalidContentLength),
    (["Content-Length: 99999999999999999999999"], .invalidContentLength),
    (["Content-Length: 5, 5"], .conflictingFraming), (["Content-Length: 5,6"], .conflictingFraming),
    (["Content-Length: ,5"], .conflictingFraming), (["Content-Length: 5", "Content-Length: 5"], .conflictingFraming),
    (["Content-Length: 5", "content-length: 6"], .conflictingFraming),
    (["Content-Length: 5", "Transfer-Encoding: chunked"], .conflictingFraming),
    (["Transfer-Encoding: chunked", "Content-Length: 0"], .conflictingFraming),
    (["Transfer-Encoding: identity", "Content-Length: x"], .conflictingFraming),
    (["Transfer-Encoding:"], .invalidTransferEncoding), (["Transfer-Encoding: gzip"], .invalidTransferEncoding),
    (["Transfer-Encoding: identity"], .invalidTransferEncoding),
    (["Transfer-Encoding: xchunked"], .invalidTransferEncoding),
    (["Transfer-Encoding: chunked;q=1"], .invalidTransferEncoding),
    (["Transfer-Encoding: \"chunked\""], .invalidTransferEncoding),
    (["Transfer-Encoding: chunked, gzip"], .invalidTransferEncoding),
    (["Transfer-Encoding: chunked,"], .invalidTransferEncoding),
    (["Transfer-Encoding: chunked, chunked"], .invalidTransferEncoding),
    (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], .invalidTransferEncoding),
    (["Transfer-Encoding: chunked", "Transfer-Encoding: gzip"], .invalidTransferEncoding),
    (["Transfer-Encoding: chunked identity"], .invalidTransferEncoding),
    (["Transfer-Encoding: gzip, chunked"], .unsupportedTransferEncoding),
    (["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], .unsupportedTransferEncoding),
    (["Transfer-Encoding: identity, chunked"], .unsupportedTransferEncoding),
    (["Transfer-Encoding: , chunked"], .unsupportedTransferEncoding),
  ])
  func framingIsRefused(_ fields: [String], _ error: HTTPParseError) {
    #expect(refusal(of: request(fields, body: "hello")) == error)
  }

  @Test(arguments: ["chunked", "gzip", "gzip, chunked"])
  func transferEncodingInHTTP10IsRefused(_ coding: String) {
    #expect(refusal(of: request(["Transfer-Encoding: \(coding)"], version: "1.0")) == .invalidTransferEncoding)
  }

  @Test func bodyMayReachItsLimit() {
    var limits = HTTPLimits()
    limits.bodyBytesMax = 5
    #expect(refusal(of: request(["Content-Length: 5"], body: "hello"), limits: limits) == nil)
    #expect(refusal(of: request(["Content-Length: 6"], body: "hello!"), limits: limits) == .bodyTooLong(limit: 5))
    #expect(refusal(of: request(["Content-Length: 18446744073709551615"]), limits: limits) == .bodyTooLong(limit: 5))
    let chunked = ["Transfer-Encoding: chunked"]
    #expect(refusal(of: request(chunked, body: "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), limits: limits) == nil)
    #expect(
      refusal(of: request(chunked, body: "2\r\nhe\r\n4\r\nllo!\r\n0\r\n\r\n"), limits: limits) == .bodyTooLong(limit: 5)
    )
    #expect(refusal(of: request(chunked, body: "FFFFFFFFFFFFFFFF\r\n"), limits: limits) == .bodyTooLong(limit: 5))
  }
}
