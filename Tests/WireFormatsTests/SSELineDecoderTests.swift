import Testing
import WireFormats

@Suite struct SSELineDecoderTests {
  private func lines(_ pieces: [String], lineBytesMax: Int = 100) throws -> [String] {
    var decoder = SSELineDecoder(lineBytesMax: lineBytesMax)
    var lines: [String] = []
    for piece in pieces {
      decoder.feed(piece.utf8)
      while let line = try decoder.nextLine() { lines.append(String(decoding: line, as: UTF8.self)) }
    }
    return lines
  }

  @Test(
    arguments: [
      (["a\nb\r\nc\rd\n\n"], ["a", "b", "c", "d", ""]), (["a\r", "\nb\n"], ["a", "b"]),
      (["a\r", "\rb\n"], ["a", "", "b"]),
      (["\r\n\r\n"], ["", ""]), (["a\n\r"], ["a", ""]), (["unfinished"], []), (["0123456", "789\n"], ["0123456789"]),
      (["\u{FEFF}a\n\u{FEFF}b\n"], ["a", "\u{FEFF}b"]), (["\u{FEFF}\n"], [""]),
      (["0123456789abcdef0123456789\r\n0123456\n89\r"], ["0123456789abcdef0123456789", "0123456", "89"]),
    ] as [([String], [String])])
  func lineEndsInAnyMixtureAreFound(_ pieces: [String], _ expected: [String]) throws {
    #expect(try lines(pieces) == expected)
  }

  @Test func returnEndsItsLineAtOnce() throws {
    #expect(try lines(["a\r"]) == ["a"])
  }

  @Test func lineMayReachItsLimit() throws {
    #expect(try lines(["12345\n"], lineBytesMax: 5) == ["12345"])
    #expect(throws: SSEError.eventTooLong(limit: 5)) { try lines(["123456\n"], lineBytesMax: 5) }
    #expect(throws: SSEError.eventTooLong(limit: 5)) { try lines(["123456"], lineBytesMax: 5) }
  }
}
