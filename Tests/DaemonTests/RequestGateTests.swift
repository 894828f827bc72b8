import Testing
import WireFormats

@testable import Daemon

@Suite struct RequestGateTests {
  static func head(_ lines: String..., version: String = "1.1", target: String = "/") -> RequestHead {
    var parser = RequestParser()
    let text = "GET \(target) HTTP/\(version)\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
    parser.feed(Array(text.utf8))
    guard case .head(let head, _)? = try? parser.nextEvent() else {
      preconditionFailure("the test's head is malformed")
    }
    return head
  }

  @Test(arguments: [
    "127.0.0.1", "127.0.0.1:8484", "localhost", "LOCALHOST:1", "localhost.", "[::1]", "[::1]:8484", "127.9.8.7:80",
  ])
  func namesOfThisMachineMayPass(host: String) {
    #expect(RequestGate().refusal(of: Self.head("Host: \(host)")) == nil)
  }

  @Test(arguments: [
    "evil.com", "127.evil.com", "127.0.0.1.evil.com", "localhost.evil.com", "evil.localhost", "0.0.0.0",
    "192.168.0.2:8484",
    "127.0.0.256", "[::2]", "[::ffff:127.0.0.1]", "127.1", "0x7f.0.0.1",
  ])
  func otherHostsAreRefused(host: String) {
    let refusal = RequestGate().refusal(of: Self.head("Host: \(host)"))
    #expect(refusal?.status == 421)
    #expect(refusal?.message.contains("allowed-hosts") == true)
  }

  @Test func aListedHostMayPass() {
    #expect(RequestGate(allowedHosts: ["Devbox.lan"]).refusal(of: Self.head("Host: devbox.lan:8484")) == nil)
  }

  @Test(arguments: ["http://127.0.0.1:8484"])
  func theSameOriginMayPass(origin: String) {
    #expect(RequestGate().refusal(of: Self.head("Host: 127.0.0.1:8484", "Origin: \(origin)")) == nil)
  }

  @Test(arguments: [
    "https://evil.com", "null", "http://127.0.0.1:9999", "http://localhost:8484", "https://127.0.0.1:8484", "",
  ])
  func otherOriginsAreRefused(origin: String) {
    let refusal = RequestGate().refusal(of: Self.head("Host: 127.0.0.1:8484", "Origin: \(origin)"))
    #expect(refusal?.status == 403)
    #expect(refusal?.message.contains("allowed-origins") == true)
  }

  @Test func twoOriginsAreRefused() {
    let head = Self.head("Host: 127.0.0.1:8484", "Origin: http://127.0.0.1:8484", "Origin: http://evil.com")
    #expect(RequestGate().refusal(of: head)?.status == 403)
  }

  @Test func aListedOriginMayPassEvenCrossSite() {
    let gate = RequestGate(allowedOrigins: ["http://app.test:3000"])
    let head = Self.head("Host: 127.0.0.1:8484", "Origin: http://app.test:3000", "Sec-Fetch-Site: cross-site")
    #expect(gate.refusal(of: head) == nil)
  }

  @Test func crossSiteRequestsWithoutOriginAreRefused() {
    #expect(RequestGate().refusal(of: Self.head("Host: 127.0.0.1", "Sec-Fetch-Site: cross-site"))?.status == 403)
  }

  @Test(arguments: ["same-origin", "same-site", "none"])
  func otherFetchSitesMayPass(site: String) {
    #expect(RequestGate().refusal(of: Self.head("Host: 127.0.0.1", "Sec-Fetch-Site: \(site)")) == nil)
  }

  @Test func anAbsoluteTargetCountsAsTheHost() {
    let head = Self.head("Host: 127.0.0.1", target: "http://evil.com/")
    #expect(RequestGate().refusal(of: head)?.status == 421)
  }

  @Test func anOldToolWithoutHostMayPass() {
    #expect(RequestGate().refusal(of: Self.head(version: "1.0")) == nil)
  }

  @Test func theLocalTokenMustBeRight() {
    let gate = RequestGate(localToken: Secret("s3cret"))
    #expect(gate.refusal(of: Self.head("Host: localhost"))?.message.contains("X-Chatroutesd-Token") == true)
    #expect(gate.refusal(of: Self.head("Host: localhost", "X-Chatroutesd-Token: s3creT"))?.status == 403)
    #expect(gate.refusal(of: Self.head("Host: localhost", "X-Chatroutesd-Token: s3cret")) == nil)
  }
}
