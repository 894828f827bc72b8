import ChatRoutes
import Foundation
import HTTPTypes
import Synchronization
import Testing

@testable import Daemon

/// Asking upstream whether the stored answer is still good, instead of for the whole answer.
@Suite(.timeLimit(.minutes(1))) struct RevalidationTests {
  static let path = "/api/v1/conversations/c1"

  static func text(_ title: String) -> String {
    ##"{"success":true,"data":{"conversation":{"id":"c1","title":"\##(title)"}}}"##
  }

  /// An upstream that knows one version: 304 to whoever has it, else the whole answer.
  static func version(_ tag: String, _ title: String, renewing fields: HTTPFields = [:]) -> ScriptedUpstream.Script {
    { request in
      var answered: HTTPFields = [.eTag: tag, .contentType: "application/json"]
      if request.fields[.ifNoneMatch] == tag {
        for field in fields { answered.append(field) }
        return TransportResponse(status: 304, fields: answered, body: TransportBody([]))
      }
      return TransportResponse(status: 200, fields: answered, body: TransportBody(Array(text(title).utf8)))
    }
  }

  static let revalidated = "chatroutesd; fwd=stale; fwd-status=304"
  static let note = HTTPField.Name("X-Note")!

  @Test func aStoredAnswerIsAskedForByItsTag() async throws {
    let upstream = ScriptedUpstream(Self.version("\"v1\"", "one", renewing: [Self.note: "renewed"]))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      let first = try await rig.ask("GET", Self.path)
      #expect(first.cacheStatus == "chatroutesd; fwd=uri-miss; stored" && first.fields[Self.note] == nil)
      let second = try await rig.ask("GET", Self.path)
      #expect(upstream.requests.last?.fields[.ifNoneMatch] == "\"v1\"")
      #expect(second.status == 200 && second.text == Self.text("one") && second.fields[.eTag] == "\"v1\"")
      #expect(second.cacheStatus == Self.revalidated)
      #expect(second.fields[Self.note] == "renewed", "fields of the 304 replace stored ones (RFC 9111 §4.3.4)")

      rig.upstream.become(ScriptedUpstream.refused)
      let offline = try await rig.ask("GET", Self.path)
      #expect(offline.text == Self.text("one") && offline.fields[Self.note] == "renewed")
    }
  }

  @Test func anotherVersionReplacesTheStoredOne() async throws {
    let upstream = ScriptedUpstream(Self.version("\"v1\"", "one"))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      upstream.become(Self.version("\"v2\"", "two"))
      let answer = try await rig.ask("GET", Self.path)
      #expect(answer.text == Self.text("two") && answer.cacheStatus == "chatroutesd; fwd=uri-miss; stored")
      upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).text == Self.text("two"))
    }
  }

  @Test func aClientThatAsksForChangesGetsThe304AndRenewsTheCopy() async throws {
    let upstream = ScriptedUpstream(Self.version("\"v1\"", "one", renewing: [Self.note: "renewed"]))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      let answer = try await rig.ask("GET", Self.path, [("If-None-Match", "\"v1\"")])
      #expect(answer.status == 304 && answer.text.isEmpty && answer.cacheStatus == Self.revalidated)
      #expect(upstream.requests.last?.fields[values: .ifNoneMatch] == ["\"v1\""], "passed on as it came, once")
      upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).fields[Self.note] == "renewed")
    }
  }

  @Test func aClientsOwnVersionIsNotReplacedByOurs() async throws {
    let upstream = ScriptedUpstream(Self.version("\"v1\"", "one"))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      let answer = try await rig.ask("GET", Self.path, [("If-None-Match", "\"mine\"")])
      #expect(upstream.requests.last?.fields[values: .ifNoneMatch] == ["\"mine\""])
      #expect(answer.status == 200 && answer.text == Self.text("one"))
    }
  }

  @Test(arguments: [
    ("Range", "bytes=0-3"), ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Cache-Control", "no-store"),
  ])
  func requestsForSomethingElseGoOutAsTheyAre(name: String, value: String) async throws {
    let upstream = ScriptedUpstream(Self.version("\"v1\"", "one"))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      _ = try await rig.ask("GET", Self.path, [(name, value)])
      #expect(upstream.requests.last?.fields[.ifNoneMatch] == nil)
    }
  }

  @Test func theTagOfOneAccountIsNotTheOthers() async throws {
    let upstream = ScriptedUpstream(Self.version("\"v1\"", "one"))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path, key: "alice")
      _ = try await rig.ask("GET", Self.path, key: "bob")
      #expect(upstream.requests.last?.fields[.ifNoneMatch] == nil)
    }
  }

  /// Two orders of a GET and a write: a 304 that was asked for before the write says nothing about after it.
  @Test func a304ThatAWriteOvertookIsAskedForAnew() async throws {
    let (asked, written) = (Promise<Void>(), Promise<Void>())
    let upstream = ScriptedUpstream(Self.version("\"v1\"", "one"))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      let late = Self.version("\"v1\"", "one")
      let now = Self.version("\"v2\"", "two")
      upstream.become { request throws(TransportError) in
        if request.method == "PATCH" {
          return TransportResponse(
            status: 200, fields: [.contentType: "application/json"], body: TransportBody(Array(Self.text("two").utf8)))
        }
        guard request.fields[.ifNoneMatch] != nil else { return try await now(request) }
        asked.keep(())
        _ = await written.value()
        return try await late(request)
      }
      async let answer = rig.ask("GET", Self.path)
      _ = await asked.value()
      #expect(try await rig.ask("PATCH", Self.path, body: #"{"title":"two"}"#).status == 200)
      written.keep(())
      let seen = try await answer
      #expect(seen.status == 200 && seen.text == Self.text("two"))
      upstream.become(ScriptedUpstream.refused)
      let offline = try await rig.ask("GET", Self.path)
      #expect(offline.text.contains("two"), "\(offline)")
    }
  }
}
