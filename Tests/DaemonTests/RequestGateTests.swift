import Testing
import WireFormats

@testable import Daemon

/// Who may call, as one table. *Listed* means: `allowed-hosts` devbox.lan, `allowed-origins` http://app.test:3000 and
/// chrome-extension://abc; *token* means: `local-token-file` with s3cret.
@Suite struct RequestGateTests {
  enum Gate: Sendable {
    case plain, listed, token

    var gate: RequestGate {
      switch self {
      case .plain: RequestGate()
      case .listed:
        RequestGate(
          allowedHosts: ["Devbox.lan", "[FE80::0:1]"],
          allowedOrigins: ["http://App.test:3000", "chrome-extension://abc"])
      case .token: RequestGate(localToken: Secret("s3cret"))
      }
    }
  }

  /// What comes of it; a refusal names the setting that would allow the request.
  enum Outcome: Sendable, Equatable {
    case passes
    case host, origin, site, token
    /// The parser refuses it before the gate sees it.
    case malformed

    var refusal: (status: Int, setting: String)? {
      switch self {
      case .passes, .malformed: nil
      case .host: (421, "allowed-hosts")
      case .origin, .site: (403, "allowed-origins")
      case .token: (403, "local-token-file")
      }
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var gate: Gate
    var target: String
    var fields: [String]
    var outcome: Outcome
    var version: String

    init(_ gate: Gate, _ target: String, _ fields: [String], _ outcome: Outcome, version: String = "1.1") {
      (self.gate, self.target, self.fields, self.outcome, self.version) = (gate, target, fields, outcome, version)
    }

    init(_ gate: Gate, _ fields: [String], _ outcome: Outcome, version: String = "1.1") {
      self.init(gate, "/", fields, outcome, version: version)
    }

    var testDescription: String { "\(gate) \(target) \(fields)" }
  }

  static let table: [Row] = [
    // Host: what can only mean this machine.
    Row(.plain, ["Host: 127.0.0.1"], .passes),
    Row(.plain, ["Host: 127.0.0.1:8484"], .passes),
    Row(.plain, ["Host: 127.0.0.1:"], .passes),
    Row(.plain, ["Host: 127.0.0.1:1"], .passes),  // another port: forwarded by ssh -L or a container
    Row(.plain, ["Host: 127.9.8.7:80"], .passes),
    Row(.plain, ["Host: localhost"], .passes),
    Row(.plain, ["Host: LocalHost:8484"], .passes),
    Row(.plain, ["Host: localhost."], .passes),
    Row(.plain, ["Host: localhost.:8484"], .passes),
    Row(.plain, ["Host: [::1]"], .passes),
    Row(.plain, ["Host: [::1]:8484"], .passes),
    Row(.plain, ["Host: [0:0:0:0:0:0:0:1]:8484"], .passes),
    Row(.plain, ["Host: [0::0001]"], .passes),
    Row(.plain, [], .passes, version: "1.0"),  // no browser: they all send Host
    // Host: names whose owner's DNS may say anything (rebinding), and addresses that only resemble.
    Row(.plain, ["Host: evil.com"], .host),
    Row(.plain, ["Host: evil.com:8484"], .host),
    Row(.plain, ["Host: 127.evil.com"], .host),
    Row(.plain, ["Host: 127.0.0.1.evil.com"], .host),
    Row(.plain, ["Host: 127.0.0.1.nip.io:8484"], .host),
    Row(.plain, ["Host: 127-0-0-1.local-ip.test"], .host),
    Row(.plain, ["Host: localhost.evil.com"], .host),
    Row(.plain, ["Host: evil.localhost"], .host),
    Row(.plain, ["Host: notlocalhost"], .host),
    Row(.plain, ["Host: localhost.."], .host),
    Row(.plain, ["Host: 127.0.0.1."], .host),
    Row(.plain, ["Host: 127.1"], .host),
    Row(.plain, ["Host: 127.0.0.256"], .host),
    Row(.plain, ["Host: 127.0.0.01"], .host),
    Row(.plain, ["Host: 0177.0.0.1"], .host),
    Row(.plain, ["Host: 0x7f.0.0.1"], .host),
    Row(.plain, ["Host: 2130706433"], .host),
    Row(.plain, ["Host: 0.0.0.0"], .host),
    Row(.plain, ["Host: 192.168.0.2:8484"], .host),
    Row(.plain, ["Host: 128.0.0.1"], .host),
    Row(.plain, ["Host: [::]"], .host),
    Row(.plain, ["Host: [::2]"], .host),
    Row(.plain, ["Host: [::ffff:127.0.0.1]"], .host),
    Row(.plain, ["Host: [::127.0.0.1]"], .host),
    Row(.plain, ["Host: [fe80::1]"], .host),
    Row(.plain, ["Host: "], .host),
    Row(.plain, ["Host: :8484"], .malformed),
    Row(.plain, ["Host: user@127.0.0.1"], .malformed),
    Row(.plain, ["Host: 127.0.0.1, evil.com"], .malformed),
    Row(.plain, ["Host: 127.0.0.1/evil.com"], .malformed),
    Row(.plain, ["Host: [::1"], .malformed),
    Row(.plain, ["Host: ::1"], .malformed),
    Row(.plain, ["Host: 127.0.0.1", "Host: evil.com"], .malformed),
    Row(.plain, ["Host: 127.0.0.1", "Host: 127.0.0.1"], .malformed),
    Row(.plain, [], .malformed),
    // Host: listed names.
    Row(.listed, ["Host: devbox.lan:8484"], .passes),
    Row(.listed, ["Host: DEVBOX.lan."], .passes),
    Row(.listed, ["Host: [fe80::1]:8484"], .passes),
    Row(.listed, ["Host: [fe80:0::1]"], .passes),
    Row(.listed, ["Host: [fe80::2]"], .host),
    Row(.listed, ["Host: 127.0.0.1"], .passes),
    Row(.listed, ["Host: sub.devbox.lan"], .host),
    Row(.listed, ["Host: devbox.lan.evil.com"], .host),
    // Targets of absolute form: they count, and Host does not (RFC 9112 §3.2.2).
    Row(.plain, "http://127.0.0.1:8484/api/v1/conversations", ["Host: 127.0.0.1:8484"], .passes),
    Row(.plain, "http://localhost/", ["Host: 127.0.0.1"], .passes),
    Row(.plain, "http://evil.com/", ["Host: 127.0.0.1"], .host),
    Row(.plain, "http://evil.com/api/v1/conversations", ["Host: localhost:8484"], .host),
    Row(.plain, "http://127.0.0.1/", ["Host: evil.com"], .passes),
    Row(.plain, "http://127.0.0.1:8484/", ["Host: evil.com", "Origin: http://evil.com"], .origin),
    Row(.plain, "http://127.0.0.1:8484/", ["Host: evil.com", "Sec-Fetch-Site: cross-site"], .site),
    Row(.plain, "http://127.evil.com:8484/", ["Host: 127.evil.com:8484"], .host),
    Row(.plain, "http://127.0.0.1/", [], .passes, version: "1.0"),
    Row(.plain, "http://evil.com/", [], .host, version: "1.0"),
    Row(.listed, "http://devbox.lan/", ["Host: devbox.lan"], .passes),
    // Origin: none, the same, or listed; the whole of it counts.
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: http://127.0.0.1:8484"], .passes),
    Row(.plain, ["Host: LOCALHOST:8484", "Origin: http://localhost:8484"], .passes),
    Row(.plain, ["Host: [::1]:8484", "Origin: http://[::1]:8484"], .passes),
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: https://evil.com"], .origin),
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: http://127.0.0.1:8484.evil.com"], .origin),
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: http://127.0.0.1:9999"], .origin),
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: http://127.0.0.1"], .origin),
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: http://localhost:8484"], .origin),
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: https://127.0.0.1:8484"], .origin),
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: null"], .origin),
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: "], .origin),
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: chrome-extension://abc"], .origin),
    Row(.plain, ["Host: 127.0.0.1:8484", "Origin: http://127.0.0.1:8484, http://evil.com"], .origin),
    Row(
      .plain, ["Host: 127.0.0.1:8484", "Origin: http://127.0.0.1:8484", "Origin: http://evil.com"], .origin),
    Row(.plain, "http://127.0.0.1:8484/", ["Host: 127.0.0.1:9", "Origin: http://127.0.0.1:9"], .origin),
    Row(.listed, ["Host: 127.0.0.1:8484", "Origin: http://app.test:3000"], .passes),
    Row(.listed, ["Host: 127.0.0.1:8484", "Origin: HTTP://APP.test:3000"], .passes),
    Row(.listed, ["Host: 127.0.0.1:8484", "Origin: chrome-extension://abc"], .passes),
    Row(.listed, ["Host: 127.0.0.1:8484", "Origin: http://app.test"], .origin),
    Row(.listed, ["Host: 127.0.0.1:8484", "Origin: https://app.test:3000"], .origin),
    Row(.listed, ["Host: evil.com", "Origin: http://app.test:3000"], .host),
    // Sec-Fetch-Site: what a browser says of a request that carries no Origin.
    Row(.plain, ["Host: 127.0.0.1", "Sec-Fetch-Site: same-origin"], .passes),
    Row(.plain, ["Host: 127.0.0.1", "Sec-Fetch-Site: same-site"], .passes),
    Row(.plain, ["Host: 127.0.0.1", "Sec-Fetch-Site: none"], .passes),
    Row(.plain, ["Host: 127.0.0.1", "Sec-Fetch-Site: cross-site"], .site),
    Row(.plain, ["Host: 127.0.0.1", "Sec-Fetch-Site: Cross-Site"], .site),
    Row(.plain, ["Host: 127.0.0.1", "Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"], .site),
    Row(.plain, ["Host: 127.0.0.1", "Sec-Fetch-Site: cross-site", "Origin: http://127.0.0.1"], .site),
    Row(.listed, ["Host: 127.0.0.1", "Sec-Fetch-Site: cross-site"], .site),
    Row(.listed, ["Host: 127.0.0.1", "Sec-Fetch-Site: cross-site", "Origin: http://app.test:3000"], .passes),
    Row(.listed, ["Host: 127.0.0.1", "Sec-Fetch-Site: cross-site", "Origin: http://evil.com"], .site),
    // The local token: beside everything else, not instead of it.
    Row(.token, ["Host: localhost", "X-Chatroutesd-Token: s3cret"], .passes),
    Row(.token, ["Host: localhost"], .token),
    Row(.token, ["Host: localhost", "X-Chatroutesd-Token: "], .token),
    Row(.token, ["Host: localhost", "X-Chatroutesd-Token: s3creT"], .token),
    Row(.token, ["Host: localhost", "X-Chatroutesd-Token: s3cre"], .token),
    Row(.token, ["Host: localhost", "X-Chatroutesd-Token: s3crets"], .token),
    Row(.token, ["Host: localhost", "X-Chatroutesd-Token: no", "X-Chatroutesd-Token: s3cret"], .token),
    Row(.token, ["Host: localhost", "Authorization: Bearer s3cret"], .token),
    Row(.token, "/?token=s3cret", ["Host: localhost"], .token),
    Row(.token, ["Host: evil.com", "X-Chatroutesd-Token: s3cret"], .host),
    Row(.token, ["Host: localhost", "Origin: null", "X-Chatroutesd-Token: s3cret"], .origin),
    Row(.plain, ["Host: localhost", "X-Chatroutesd-Token: whatever"], .passes),
  ]

  @Test(arguments: table) func whoMayCall(row: Row) throws {
    let parsed = Self.parsed(row.fields, version: row.version, target: row.target)
    guard row.outcome != .malformed else { return #expect(parsed == nil) }
    let refusal = row.gate.gate.refusal(of: try #require(parsed))
    guard let expected = row.outcome.refusal else {
      #expect(refusal == nil)
      return
    }
    let found = try #require(refusal)
    #expect(found.status == expected.status)
    #expect(found.message.contains(expected.setting))
    #expect(!found.message.contains("s3cret"))
  }

  /// The pages' cookie stands for the token only; Host and Origin count all the same.
  @Test func aPageCookieStandsForTheTokenAlone() {
    let gate = Gate.token.gate
    #expect(gate.refusal(of: Self.head(["Host: localhost"]), needsToken: false) == nil)
    #expect(gate.refusal(of: Self.head(["Host: evil.com"]), needsToken: false)?.status == 421)
    #expect(gate.refusal(of: Self.head(["Host: localhost", "Origin: null"]), needsToken: false)?.status == 403)
  }

  static func head(_ lines: String..., version: String = "1.1", target: String = "/") -> RequestHead {
    head(lines, version: version, target: target)
  }

  private static func head(_ lines: [String], version: String = "1.1", target: String = "/") -> RequestHead {
    guard let head = parsed(lines, version: version, target: target) else {
      preconditionFailure("the test's head is malformed: \(lines)")
    }
    return head
  }

  private static func parsed(_ lines: [String], version: String, target: String) -> RequestHead? {
    var parser = RequestParser()
    let text = "GET \(target) HTTP/\(version)\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
    parser.feed(Array(text.utf8))
    guard case .head(let head, _)? = try? parser.nextEvent() else { return nil }  // malformed
    return head
  }
}
