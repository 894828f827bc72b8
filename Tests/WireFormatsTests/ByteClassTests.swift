import Testing

@testable import WireFormats

/// Every byte at every kind of place, behind seven and behind eight others: the scanners look at eight at once.
@Suite struct ByteClassTests {
  private static let tokens = Set(
    bytes("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))

  private func isAccepted(_ before: String, _ byte: UInt8, _ after: String) -> Bool {
    let seen = events(of: [bytes(before) + [byte] + bytes(after)])
    let single = events(of: (bytes(before) + [byte] + bytes(after)).map { [$0] })
    #expect(single == seen, "\(byte)")
    return seen.count == 2 && seen.last == .end(trailers: [])
  }

  @Test(arguments: UInt8.min...UInt8.max)
  func methodTakesTokenCharacters(_ byte: UInt8) {
    #expect(isAccepted("M", byte, "M / HTTP/1.1\r\nHost: a\r\n\r\n") == Self.tokens.contains(byte))
  }

  @Test(arguments: UInt8.min...UInt8.max)
  func fieldNameTakesTokenCharacters(_ byte: UInt8) {
    let isName = Self.tokens.contains(byte) || byte == UInt8(ascii: ":")
    #expect(isAccepted("GET / HTTP/1.1\r\nHost: a\r\nN", byte, "N: v\r\n\r\n") == isName)
  }

  @Test(arguments: UInt8.min...UInt8.max)
  func targetTakesVisibleASCII(_ byte: UInt8) {
    for before in ["GET /", "GET /123456", "GET /1234567"] {
      let isAccepted = isAccepted(before, byte, "12345678 HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(isAccepted == (0x21...0x7E).contains(byte))
    }
  }

  @Test(arguments: UInt8.min...UInt8.max)
  func valueTakesWhatIsNoControlCharacter(_ byte: UInt8) {
    for before in ["", "1234567", "12345678"] {
      let isAccepted = isAccepted("GET / HTTP/1.1\r\nHost: a\r\nN: x" + before, byte, "12345678\r\n\r\n")
      #expect(isAccepted == (byte == 0x09 || (byte >= 0x20 && byte != 0x7F)))
    }
  }
}
