public import HTTPTypes

/// Writes responses as HTTP/1.1 (RFC 9112 §4, §7.1), appending to a buffer of the caller.
public enum ResponseEncoder {
  /// Appends the status line and all field lines, but not the empty line: the caller adds its own fields, then CR LF.
  ///
  /// Fields keep order, letter case and duplicates; values are written byte for byte. Of the reason phrase, characters
  /// beyond ISO Latin 1 become spaces.
  public static func appendHead(_ response: HTTPResponse, to buffer: inout [UInt8]) {
    let status = response.status
    buffer.append(contentsOf: "HTTP/1.1 ".utf8)
    buffer.append(0x30 + UInt8(status.code / 100))
    buffer.append(0x30 + UInt8(status.code / 10 % 10))
    buffer.append(0x30 + UInt8(status.code % 10))
    buffer.append(ASCII.space)
    let phrase = status.reasonPhrase.isEmpty ? ReasonPhrase.standard(for: status.code) : status.reasonPhrase
    for scalar in phrase.unicodeScalars {
      buffer.append(UInt8(exactly: scalar.value).flatMap { $0.isValueCharacter ? $0 : nil } ?? ASCII.space)
    }
    appendLineEnd(to: &buffer)
    appendFields(response.headerFields, to: &buffer)
  }

  /// Appends a line for each field.
  public static func appendFields(_ fields: HTTPFields, to buffer: inout [UInt8]) {
    for field in fields {
      buffer.append(contentsOf: field.name.rawName.utf8)
      buffer.append(ASCII.colon)
      buffer.append(ASCII.space)
      field.withUnsafeBytesOfValue { buffer.append(contentsOf: $0) }
      appendLineEnd(to: &buffer)
    }
  }

  /// Appends one chunk. Nothing is appended for no bytes: an empty chunk would end the body.
  public static func appendChunk(_ bytes: some Collection<UInt8>, to buffer: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    appendChunkHead(byteCount: bytes.count, to: &buffer)
    buffer.append(contentsOf: bytes)
    appendLineEnd(to: &buffer)
  }

  /// Appends the line before the bytes of a chunk, for callers that write these from where they are; CR LF follows them.
  /// - Precondition: `byteCount` is above 0.
  public static func appendChunkHead(byteCount: Int, to buffer: inout [UInt8]) {
    precondition(byteCount > 0, "an empty chunk would end the body")
    var shift = (Int.bitWidth - 1 - byteCount.leadingZeroBitCount) / 4 * 4
    while shift >= 0 {
      let digit = UInt8(byteCount >> shift & 0xF)
      buffer.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      shift -= 4
    }
    appendLineEnd(to: &buffer)
  }

  /// Appends the chunk that ends the body, and its trailers.
  public static func appendLastChunk(trailers: HTTPFields = [:], to buffer: inout [UInt8]) {
    buffer.append(0x30)
    appendLineEnd(to: &buffer)
    appendFields(trailers, to: &buffer)
    appendLineEnd(to: &buffer)
  }

  private static func appendLineEnd(to buffer: inout [UInt8]) {
    buffer.append(ASCII.carriageReturn)
    buffer.append(ASCII.lineFeed)
  }
}
