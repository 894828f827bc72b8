import WireFormats

/// An input taken apart: eight bytes steer the limits and how the rest is cut and fed.
///
/// The first byte: 0, 2, 4, 6 for the default limits and 1, 3, 5, 7 for small ones; 0 and 1 have all events taken after
/// each piece, 2 and 3 one, 4 and 5 two, 6 and 7 none before the end. The other seven are the lengths of the pieces, used
/// over and over, a digit for itself; zeros alone leave the rest in one piece.
struct SteeredInput {
  let hasSmallLimits: Bool
  /// How many events are taken after each piece before the next is fed; what is left is taken at the end.
  let eventsPerPiece: Int
  let bytes: [UInt8]
  private let pieceLengths: [Int]

  init(_ input: [UInt8]) {
    let options = input.first ?? 0
    hasSmallLimits = options & 1 != 0
    eventsPerPiece = [Int.max, 1, 2, 0][Int(options >> 1 & 3)]
    pieceLengths = input.prefix(8).dropFirst().map { Int($0 < 0x40 ? $0 & 0x0F : $0 - 0x30) }
    bytes = Array(input.dropFirst(8))
  }

  /// The bytes in pieces.
  var pieces: [ArraySlice<UInt8>] { cut(bytes) }

  /// Cuts as the steering bytes say; some pieces may be empty.
  func cut(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    guard pieceLengths.contains(where: { $0 > 0 }) else { return [bytes[...]] }
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + pieceLengths[pieces.count % pieceLengths.count])
      pieces.append(bytes[start..<end])
      start = end
    }
    return pieces
  }

  /// The bytes one by one.
  var singleBytes: [ArraySlice<UInt8>] { bytes.indices.map { bytes[$0...$0] } }

  /// Small enough that short inputs reach every limit, or the defaults, which they hardly ever do.
  var limits: HTTPLimits {
    var limits = HTTPLimits()
    guard hasSmallLimits else { return limits }
    (limits.methodBytesMax, limits.targetBytesMax, limits.fieldBytesMax, limits.headBytesMax) = (8, 50, 60, 200)
    (limits.fieldCountMax, limits.emptyLineCountMax, limits.bodyBytesMax) = (6, 2, 64)
    (limits.chunkLineBytesMax, limits.chunkOverheadBytesMax, limits.trailerBytesMax) = (24, 10, 40)
    return limits
  }
}

extension HTTPLimits {
  /// Beyond any input: for what was accepted once and is written a little longer.
  static var wide: HTTPLimits {
    var limits = HTTPLimits()
    (limits.methodBytesMax, limits.targetBytesMax, limits.fieldBytesMax) = (1 << 30, 1 << 30, 1 << 30)
    (limits.headBytesMax, limits.fieldCountMax, limits.trailerBytesMax) = (1 << 30, 1 << 30, 1 << 30)
    return limits
  }
}
