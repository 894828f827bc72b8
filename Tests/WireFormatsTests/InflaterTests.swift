import Testing
import WireFormats

@Suite struct InflaterTests {
  /// `printf 'hello hello hello hello\n' | gzip -9n`.
  static let gzipped: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27,
    0xb9, 0x00, 0x00, 0x88, 0x59, 0x0b, 0x18, 0x00, 0x00, 0x00,
  ]
  static let plain = Array("hello hello hello hello\n".utf8)

  @Test(arguments: 1...29)
  func howTheBytesAreCutDoesNotMatter(piece: Int) throws {
    var inflater = Inflater()
    var out: [UInt8] = []
    for start in stride(from: 0, to: Self.gzipped.count, by: piece) {
      out += try inflater.inflate(Array(Self.gzipped[start..<min(start + piece, Self.gzipped.count)]), upTo: 1000)
    }
    let isAtEnd = inflater.isAtEnd
    #expect(out.starts(with: Self.plain.prefix(5)))
    #expect(out == Self.plain && isAtEnd)
  }

  private func inflate(_ bytes: [UInt8], upTo bytesMax: Int = 1000) throws(Inflater.InflateError) -> (
    bytes: [UInt8], isAtEnd: Bool
  ) {
    var inflater = Inflater()
    let out = try inflater.inflate(bytes, upTo: bytesMax)
    return (out, inflater.isAtEnd)
  }

  @Test func damageIsAnError() {
    var bytes = Self.gzipped
    bytes[22] ^= 0xFF  // a byte of the checksum
    #expect(throws: Inflater.InflateError.damaged) { try inflate(bytes) }
  }

  @Test func truncationShows() throws {
    #expect(try inflate(Array(Self.gzipped.dropLast(9))).isAtEnd == false)
  }

  @Test func aBombIsStoppedAtTheBound() {
    #expect(throws: Inflater.InflateError.tooLong) { try inflate(Self.gzipped, upTo: 10) }
  }
}
