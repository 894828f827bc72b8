import Testing

@testable import WireFormats

@Suite struct RequestLineTests {
  private func seen(line: String) -> Seen? { verified(line + "\r\nHost: a\r\n\r\n").first }
  private func refusalOfLine(_ line: String) -> HTTPParseError? { refusal(of: line + "\r\nHost: a\r\n\r\n") }

  @Test(arguments: [
    "GET / HTTP/1.1", "GET /a/b?c=d&e=f HTTP/1.1", "HEAD //a/../b/./%2e%zz HTTP/1.1", "OPTIONS * HTTP/1.1",
    "PURGE /x HTTP/1.1", "get /lower HTTP/1.1", "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1", "POST /a HTTP/1.0",
    "GET /|{}[]\"^`\\<>#;,' HTTP/1.1", "GET http://h/p?q HTTP/1.1", "GET HTTPS://h:443 HTTP/1.1",
    "GET http://[::1]:80?q HTTP/1.1", "GET /? HTTP/1.1", "connect /lower HTTP/1.1",
  ])
  func lineIsAcceptedVerbatim(_ line: String) throws {
    let parts = line.split(separator: " ")
    let version = parts[2].dropFirst(5)
    #expect(seen(line: line) == .head("\(parts[0])|\(parts[1])|\(version)|Host=a", .none))
  }

  @Test(arguments: [
    (" GET / HTTP/1.1", HTTPParseError.invalidMethod), ("G(T / HTTP/1.1", .invalidMethod),
    ("GET\t/ HTTP/1.1", .invalidMethod),
    ("G\u{E9}T / HTTP/1.1", .invalidMethod), ("\u{16}\u{3}\u{1}\u{2}\u{0}", .invalidMethod), ("\u{0}", .invalidMethod),
    ("GET", .invalidMethod), ("GET  / HTTP/1.1", .invalidTarget), ("GET a HTTP/1.1", .invalidTarget),
    ("GET * HTTP/1.1", .invalidTarget), ("OPTIONS *x HTTP/1.1", .invalidTarget), ("GET ?q HTTP/1.1", .invalidTarget),
    ("GET ftp://h/ HTTP/1.1", .invalidTarget), ("GET http:// HTTP/1.1", .invalidTarget),
    ("GET http:///p HTTP/1.1", .invalidTarget), ("GET http://u:p@h/ HTTP/1.1", .invalidTarget),
    ("GET http://:80/ HTTP/1.1", .invalidTarget), ("GET http://h:8x/ HTTP/1.1", .invalidTarget),
    ("GET h:443 HTTP/1.1", .invalidTarget), ("GET /\t HTTP/1.1", .invalidTarget),
    ("GET /\u{0} HTTP/1.1", .invalidTarget),
    ("GET /\u{7F} HTTP/1.1", .invalidTarget), ("GET /\u{C3}\u{A9} HTTP/1.1", .invalidTarget), ("GET /", .invalidTarget),
    ("GET /12345678901234567\u{80} HTTP/1.1", .invalidTarget), ("GET /1234567\u{1F}890 HTTP/1.1", .invalidTarget),
    ("GET / ", .invalidVersion), ("GET /  HTTP/1.1", .invalidVersion), ("GET /a b HTTP/1.1", .invalidVersion),
    ("GET / http/1.1", .invalidVersion), ("GET / HTTP/1.1 ", .invalidVersion), ("GET / HTTP/11", .invalidVersion),
    ("GET / HTTP/1.", .invalidVersion), ("GET / HTTP/1.10", .invalidVersion), ("GET / HTTP/x.1", .invalidVersion),
    ("GET / HTTP/01.1", .invalidVersion), ("GET / HTTP/1,1", .invalidVersion), ("GET / HTP/1.1", .invalidVersion),
    ("GET / HTTP/0.9", .unsupportedVersion),
    ("GET / HTTP/2.0", .unsupportedVersion),
    ("GET / HTTP/3.0", .unsupportedVersion), ("CONNECT h:443 HTTP/1.1", .methodNotImplemented),
    ("CONNECT / HTTP/1.1", .methodNotImplemented), ("TRACE / HTTP/1.1", .methodNotImplemented),
  ])
  func lineIsRefused(_ line: String, _ error: HTTPParseError) {
    #expect(refusalOfLine(line) == error)
  }

  @Test(arguments: ["1.2", "1.9"])
  func higherMinorVersionIsSpokenToAs11(_ version: String) {
    #expect(seen(line: "GET / HTTP/\(version)") == .head("GET|/|1.1|Host=a", .none))
  }

  @Test func http2PrefaceIsToldToUseHTTP1() {
    #expect(refusal(of: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == .unsupportedVersion)
  }

  @Test(arguments: [
    "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\rHost: a\r\n\r\n", "GET / HTTP/1.1\rHost: a\r\n\r\n",
  ])
  func requestLineWithoutCRLFIsRefused(_ input: String) {
    #expect(refusal(of: input) == .invalidLineEnd)
  }

  @Test func garbageIsRefusedBeforeALineEnds() {
    #expect(events(of: [[0x16]]) == [.error(.invalidMethod)])
    #expect(events(of: [bytes("GET /\u{E9}")]) == [.error(.invalidTarget)])
  }

  @Test(arguments: [
    ("Method", HTTPParseError.methodTooLong(limit: 64)), ("target", .targetTooLong(limit: 16 << 10)),
  ])
  func lengthUpToTheLimitIsAccepted(_ part: String, _ error: HTTPParseError) {
    func line(longer excess: Int) -> String {
      part == "Method"
        ? String(repeating: "M", count: 64 + excess) + " / HTTP/1.1"
        : "GET /" + String(repeating: "t", count: (16 << 10) - 1 + excess) + " HTTP/1.1"
    }
    #expect(refusalOfLine(line(longer: 0)) == nil)
    #expect(refusalOfLine(line(longer: 1)) == error)
  }

  @Test func unendingRequestLineIsRefusedAtTheLimit() {
    #expect(
      events(of: [bytes("GET /" + String(repeating: "x", count: 16 << 10))]) == [
        .error(.targetTooLong(limit: 16 << 10))
      ])
  }

  @Test func emptyLinesBeforeARequestAreSkippedUpToTheLimit() {
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    #expect(verified(String(repeating: "\r\n", count: 4) + request) == verified(request))
    #expect(refusal(of: String(repeating: "\r\n", count: 5) + request) == .tooManyEmptyLines(limit: 4))
    #expect(refusal(of: "\n" + request) == .invalidLineEnd)
    #expect(refusal(of: "\r" + request) == .invalidLineEnd)
  }

  @Test func emptyLinesAreCountedForEachRequestAnew() {
    let request = "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
    #expect(verified(request + request) == verified(request) + verified(request))
  }
}
