public import HTTPTypes

/// The HTTP versions that are spoken here.
public enum HTTPVersion: Sendable, Equatable {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case http1_0
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case http1_1
}

/// A request's line and fields as they were received: one buffer of bytes and the places of the parts in it.
///
/// A string is made only where one is asked for; looking up fields allocates nothing. It is syntactically valid and holds
/// one Host field in HTTP/1.1.
public struct RequestHead: Sendable {
  /// The bytes from the method up to and including the empty line.
  public let bytes: [UInt8]
  let line: RequestLine
  let ranges: [FieldRange]
  private let nameLengths: NameLengths

  init(bytes: [UInt8], line: RequestLine, ranges: [FieldRange]) {
    self.bytes = bytes
    self.line = line
    self.ranges = ranges
    nameLengths = NameLengths(ranges)
  }

  /// Whether a field may have this name. Most look-ups are for fields that are not there, and end here.
  @inline(__always)
  func mayHold(_ name: StaticString) -> Bool { nameLengths.mayHold(name) }

  /// The version of the request line.
  public var version: HTTPVersion { line.version }

  /// The method, with its letter case. Up to 15 bytes make a string without allocating.
  public var method: String { String(decoding: bytes[line.method], as: UTF8.self) }

  /// Whether the method is exactly this; methods are case-sensitive (RFC 9110 §9.1).
  public func hasMethod(_ method: StaticString) -> Bool { bytes.span.equals(method, in: line.method) }

  /// Whether the connection may be used for another request after this one (RFC 9112 §9.3).
  public var keepsAlive: Bool {
    if hasToken("close", in: "Connection") { return false }
    return version == .http1_1 || hasToken("keep-alive", in: "Connection")
  }

  /// Whether the client waits for a 100 (Continue) before it sends the body (RFC 9110 §10.1.1).
  public var expectsContinue: Bool {
    version == .http1_1 && hasToken("100-continue", in: "Expect")
  }

  /// Whether `Expect` names anything; the empty list is allowed and asks for nothing (RFC 9110 §5.6.1.2).
  public var expectsAnything: Bool {
    var found = false
    forEachMember(of: "Expect") { _, member in found = found || !member.isEmpty }
    return found
  }

  /// All fields as values of the ecosystem's vocabulary: order, letter case and duplicates kept, values byte for byte.
  public func httpFields() -> HTTPFields { HTTPFields(ranges, in: bytes) }
}

/// Which lengths the field names of a head have, one bit each.
private struct NameLengths: Sendable {
  private var bits: UInt64 = 0

  init(_ ranges: [FieldRange]) {
    for range in ranges { bits |= Self.bit(range.name.count) }
  }

  @inline(__always)
  func mayHold(_ name: StaticString) -> Bool { bits & Self.bit(name.utf8CodeUnitCount) != 0 }

  @inline(__always)
  private static func bit(_ length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }
}

extension HTTPFields {
  init(_ ranges: [FieldRange], in bytes: [UInt8]) {
    self.init()
    reserveCapacity(ranges.count)
    for range in ranges {
      // The scanner lets only token characters into a name, so this never skips a field.
      guard let name = HTTPField.Name(String(decoding: bytes[range.name], as: UTF8.self)) else { continue }
      let value = bytes[range.value]
      // Made from a string, an ASCII value costs a fifth less than from bytes; others stay as they are.
      if value.allSatisfy({ $0 < 0x80 }) {
        append(HTTPField(name: name, value: String(decoding: value, as: UTF8.self)))
      } else {
        append(HTTPField(name: name, value: value))
      }
    }
  }
}
