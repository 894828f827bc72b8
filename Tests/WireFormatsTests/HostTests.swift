import Testing

@testable import WireFormats

@Suite struct HostTests {
  @Test(arguments: [
    "a", "localhost:8484", "127.0.0.1", "[::1]", "[::1]:8484", "[::ffff:127.0.0.1]:1", "api.chatroutes.com", "a:",
    "A-b_c~d.e!$&'()*+,;=",
    "%41b", "", "1234567890.example:65535",
  ])
  func hostIsAccepted(_ host: String) throws {
    #expect(refusal(of: "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == nil)
    #expect(try head("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").hostText == host)
  }

  @Test(arguments: [
    "a b", "a, b", "a:8x", "a:-1", "a:80:80", ":80", "[::1", "[]", "[:]", "[::g]", "[::1]x", "[::1]:x", "::1", "u@a",
    "a/b", "http://a", "a?b",
    "a#b", "%", "%4", "%zz", "\"a\"", "<a>", "\u{E9}", "a\\b",
    "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]",
  ])
  func hostIsRefused(_ host: String) {
    #expect(refusal(of: "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .invalidHost)
    #expect(refusal(of: "GET / HTTP/1.0\r\nHost: \(host)\r\n\r\n") == .invalidHost)
  }

  @Test func missingHostIsRefusedInHTTP11Only() throws {
    #expect(refusal(of: "GET / HTTP/1.1\r\n\r\n") == .missingHost)
    #expect(refusal(of: "GET http://a/ HTTP/1.1\r\n\r\n") == .missingHost)
    #expect(refusal(of: "GET / HTTP/1.0\r\n\r\n") == nil)
    #expect(try head("GET / HTTP/1.0\r\n\r\n").host == nil)
  }

  @Test(arguments: ["1.0", "1.1"])
  func secondHostIsRefused(_ version: String) {
    #expect(refusal(of: "GET / HTTP/\(version)\r\nHost: a\r\nhOST: a\r\n\r\n") == .repeatedHost)
  }

  @Test func authorityOfTheTargetReplacesHost() throws {
    let head = try head("GET http://target:80/ HTTP/1.1\r\nHost: other\r\n\r\n")
    #expect(head.hostText == "target:80")
    #expect(head.firstText("host") == "other")
    #expect(head.isAbsoluteForm)
  }
}
