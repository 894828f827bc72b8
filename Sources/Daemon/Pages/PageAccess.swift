internal import Crypto
public import Foundation
internal import Synchronization
internal import WireFormats

/// Who may see the pages: a browser that came through a link of `chatroutesd open`.
///
/// The command and the daemon share a secret file that only the user can read. The link carries a ticket made from it,
/// good once and for a minute; the daemon trades it for a cookie.
public final class PageAccess: Sendable {
  static let cookieName = "chatroutesd_page"
  static let ticketLifetime = Duration.seconds(60)
  /// Tickets remembered as used; each is forgotten when it would have expired anyway.
  static let usedMax = 1024

  private let key: SymmetricKey
  private let used = Mutex<[String: Int64]>([:])

  /// - Parameter secret: 32 random bytes kept beside the database.
  public init(secret: [UInt8]) { key = SymmetricKey(data: secret) }

  /// A ticket for one visit: `expiry.nonce.mac`.
  public func ticket(at now: Date = Date()) -> String {
    let expiry = Int64(now.timeIntervalSince1970) + Self.ticketLifetime.components.seconds
    let nonce = Self.hex((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    return "\(expiry).\(nonce).\(mac("ticket \(expiry) \(nonce)"))"
  }

  /// Takes a ticket; it is good once.
  /// - Returns: the value of the cookie to set; `nil`: the ticket is wrong, old or used.
  func redeem(_ ticket: String, at now: Date = Date()) -> String? {
    let parts = ticket.split(separator: ".").map(String.init)
    let seconds = Int64(now.timeIntervalSince1970)
    guard parts.count == 3, let expiry = Int64(parts[0]), expiry >= seconds,
      isEqual(parts[2], mac("ticket \(expiry) \(parts[1])"))
    else { return nil }
    let isNew = used.withLock { used in
      used = used.filter { $0.value >= seconds }
      guard used.count < Self.usedMax else { return false }
      return used.updateValue(expiry, forKey: parts[1]) == nil
    }
    return isNew ? mac("cookie \(parts[1])") + parts[1] : nil
  }

  /// Whether a request carries a cookie that was traded for a ticket.
  func admits(_ head: RequestHead) -> Bool {
    guard let cookies = head.firstText("cookie") else { return false }
    return cookies.split(separator: ";").contains { pair in
      let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[0] == Self.cookieName, parts[1].utf8.count > 64 else { return false }
      return isEqual(String(parts[1].prefix(64)), mac("cookie \(parts[1].dropFirst(64))"))
    }
  }

  private func mac(_ text: String) -> String {
    Self.hex(Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)))
  }

  private func isEqual(_ left: String, _ right: String) -> Bool {
    ConstantTime.equal(Array(left.utf8)[...], Array(right.utf8)[...])
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
