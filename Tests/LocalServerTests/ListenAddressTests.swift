import LocalServer
import Testing

@Suite struct ListenAddressTests {
  @Test(arguments: [
    ("127.0.0.1:8484", ListenAddress.tcp(host: "127.0.0.1", port: 8484)),
    ("0.0.0.0:0", .tcp(host: "0.0.0.0", port: 0)),
    ("[::1]:65535", .tcp(host: "::1", port: 65535)),
    ("localhost:80", .tcp(host: "localhost", port: 80)),
    ("unix:/run/x:1.sock", .unix(path: "/run/x:1.sock")),
  ])
  func textIsReadAndWrittenBack(_ text: String, _ address: ListenAddress) throws {
    #expect(try ListenAddress(parsing: text) == address)
    #expect(address.description == text)
  }

  @Test(arguments: [
    ("", "no port"), ("8484", "no port"), ("127.0.0.1", "no port"), ("127.0.0.1:", "no port"),
    ("127.0.0.1:65536", "no port"), ("127.0.0.1:+1", "no port"), ("127.0.0.1:1x", "no port"),
    ("::1:8484", "an IPv6 address needs brackets"), ("[::g]:1", "not an IPv6 address between the brackets"),
    ("[127.0.0.1]:1", "not an IPv6 address between the brackets"), ("example.com:80", "not an address"),
    ("127.1:80", "not an address"), (":80", "not an address"), ("unix:x.sock", "the path is not absolute"),
    ("unix:/" + String(repeating: "a", count: 107), "the path is longer than 107 bytes"),
    ("unix:/a\u{0}b", "the path holds a NUL"),
  ])
  func otherTextIsRefusedWithItsReason(_ text: String, _ reason: String) {
    let error = #expect(throws: ListenAddressError.self) { try ListenAddress(parsing: text) }
    #expect(
      error?.description
        == "\"\(text)\" is not a listening address: \(reason). "
        + "Expected 127.0.0.1:8484, [::1]:8484, localhost:8484 or unix:/path/to/socket.")
  }

  @Test(arguments: [
    ("127.0.0.1:1", true), ("127.9.9.9:1", true), ("[::1]:1", true), ("localhost:1", true), ("unix:/x", true),
    ("0.0.0.0:1", false), ("[::]:1", false), ("192.168.1.2:1", false),
  ])
  func loopbackIsKnown(_ text: String, _ isLoopback: Bool) throws {
    #expect(try ListenAddress(parsing: text).isLoopback == isLoopback)
  }
}
