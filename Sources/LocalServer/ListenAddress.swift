internal import Glibc

/// Where the server listens.
public enum ListenAddress: Sendable, Hashable {
  /// A literal IPv4 or IPv6 address (without brackets) or `localhost`, which means both loopback addresses. Port 0: any
  /// free port.
  case tcp(host: String, port: UInt16)
  /// A Unix stream socket at this file path (107 bytes at most).
  case unix(path: String)

  /// Reads `127.0.0.1:8484`, `[::1]:8484`, `localhost:8484` or `unix:/run/user/1000/name.sock`.
  /// - Throws: An error whose text says which forms are expected. Names other than `localhost` are not looked up.
  public init(parsing text: String) throws(ListenAddressError) {
    if let path = text.droppingPrefix("unix:") {
      self = try Self.unixAddress(path, written: text)
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
      throw ListenAddressError(written: text, reason: "no port")
    }
    self = .tcp(host: try Self.host(text[..<colon], written: text), port: port)
  }

  /// Whether only processes on this machine can reach the address.
  public var isLoopback: Bool {
    switch self {
    case .unix: true
    case .tcp(let host, _): host == "localhost" || Self.isLoopbackLiteral(host)
    }
  }

  /// Whether a text (no brackets, no port) is a literal address of 127.0.0.0/8 or ::1 in any of its spellings (RFC 4291
  /// §2.2, §2.5.3).
  ///
  /// Texts that merely begin like an address (`127.evil.com`) are names; so are `127.1` and `0x7f.0.0.1`, which only some
  /// resolvers take for addresses. An IPv4 address inside an IPv6 one counts as neither.
  public static func isLoopbackLiteral(_ text: String) -> Bool {
    var (v4, v6) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: v4) { $0[0] == 127 } }
    guard inet_pton(AF_INET6, text, &v6) == 1 else { return false }
    return withUnsafeBytes(of: v6) { $0.last == 1 && $0.dropLast().allSatisfy { $0 == 0 } }
  }

  /// A literal address in its usual spelling (RFC 5952 §4); nil: it is none.
  public static func canonicalLiteral(_ text: String) -> String? {
    for family in [AF_INET, AF_INET6] {
      var address = in6_addr()  // large enough for both
      var spelled = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
      guard inet_pton(family, text, &address) == 1,
        inet_ntop(family, &address, &spelled, socklen_t(spelled.count)) != nil
      else { continue }
      return String(decoding: spelled.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return nil
  }

  private static func unixAddress(_ path: String, written: String) throws(ListenAddressError) -> ListenAddress {
    guard path.hasPrefix("/") else { throw ListenAddressError(written: written, reason: "the path is not absolute") }
    guard path.utf8.count <= unixPathBytesMax else {
      throw ListenAddressError(written: written, reason: "the path is longer than \(unixPathBytesMax) bytes")
    }
    guard !path.utf8.contains(0) else { throw ListenAddressError(written: written, reason: "the path holds a NUL") }
    return .unix(path: path)
  }

  private static func port(_ digits: Substring) -> UInt16? {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt16(digits)
  }

  private static func host(_ text: Substring, written: String) throws(ListenAddressError) -> String {
    if text == "localhost" { return "localhost" }
    if text.hasPrefix("["), text.hasSuffix("]") {
      let literal = String(text.dropFirst().dropLast())
      guard isLiteral(literal, family: AF_INET6) else {
        throw ListenAddressError(written: written, reason: "not an IPv6 address between the brackets")
      }
      return literal
    }
    guard isLiteral(String(text), family: AF_INET) else {
      let reason = text.contains(":") ? "an IPv6 address needs brackets" : "not an address"
      throw ListenAddressError(written: written, reason: reason)
    }
    return String(text)
  }

  static func isLiteral(_ text: String, family: CInt) -> Bool {
    var bytes = in6_addr()
    return inet_pton(family, text, &bytes) == 1
  }

  /// `sun_path` holds 108 bytes, the last one a NUL.
  static let unixPathBytesMax = 107
}

extension ListenAddress: CustomStringConvertible {
  /// The form that `init(parsing:)` reads.
  public var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }
}

/// A text that is no listening address.
public struct ListenAddressError: Error, Sendable, Hashable, CustomStringConvertible {
  let written: String
  let reason: String

  public var description: String {
    "\"\(written)\" is not a listening address: \(reason). "
      + "Expected 127.0.0.1:8484, [::1]:8484, localhost:8484 or unix:/path/to/socket."
  }
}

extension String {
  func droppingPrefix(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
