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

  init(bytes: [UInt8], line: RequestLine, ranges: [FieldRange]) {
    self.bytes = bytes
    self.line = line
    self.ranges = ranges
  }

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

  /// All fields as values of the ecosystem's vocabulary: order, letter case and duplicates kept, values byte for byte.
  public func httpFields() -> HTTPFields { HTTPFields(ranges, in: bytes) }
}

extension HTTPFields {
  init(_ ranges: [FieldRange], in bytes: [UInt8]) {
    self.init()
    reserveCapacity(ranges.count)
    for range in ranges {
      // The scanner lets only token characters into a name, so this never skips a field.
      guard let name = HTTPField.Name(String(decoding: bytes[range.name], as: UTF8.self)) else { continue }
      append(HTTPField(name: name, value: bytes[range.value]))
    }
  }
}
