/// An HTTP proxy through which connections to an `https` origin are made (`CONNECT`, RFC 9110 §9.3.6).
///
/// TLS is spoken with the origin, through the proxy: the proxy learns the origin's name, and nothing that is said.
public struct ProxyAddress: Sendable, Hashable {
  public let host: String
  public let port: Int
  /// What the proxy is told in `Proxy-Authorization`; never shown.
  let user: User?

  struct User: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let name: String
    let password: String

    var description: String { "<redacted>" }
    var customMirror: Mirror { Mirror(self, children: []) }
  }

  /// Reads `http://proxy.test:3128` or `http://name:password@proxy.test:3128`. Without a scheme it is `http`, without a port 80,
  /// without a password an empty one.
  public init(parsing text: String) throws(ProxyAddressError) {
    var rest = text[...]
    if rest.hasSuffix("/") { rest.removeLast() }
    if let scheme = rest.firstRange(of: "://") {
      guard rest[..<scheme.lowerBound].lowercased() == "http" else { throw ProxyAddressError() }
      rest = rest[scheme.upperBound...]
    }
    var user: User?
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = parts[0].percentDecoded, let password = (parts.count == 2 ? parts[1] : "").percentDecoded else {
        throw ProxyAddressError()
      }
      user = User(name: name, password: password)
      rest = rest[rest.index(after: at)...]
    }
    guard let place = try? Origin(parsing: "http://\(rest)") else { throw ProxyAddressError() }  // the same syntax
    (host, port, self.user) = (place.host, place.port, user)
  }

  /// The proxy that the environment names for an origin: `HTTPS_PROXY` or `https_proxy`, unless `NO_PROXY` or `no_proxy`
  /// takes the origin out. Origins that are not `https` or are on this machine have none.
  /// - Throws: `ProxyAddressError`: the variable is no proxy.
  public init?(environment: [String: String], for origin: String) throws(ProxyAddressError) {
    guard let text = Self.first(["HTTPS_PROXY", "https_proxy"], environment), let origin = try? Origin(parsing: origin),
      origin.usesTLS, !Self.isTakenOut(origin, by: Self.first(["NO_PROXY", "no_proxy"], environment) ?? "")
    else { return nil }  // an origin that cannot be read is told elsewhere
    self = try ProxyAddress(parsing: text)
  }

  private static func first(_ names: [String], _ environment: [String: String]) -> String? {
    names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
  }

  /// Whether a list such as `localhost,.corp.test,10.0.0.7:8443` names the origin: a name stands for itself and all below it,
  /// `*` for everything.
  static func isTakenOut(_ origin: Origin, by list: String) -> Bool {
    let host = origin.host.lowercased()
    if host == "localhost" || host.hasPrefix("127.") || host == "::1" { return true }
    return list.lowercased().split { $0 == "," || $0 == " " }.contains { entry in
      if entry == "*" { return true }
      var name = entry
      // A port, unless the entry is an IPv6 address without one.
      if let colon = name.lastIndex(of: ":"),
        name.hasPrefix("[") ? name[colon...].count > 1 && !name.hasSuffix("]") : name.firstIndex(of: ":") == colon
      {
        guard Int(name[name.index(after: colon)...]) == origin.port else { return false }
        name = name[..<colon]
      }
      if name.hasPrefix("[") { name = name.dropFirst().dropLast() }
      if name.hasPrefix("*.") { name = name.dropFirst() }
      let bare = name.hasPrefix(".") ? name.dropFirst() : name
      return !bare.isEmpty && (host == bare || host.hasSuffix(".\(bare)"))
    }
  }
}

extension ProxyAddress: CustomStringConvertible {
  /// Without name and password.
  public var description: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

/// A text that is no HTTP proxy. Does not quote it: it may hold a password.
public struct ProxyAddressError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is expected instead.
  public var description: String { "not an HTTP proxy: expected host and port, such as http://proxy.test:3128" }
}

extension Substring {
  /// RFC 3986 §2.1; nil: a `%` without two digits, or bytes that are no UTF-8.
  fileprivate var percentDecoded: String? {
    var bytes: [UInt8] = []
    var rest = utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
