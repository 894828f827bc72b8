import WireFormats

/// What must hold for gzip and zlib data.
///
/// The cut changes nothing; the bound is kept; damage stays damage and the end the end. Any bytes put into a zlib stream
/// come out again.
struct InflateInvariants {
  /// What an inflater made of some bytes.
  private struct Reading: Equatable {
    var bytes: [UInt8] = []
    var isAtEnd = false
    var error: Inflater.InflateError?
  }

  private let input: SteeredInput
  private let bytesMax: Int

  init(_ input: SteeredInput) {
    self.input = input
    bytesMax = input.hasSmallLimits ? 40 : 256 << 10
  }

  func check() throws(Violation) {
    let whole = try reading(of: [input.bytes[...]], upTo: bytesMax)
    let cut = try reading(of: input.pieces, upTo: bytesMax)
    try require(cut.error == whole.error && cut.isAtEnd == whole.isAtEnd, "fed in pieces, another end")
    try require(cut.bytes == whole.bytes || whole.error != nil, "fed in pieces, other bytes")
    try checkPacked(Array(input.bytes.prefix(0xFFFF)))
  }

  private func checkPacked(_ bytes: [UInt8]) throws(Violation) {
    let pieces = input.cut(Self.stored(bytes))
    let unpacked = try reading(of: pieces, upTo: bytes.count)
    try require(unpacked == Reading(bytes: bytes, isAtEnd: true), "what was packed does not come out")
    guard !bytes.isEmpty else { return }
    let bounded = try reading(of: pieces, upTo: bytes.count - 1)
    try require(bounded.error == .tooLong, "one byte more than the bound comes out")
  }

  private func reading(of pieces: [ArraySlice<UInt8>], upTo bytesMax: Int) throws(Violation) -> Reading {
    var inflater = Inflater()
    var reading = Reading()
    for piece in pieces where reading.error == nil {
      do throws(Inflater.InflateError) {
        reading.bytes += try inflater.inflate(Array(piece), upTo: bytesMax)
      } catch {
        reading.error = error
      }
      try require(reading.bytes.count <= bytesMax, "more bytes than the bound")
    }
    reading.isAtEnd = inflater.isAtEnd
    var again = Reading(isAtEnd: reading.isAtEnd)
    do throws(Inflater.InflateError) { again.bytes = try inflater.inflate([], upTo: bytesMax) } catch {
      again.error = error
    }
    try require(again == Reading(isAtEnd: reading.isAtEnd, error: reading.error), "asked again, something else")
    return reading
  }

  /// A zlib stream (RFC 1950) of one block that is not compressed (RFC 1951 §3.2.4); it takes 65535 bytes.
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt16(bytes.count)
    let header: [UInt8] = [
      0x78, 0x01, 0x01, UInt8(count & 0xFF), UInt8(count >> 8), ~UInt8(count & 0xFF), ~UInt8(count >> 8),
    ]
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return header + bytes + [UInt8(high >> 8), UInt8(high & 0xFF), UInt8(low >> 8), UInt8(low & 0xFF)]
  }
}
