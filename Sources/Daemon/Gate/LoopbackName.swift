/// Host names that can only mean this machine.
public enum LoopbackName {
  /// Whether `host` (no port, no brackets) is `localhost` or a literal loopback address.
  ///
  /// Names that merely begin like an address (`127.evil.com`) are names, and names can be rebound by their owner's DNS.
  public static func isLoopback(_ host: String) -> Bool {
    let name = host.hasSuffix(".") ? String(host.dropLast()) : host
    return name.lowercased() == "localhost" || host == "::1" || isLoopbackV4(host)
  }

  private static func isLoopbackV4(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "127" else { return false }
    return parts.allSatisfy { part in
      (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) } && Int(part)! <= 255
    }
  }

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
