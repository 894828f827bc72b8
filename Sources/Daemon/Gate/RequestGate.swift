internal import HTTPTypes
internal import LocalServer
public import WireFormats

/// Lets local apps in and keeps web pages out: loopback is not a wall, any page in any browser can reach it.
///
/// A class: each request takes it from where a reload replaces it, and one reference is taken faster than three fields.
public final class RequestGate: Sendable {
  private let allowedHosts: Set<String>
  private let allowedOrigins: Set<String>
  private let localToken: Secret?

  /// - Parameter localToken: when set, every caller must send it in `X-Chatroutesd-Token`.
  public init(allowedHosts: [String] = [], allowedOrigins: [String] = [], localToken: Secret? = nil) {
    self.allowedHosts = Set(allowedHosts.map(Self.hostKey))
    self.allowedOrigins = Set(allowedOrigins.map { $0.lowercased() })
    self.localToken = localToken
  }

  /// Why this request is refused; `nil`: it may pass. The text names the setting that would allow it.
  /// - Parameter needsToken: false for a page whose browser proves itself by a cookie or a ticket instead.
  public func refusal(of head: RequestHead, needsToken: @autoclosure () -> Bool = true) -> Refusal? {
    if !hostIsLocal(head) {
      return Refusal(
        status: 421, message: "this Host is not this machine. Use 127.0.0.1, or list the name in allowed-hosts.")
    }
    if head.count("sec-fetch-site") > 0, head.hasToken("cross-site", in: "sec-fetch-site"), !originIsListed(head) {
      return Refusal(
        status: 403, message: "a web page of another site may not call. List its origin in allowed-origins.")
    }
    if !originIsAllowed(head) {
      return Refusal(status: 403, message: "this Origin may not call. List it in allowed-origins.")
    }
    if localToken != nil, needsToken(), !tokenIsRight(head) {
      return Refusal(
        status: 403,
        message: "the local token is missing or wrong. Send it in X-Chatroutesd-Token (see local-token-file).")
    }
    return nil
  }

  private func hostIsLocal(_ head: RequestHead) -> Bool {
    // A target of absolute form overrules Host, which must then be ignored (RFC 9112 §3.2.2). No browser sends one to an
    // origin server.
    // An HTTP/1.0 tool that sends no Host cannot be a browser; every browser of this century sends one.
    return head.host.map(isLocal) ?? (head.version == .http1_0)
  }

  private func isLocal(_ authority: ArraySlice<UInt8>) -> Bool {
    if Self.isPlainLoopback(authority) { return true }
    guard let (host, _) = LoopbackName.split(String(decoding: authority, as: UTF8.self)) else { return false }
    return LoopbackName.isLoopback(host) || allowedHosts.contains(Self.hostKey(host))
  }

  /// Names are compared without letter case and the dot of the root, addresses in their usual spelling.
  private static func hostKey(_ host: String) -> String {
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let name = LoopbackName.withoutRoot((isBracketed ? String(host.dropFirst().dropLast()) : host).lowercased())
    return ListenAddress.canonicalLiteral(name) ?? name
  }

  /// `127.0.0.1` with or without a port: what nearly every app sends, seen without making a string.
  private static func isPlainLoopback(_ host: ArraySlice<UInt8>) -> Bool {
    guard host.starts(with: plainLoopback) else { return false }
    let rest = host.dropFirst(plainLoopback.count)
    guard let first = rest.first else { return true }
    return first == UInt8(ascii: ":") && rest.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
  }

  private static let plainLoopback = Array("127.0.0.1".utf8)

  private func originIsAllowed(_ head: RequestHead) -> Bool {
    guard head.count("origin") > 0 else { return true }
    return originIsListed(head) || originIsSame(head)
  }

  private func originIsListed(_ head: RequestHead) -> Bool {
    guard !allowedOrigins.isEmpty, head.count("origin") == 1, let origin = head.firstText("origin") else {
      return false
    }
    return allowedOrigins.contains(origin.lowercased())
  }

  private func originIsSame(_ head: RequestHead) -> Bool {
    guard head.count("origin") == 1, let origin = head.firstText("origin"), let host = head.hostText else {
      return false
    }
    return origin.lowercased() == "http://" + host.lowercased()
  }

  private func tokenIsRight(_ head: RequestHead) -> Bool {
    guard let localToken else { return true }
    guard let sent = head.first("x-chatroutesd-token") else { return false }
    return ConstantTime.equal(sent, Array(localToken.revealed.utf8)[...])
  }
}

/// An answer of the gate: the status and what the caller can do.
public struct Refusal: Sendable, Equatable {
  public let status: Int
  public let message: String
}

/// Comparison whose time does not tell where two secrets differ.
public enum ConstantTime {
  public static func equal(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left, right) { difference |= a ^ b }
    return difference == 0
  }
}
