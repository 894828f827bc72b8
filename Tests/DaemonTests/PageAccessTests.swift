import Foundation
import Testing
import WireFormats

@testable import Daemon

@Suite struct PageAccessTests {
  let access = PageAccess(secret: [UInt8](repeating: 9, count: 32))

  @Test func aTicketIsGoodOnce() throws {
    let ticket = access.ticket()
    let cookie = try #require(access.redeem(ticket))
    #expect(access.redeem(ticket) == nil)
    #expect(access.admits(RequestGateTests.head("Host: localhost", "Cookie: a=b; chatroutesd_page=\(cookie)")))
  }

  @Test func aTicketExpires() {
    let ticket = access.ticket(at: Date(timeIntervalSinceNow: -61))
    #expect(access.redeem(ticket) == nil)
  }

  @Test(arguments: ["", "1.2", "99999999999.00.00", "x.y.z"])
  func aMadeUpTicketIsRefused(ticket: String) {
    #expect(access.redeem(ticket) == nil)
  }

  @Test func anothersTicketIsRefused() {
    #expect(access.redeem(PageAccess(secret: [UInt8](repeating: 8, count: 32)).ticket()) == nil)
  }

  @Test func aChangedCookieIsRefused() throws {
    var cookie = try #require(access.redeem(access.ticket()))
    cookie.append("0")
    #expect(!access.admits(RequestGateTests.head("Host: localhost", "Cookie: chatroutesd_page=\(cookie)")))
    #expect(!access.admits(RequestGateTests.head("Host: localhost", "Cookie: chatroutesd_page=")))
    #expect(!access.admits(RequestGateTests.head("Host: localhost")))
  }

  @Test func aCookieOutlivesARestart() throws {
    let cookie = try #require(access.redeem(access.ticket()))
    let restarted = PageAccess(secret: [UInt8](repeating: 9, count: 32))
    #expect(restarted.admits(RequestGateTests.head("Host: localhost", "Cookie: chatroutesd_page=\(cookie)")))
  }
}
