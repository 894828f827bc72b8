/// Scheme, host and port of the API server, or the Unix socket of a local one.
struct Origin: Sendable, Hashable {
  var usesTLS: Bool
  /// Without the brackets of an IPv6 literal.
  var host: String
  var port: Int
  var socketPath: String?

  /// Reads `https://api.chatroutes.com`, `http://127.0.0.1:8484` or `unix:/run/api.sock`; a trailing slash is accepted, a
  /// path of a URL is not.
  init(parsing text: String) throws(OriginError) {
    if text.hasPrefix("unix:/") {
      let path = String(text.dropFirst(5))
      guard path.utf8.count <= Self.socketPathBytesMax, !path.utf8.contains(0) else { throw OriginError() }
      (usesTLS, host, port, socketPath) = (false, "localhost", 80, path)
      return
    }
    let scheme: Substring
    if text.lowercased().hasPrefix("https://") {
      (usesTLS, scheme) = (true, text.prefix(8))
    } else if text.lowercased().hasPrefix("http://") {
      (usesTLS, scheme) = (false, text.prefix(7))
    } else {
      throw OriginError()
    }
    var authority = text.dropFirst(scheme.count)
    if authority.hasSuffix("/") { authority.removeLast() }
    guard authority.utf8.allSatisfy(Self.isAuthorityByte) else { throw OriginError() }

    let portText: Substring
    if authority.hasPrefix("[") {
      guard let bracket = authority.firstIndex(of: "]") else { throw OriginError() }
      host = String(authority[authority.index(after: authority.startIndex)..<bracket])
      portText = authority[authority.index(after: bracket)...]
    } else {
      let colon = authority.firstIndex(of: ":") ?? authority.endIndex
      host = String(authority[..<colon])
      portText = authority[colon...]
    }
    guard !host.isEmpty else { throw OriginError() }
    port = try Self.port(after: portText, default: usesTLS ? 443 : 80)
  }

  /// What fits into the kernel's address of a Unix socket, with its final zero.
  private static let socketPathBytesMax = 107

  private static func isAuthorityByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
      true
    default: false
    }
  }

  private static func port(after text: Substring, default standard: Int) throws(OriginError) -> Int {
    if text.isEmpty { return standard }
    guard text.hasPrefix(":"), let port = UInt16(text.dropFirst()), port > 0 else { throw OriginError() }
    return Int(port)
  }

  private var hostText: String { host.contains(":") ? "[\(host)]" : host }

  /// The value of `Host`: the port only where it is not the scheme's own (RFC 9110 §7.2).
  var authority: String { port == (usesTLS ? 443 : 80) ? hostText : "\(hostText):\(port)" }

  /// The origin as a URL that ends in a slash, as AsyncHTTPClient reads it.
  var rootURL: String {
    guard let socketPath else { return "\(usesTLS ? "https" : "http")://\(hostText):\(port)/" }
    let encoded = socketPath.utf8.map { byte in
      Self.isUnreserved(byte) ? String(UnicodeScalar(byte)) : "%" + Self.hexadecimal(byte)
    }
    return "http+unix://\(encoded.joined())/"
  }

  /// What stands for itself in a URL (RFC 3986 §2.3).
  private static func isUnreserved(_ byte: UInt8) -> Bool {
    isAuthorityByte(byte) && ![UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]")].contains(byte)
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}

/// The text given as origin is not one. Does not quote it: it might hold a password.
public struct OriginError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is expected instead.
  public var description: String {
    "not an origin: expected scheme, host and optional port without a path, such as https://api.chatroutes.com, "
      + "or unix:/path"
  }
}
