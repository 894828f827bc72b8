internal import LocalServer

/// Host names that can only mean this machine.
public enum LoopbackName {
  /// Whether `host` (no port, no brackets) is `localhost` or a literal loopback address. All other names can be rebound by
  /// their owner's DNS.
  public static func isLoopback(_ host: String) -> Bool {
    withoutRoot(host).lowercased() == "localhost" || ListenAddress.isLoopbackLiteral(host)
  }

  /// A name without the dot of the DNS root, which a browser sends when the user typed it.
  static func withoutRoot(_ host: String) -> String { host.hasSuffix(".") ? String(host.dropLast()) : host }

  /// Splits `host[:port]` as it stands in a Host field or an origin (RFC 3986 §3.2); `nil`: malformed.
  public static func split(_ authority: String) -> (host: String, port: UInt16?)? {
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      let host = String(authority[authority.index(after: authority.startIndex)..<end])
      return port(of: authority[authority.index(after: end)...]).map { (host, $0.value) }
    }
    let colon = authority.firstIndex(of: ":") ?? authority.endIndex
    return port(of: authority[colon...]).map { (String(authority[..<colon]), $0.value) }
  }

  private static func port(of rest: Substring) -> (value: UInt16?, Void)? {
    if rest.isEmpty { return (nil, ()) }
    guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let digits = rest.dropFirst()
    if digits.isEmpty { return (nil, ()) }
    return UInt16(digits).map { ($0, ()) }
  }
}
