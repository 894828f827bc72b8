import WireFormats

/// A chunked body read from the grammar of RFC 9112 §7.1, line by line and with none of the decoder's code.
struct PlainChunkedBody {
  private(set) var body: [UInt8] = []
  private(set) var trailers: [PlainField] = []
  /// Behind the empty line.
  let end: Int
  private var longestSizeLine = 0
  /// How far the bytes of size lines ever ran ahead of 16 plus twice the data of each chunk.
  private var greatestOverhead = 0
  private let trailerByteCount: Int
  private let longestTrailerLine: Int

  /// - Returns: nil: `bytes` do not begin with a whole chunked body.
  init?(reading bytes: ArraySlice<UInt8>) {
    var start = bytes.startIndex
    var overhead = 0
    while true {
      guard let line = PlainBytes.line(at: start, of: bytes), line.allSatisfy(PlainBytes.isValue) else { return nil }
      let digits = line.prefix { $0 != UInt8(ascii: ";") }
      guard let size = PlainBytes.number(digits, radix: 16) else { return nil }
      start = line.endIndex + 2
      guard size <= bytes.endIndex - start else { return nil }
      longestSizeLine = max(longestSizeLine, line.count)
      overhead = max(0, overhead + line.count - 16 - 2 * Int(size))
      greatestOverhead = max(greatestOverhead, overhead)
      if size == 0 { break }
      let dataEnd = start + Int(size)
      body += bytes[start..<dataEnd]
      guard bytes[dataEnd...].starts(with: [0x0D, 0x0A]) else { return nil }
      start = dataEnd + 2
    }
    guard let section = PlainBytes.section(at: start, of: bytes) else { return nil }
    for line in section.lines {
      guard let field = PlainField(readingPlainly: line) else { return nil }
      trailers.append(field)
    }
    (end, trailerByteCount) = (section.end, section.end - start)
    longestTrailerLine = section.lines.map(\.count).max() ?? 0
  }

  /// Whether nothing in this body goes beyond a limit.
  func keeps(_ limits: HTTPLimits) -> Bool {
    body.count <= limits.bodyBytesMax && longestSizeLine <= limits.chunkLineBytesMax
      && greatestOverhead <= limits.chunkOverheadBytesMax && trailerByteCount <= limits.trailerBytesMax
      && longestTrailerLine <= limits.fieldBytesMax && trailers.count <= limits.fieldCountMax
  }
}
