/// How a request target names its resource (RFC 9112 §3.2). CONNECT's authority-form never gets this far.
enum TargetForm: Sendable, Equatable {
  case origin
  /// Offsets of the authority's first byte and of the one behind its last, into the head's bytes.
  case absolute(authorityStart: UInt32, authorityEnd: UInt32)
  case asterisk

  /// - Throws: `.invalidTarget` for any other form, for `*` without OPTIONS, and for an authority with user information
  ///   (RFC 9110 §4.2.4) or without a host.
  init(of target: Range<Int>, method: Range<Int>, in bytes: Span<UInt8>) throws(HTTPParseError) {
    if bytes[target.lowerBound] == ASCII.slash {
      self = .origin
    } else if bytes.equals("*", in: target) {
      guard bytes.equals("OPTIONS", in: method) else { throw .invalidTarget }
      self = .asterisk
    } else {
      let authority = try Self.authority(of: target, in: bytes)
      self = .absolute(authorityStart: UInt32(authority.lowerBound), authorityEnd: UInt32(authority.upperBound))
    }
  }

  private static func authority(of target: Range<Int>, in bytes: Span<UInt8>) throws(HTTPParseError) -> Range<Int> {
    let start: Int
    if bytes.hasPrefix("http://", in: target) {
      start = target.lowerBound + 7
    } else if bytes.hasPrefix("https://", in: target) {
      start = target.lowerBound + 8
    } else {
      throw .invalidTarget
    }
    var end = start
    while end < target.upperBound, !bytes[end].endsAuthority { end += 1 }
    guard start < end, bytes.isHostAndPort(start..<end) else { throw .invalidTarget }
    return start..<end
  }
}

extension UInt8 {
  fileprivate var endsAuthority: Bool { self == ASCII.slash || self == ASCII.question || self == UInt8(ascii: "#") }

  /// A character of a registered name that stands for itself: `unreserved` or `sub-delims` (RFC 3986 §3.2.2).
  fileprivate var isNameCharacter: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
    case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
      UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), ASCII.comma, UInt8(ascii: ";"), UInt8(ascii: "="):
      true
    default: false
    }
  }
}

extension Span<UInt8> {
  /// Whether `range` holds exactly this text, letter case included.
  func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count where self[range.lowerBound + offset] != text.utf8Start[offset] { return false }
    return true
  }

  /// Whether `range` begins with this text, letters compared without their case.
  func hasPrefix(_ text: StaticString, in range: Range<Int>) -> Bool {
    range.count >= text.utf8CodeUnitCount
      && matches(text, in: range.lowerBound..<range.lowerBound + text.utf8CodeUnitCount)
  }

  /// Whether `range` is a host that is not empty with an optional port (RFC 9110 §7.2, RFC 3986 §3.2).
  ///
  /// Of IP literals only IPv6 is taken: nobody has ever assigned another version.
  func isHostAndPort(_ range: Range<Int>) -> Bool {
    guard let hostEnd = endOfHost(in: range), hostEnd > range.lowerBound else { return false }
    guard hostEnd < range.upperBound else { return true }
    guard self[hostEnd] == ASCII.colon else { return false }
    for index in hostEnd + 1..<range.upperBound where !self[index].isDigit { return false }
    return true
  }

  /// Where the host at the start of `range` ends; nil: it is malformed.
  private func endOfHost(in range: Range<Int>) -> Int? {
    if self[range.lowerBound] == UInt8(ascii: "[") { return endOfAddressLiteral(in: range) }
    var index = range.lowerBound
    while index < range.upperBound, self[index] != ASCII.colon {
      if self[index] == UInt8(ascii: "%") {
        guard index + 2 < range.upperBound, self[index + 1].hexadecimalValue != nil,
          self[index + 2].hexadecimalValue != nil
        else { return nil }
        index += 3
      } else {
        guard self[index].isNameCharacter else { return nil }
        index += 1
      }
    }
    return index
  }

  private func endOfAddressLiteral(in range: Range<Int>) -> Int? {
    var index = range.lowerBound + 1
    var colons = 0
    while index < range.upperBound, self[index] != UInt8(ascii: "]") {
      let byte = self[index]
      guard byte == ASCII.colon || byte == UInt8(ascii: ".") || byte.hexadecimalValue != nil else { return nil }
      if byte == ASCII.colon { colons += 1 }
      index += 1
    }
    // The longest text of an IPv6 address has 45 characters (RFC 4291 §2.2, with a dotted end).
    guard index < range.upperBound, colons >= 2, index - range.lowerBound - 1 <= 45 else { return nil }
    return index + 1
  }
}
