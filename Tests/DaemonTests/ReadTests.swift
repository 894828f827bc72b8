import ChatRoutes
import Foundation
import HTTPTypes
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct ReadTests {
  static let path = "/api/v1/conversations/c1/branches"
  static let json =
    #"{"success":true,"data":{"branches":[{"id":"b1","conversationId":"c1","isMain":true,"n":1.0,"big":1180591620717411303424}]}}"#

  @Test func onlineReadsAskUpstreamEachTimeAndAreStored() async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))) {
      (rig: DaemonRig) async throws in
      for _ in 0..<2 {
        let answer = try await rig.ask("GET", Self.path)
        #expect(answer.text == Self.json)
        #expect(answer.cacheStatus == "chatroutesd; fwd=uri-miss; stored")
      }
      #expect(rig.upstream.requests.count == 2)
    }
  }

  @Test func theSameBytesComeBackWhenUpstreamIsRefused() async throws {
    let fields: HTTPFields = [.contentType: "application/json; odd", .eTag: "\"x\"", HTTPField.Name("X-Kept")!: "yes"]
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json, fields))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become(ScriptedUpstream.refused)
      let first = try await rig.ask("GET", Self.path)
      #expect(first.text == Self.json && first.status == 200)
      #expect(first.cacheStatus.hasPrefix("chatroutesd; fwd=stale; detail=stale-if-error"))
      #expect(first.fields[HTTPField.Name("X-Kept")!] == "yes" && first.fields[.contentType] == "application/json; odd")
      let second = try await rig.ask("GET", Self.path)
      #expect(second.cacheStatus.contains("hit; ttl=") && second.cacheStatus.hasSuffix("detail=offline"))
      #expect(second.fields[.age] != nil)
      #expect(rig.upstream.requests.count == 2, "one refused connection is enough to know")
    }
  }

  /// The counter that proves it: the second hit costs no database and no JSON.
  @Test func theSecondHitTouchesNeitherSQLiteNorJSON() async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become(ScriptedUpstream.refused)
      _ = try await rig.ask("GET", Self.path)
      // `/status` itself looks into the store: its own cost is what lies between two of them.
      let idle = (try await rig.work(), try await rig.work())
      for _ in 0..<5 { #expect(try await rig.ask("GET", Self.path).text == Self.json) }
      let after = try await rig.work()
      #expect(after.reads - idle.1.reads == idle.1.reads - idle.0.reads)
      #expect(after.documents == idle.1.documents)
    }
  }

  @Test(arguments: [500, 502, 503, 504])
  func aServerErrorIsAnsweredFromTheMirror(status: Int) async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become(ScriptedUpstream.answering(status, #"{"error":"X"}"#))
      let answer = try await rig.ask("GET", Self.path)
      #expect(answer.status == 200 && answer.text == Self.json)
      #expect(answer.cacheStatus == "chatroutesd; fwd=stale; fwd-status=\(status); detail=stale-if-error")
    }
  }

  @Test(arguments: [400, 404, 429, 500, 503])
  func errorsWithoutACopyAreRelayedAsTheyAre(status: Int) async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(status, #"{"error":"X","odd":1e3}"#))) {
      (rig: DaemonRig) async throws in
      let answer = try await rig.ask("GET", Self.path)
      #expect(answer.status == status && answer.text == #"{"error":"X","odd":1e3}"#)
    }
  }

  @Test func nothingStoredAndNothingReachableIsA504ThatSaysWhatToDo() async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.refused)) { (rig: DaemonRig) async throws in
      let answer = try await rig.ask("GET", Self.path)
      #expect(answer.status == 504)
      #expect(answer.text.contains("branch list") && answer.text.contains("while online"))
      #expect(answer.fields[HTTPField.Name("Proxy-Status")!] == "chatroutesd; error=connection_refused")
      #expect(answer.fields[.retryAfter] != nil)
    }
  }

  @Test func accountsAreApart() async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path, key: "bob").status == 504)
      #expect(try await rig.ask("GET", Self.path, key: nil).status == 504)
      #expect(try await rig.ask("GET", Self.path, key: nil, [("X-API-Key", "alice")]).text == Self.json)
    }
  }

  @Test(arguments: [401, 403])
  func aRefusedCredentialSeesNothingUntilItIsAcceptedAgain(status: Int) async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become(ScriptedUpstream.answering(status, #"{"error":"AUTHENTICATION_ERROR"}"#))
      #expect(try await rig.ask("GET", Self.path).status == status)
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).status == 504)
      rig.upstream.become(ScriptedUpstream.answering(200, Self.json))
      #expect(try await rig.ask("GET", Self.path).status == 200)
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).status == 200)
    }
  }

  @Test func aRefusalOfACallThatIsOnlyRelayedHidesTheMirrorToo() async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become(ScriptedUpstream.answering(401, #"{"error":"AUTHENTICATION_ERROR"}"#))
      #expect(try await rig.ask("GET", "/api/v1/auth/me").status == 401)
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).status == 504)
    }
  }

  @Test func aPartialAnswerIsNotStored() async throws {
    let fields: HTTPFields = [.contentRange: "bytes 0-9/10"]
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(206, Self.json, fields))) {
      (rig: DaemonRig) async throws in
      #expect(try await rig.ask("GET", Self.path, [("Range", "bytes=0-9")]).status == 206)
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).status == 504)
    }
  }

  @Test(arguments: [("<html>captive portal</html>", 200), (#"{"error":"NOT_FOUND","message":"gone"}"#, 404)])
  func onlyTheAPIsOwn404DeletesAConversation(text: String, status: Int) async throws {
    let path = "/api/v1/conversations/c1"
    let json = #"{"data":{"conversation":{"id":"c1","title":"t","messages":[],"branches":[]}}}"#
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, json))) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", path)
      rig.upstream.become(ScriptedUpstream.answering(404, text))
      #expect(try await rig.ask("GET", path).status == 404)
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", path).status == status)
    }
  }

  /// A slow read is no silent upstream: the next write gets its full time.
  @Test func slowReadsDoNotShortenWrites() async throws {
    let gate = Promise<Void>()
    try await DaemonRig.run(
      ScriptedUpstream(ScriptedUpstream.answering(200, Self.json)), .with(\.softDeadline, .milliseconds(20))
    ) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)

      rig.upstream.become { request in
        if request.method == "GET" { _ = await gate.value() }
        return TransportResponse(status: 200, body: TransportBody(Array(Self.json.utf8)))
      }
      for fields in [[], [("X-Other", "1")]] {
        let answer = try await rig.ask("GET", Self.path, fields)
        #expect(answer.cacheStatus.contains("soft-timeout") || answer.cacheStatus.contains("suspect"))
      }
      _ = try await rig.ask("POST", "/api/v1/conversations/c1/messages", body: "{}")
      #expect(rig.upstream.requests.last?.headTimeout == .seconds(600))
      gate.keep(())
    }
  }

  /// Upstream takes requests and says nothing: writes fail soon, and what it says in the end is kept all the same.
  @Test func aSilentUpstreamFailsWritesSoonAndKeepsTheirAnswers() async throws {
    let gate = Promise<Void>()
    let created = #"{"data":{"conversation":{"id":"c1","title":"t"}}}"#
    let sent = #"{"data":{"message":{"id":"m2","role":"assistant","content":"late"}}}"#
    try await DaemonRig.run(
      ScriptedUpstream(ScriptedUpstream.answering(201, created)), .with(\.softDeadline, .milliseconds(20))
    ) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("POST", "/api/v1/conversations", body: #"{"title":"t"}"#)
      rig.upstream.become { request in
        _ = await gate.value()
        return TransportResponse(status: 200, body: TransportBody(Array((request.method == "POST" ? sent : "{}").utf8)))
      }
      while try await !rig.status().contains(#""isSilent" : true"#) {
        _ = try await rig.ask("GET", "/api/v1/conversations/c1/messages")
      }
      let write = try await rig.ask("POST", "/api/v1/conversations/c1/messages", body: #"{"content":"q"}"#)
      #expect(write.status == 504 && write.text.contains("may have taken effect"))
      gate.keep(())
      try await until { try await !rig.status().contains(#""requestsRunning" : 1"#) }
      rig.upstream.become(ScriptedUpstream.refused)
      try await until { try await rig.ask("GET", "/api/v1/conversations/c1/messages").text.contains("late") }
    }
  }

  @Test func callersWithoutACredentialOfTheirOwnKindShareNothing() async throws {
    let gate = Promise<Void>()
    let upstream = ScriptedUpstream { request in
      _ = await gate.value()
      return TransportResponse(status: 200, body: TransportBody(Array((request.fields[.cookie] ?? "").utf8)))
    }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      async let one = rig.ask("GET", Self.path, key: nil, [("Cookie", "sid=1")])
      async let two = rig.ask("GET", Self.path, key: nil, [("Cookie", "sid=2")])
      try await until { upstream.requests.count >= 2 }
      gate.keep(())
      #expect(try await one.text == "sid=1")
      #expect(try await two.text == "sid=2")
    }
  }

  @Test func offlineModeTouchesNoNetwork() async throws {
    let folder = NSTemporaryDirectory() + "daemon-rig-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json)), folder: folder) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
    }
    let untouchable = ScriptedUpstream { _ in
      Issue.record("the network was touched")
      return TransportResponse(status: 200)
    }
    try await DaemonRig.run(untouchable, .with(\.mode, .offline), folder: folder) {
      (rig: DaemonRig) async throws in
      #expect(try await rig.ask("GET", Self.path).text == Self.json)
      #expect(try await rig.ask("GET", "/api/v1/conversations/other").status == 504)
      #expect(try await rig.ask("POST", "/api/v1/conversations", body: "{}").status == 502)
      #expect(try await rig.ask("GET", "/api/v1/autobranch/health").status == 502)
      #expect(rig.upstream.requests.isEmpty)
    }
  }

  @Test func bypassModeNeitherStoresNorAnswers() async throws {
    try await DaemonRig.run(
      ScriptedUpstream(ScriptedUpstream.answering(200, Self.json)), .with(\.mode, .bypass)
    ) { (rig: DaemonRig) async throws in
      #expect(try await rig.ask("GET", Self.path).cacheStatus == "chatroutesd; fwd=bypass")
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).status == 502)
    }
  }

  @Test func cacheFirstAnswersWithoutACallWhileFresh() async throws {
    try await DaemonRig.run(
      ScriptedUpstream(ScriptedUpstream.answering(200, Self.json)), .with(\.freshness, .cacheFirst)
    ) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      let hit = try await rig.ask("GET", Self.path)
      #expect(hit.text == Self.json && hit.cacheStatus.hasPrefix("chatroutesd; hit; ttl=1"))
      #expect(try await rig.ask("GET", Self.path, [("Cache-Control", "no-cache")]).cacheStatus.contains("fwd="))
      #expect(rig.upstream.requests.count == 2)
    }
  }

  @Test func aSlowReadIsAnsweredByTheMirrorAtTheSoftDeadline() async throws {
    let gate = Promise<Void>()
    try await DaemonRig.run(
      ScriptedUpstream(ScriptedUpstream.answering(200, Self.json)), .with(\.softDeadline, .milliseconds(50))
    ) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become { _ in
        _ = await gate.value()
        return TransportResponse(status: 200, body: TransportBody(Array(Self.json.utf8)))
      }
      let answer = try await rig.ask("GET", Self.path)
      #expect(answer.text == Self.json && answer.cacheStatus.contains("detail=soft-timeout"))
      gate.keep(())
    }
  }

  @Test func identicalReadsCostOneCall() async throws {
    let gate = Promise<Void>()
    let upstream = ScriptedUpstream { _ in
      _ = await gate.value()
      return TransportResponse(status: 200, body: TransportBody(Array(Self.json.utf8)))
    }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<50 { group.addTask { try await rig.ask("GET", Self.path).text } }
        group.addTask { try await rig.ask("GET", Self.path, key: "bob").text }
        while true {
          let collapsed = try await rig.collapsed()
          if collapsed >= 49 && rig.upstream.requests.count >= 2 { break }
        }
        gate.keep(())
        for try await text in group { #expect(text == Self.json) }
      }
      #expect(rig.upstream.requests.count == 2, "one for each account")
    }
  }

  /// The first of several leaves: the others get what it asked for, and it is stored.
  @Test func theLeaderLeavingHarmsNobody() async throws {
    let gate = Promise<Void>()
    let upstream = ScriptedUpstream { _ in
      _ = await gate.value()
      return TransportResponse(status: 200, body: TransportBody(Array(Self.json.utf8)))
    }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      let leader = Task { try await rig.ask("GET", Self.path) }
      try await until { !upstream.requests.isEmpty }
      async let follower = rig.ask("GET", Self.path)
      try await until { try await rig.collapsed() >= 1 }
      leader.cancel()
      _ = await leader.result
      gate.keep(())
      #expect(try await follower.text == Self.json)
      #expect(upstream.requests.count == 1)
      upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).text == Self.json)
    }
  }

  /// All of them left: the call is paid for, so its answer is kept.
  @Test func anAnswerThatNobodyWaitsForIsKept() async throws {
    let gate = Promise<Void>()
    let upstream = ScriptedUpstream { _ in
      _ = await gate.value()
      return TransportResponse(status: 200, body: TransportBody(Array(Self.json.utf8)))
    }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      let only = Task { try await rig.ask("GET", Self.path) }
      try await until { !upstream.requests.isEmpty }
      only.cancel()
      _ = await only.result
      gate.keep(())
      try await until { try await rig.status().mirror?.responses == 1 }
    }
  }

  @Test func theLeaderFailingFailsAllOfThemInTheSameWayOnce() async throws {
    let gate = Promise<Void>()
    let upstream = ScriptedUpstream { _ throws(TransportError) in
      _ = await gate.value()
      throw TransportError(.connectionLost, requestMayHaveTakenEffect: true)
    }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<5 { group.addTask { try await rig.ask("GET", Self.path).status } }
        try await until { try await rig.collapsed() >= 4 }
        gate.keep(())
        for try await status in group { #expect(status == 504) }
      }
      #expect(upstream.requests.count == 1)
      upstream.become(ScriptedUpstream.answering(200, Self.json))
      #expect(try await rig.ask("GET", Self.path).text == Self.json, "the failure is not remembered")
    }
  }

  @Test func aFollowerJoinsOnlyAFetchBegunAfterTheLastWrite() async throws {
    let gate = Promise<Void>()
    let upstream = ScriptedUpstream { request in
      if request.method == "GET" { _ = await gate.value() }
      return TransportResponse(
        status: 200, body: TransportBody(Array((request.method == "GET" ? Self.json : "{}").utf8)))
    }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      async let first = rig.ask("GET", Self.path)
      try await until { upstream.requests.count >= 1 }
      _ = try await rig.ask("DELETE", "/api/v1/conversations/c1/branches/b1")
      async let second = rig.ask("GET", Self.path)
      try await until { upstream.requests.count >= 3 }
      #expect(try await rig.collapsed() == 0, "the first fetch may show what was before the write")
      async let third = rig.ask("GET", Self.path)
      try await until { try await rig.collapsed() >= 1 }
      gate.keep(())
      #expect(try await [first.text, second.text, third.text] == [Self.json, Self.json, Self.json])
      #expect(upstream.requests.count == 3)
    }
  }

  @Test func aGetBegunBeforeAWriteDoesNotRestoreThePast() async throws {
    let gate = Promise<Void>()
    let created = #"{"data":{"branch":{"id":"b2","conversationId":"c1","title":"new"}}}"#
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become { request in
        if request.method == "GET" { _ = await gate.value() }
        return TransportResponse(
          status: 200, body: TransportBody(Array((request.method == "GET" ? Self.json : created).utf8)))
      }
      async let slow = rig.ask("GET", Self.path)
      try await until { rig.upstream.requests.count >= 2 }
      #expect(try await rig.ask("POST", Self.path, body: #"{"title":"new"}"#).status == 200)
      gate.keep(())
      let late = try await slow
      #expect(late.text == Self.json && !late.cacheStatus.contains("stored"), "relayed, not stored")
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).text.contains(#""id":"b2""#))
    }
  }

  @Test func headIsAnsweredFromTheMirrorWhileUpstreamIsOut() async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))) {
      (rig: DaemonRig) async throws in
      #expect(try await rig.ask("HEAD", Self.path).status == 200)
      #expect(rig.upstream.requests.last?.method == "HEAD", "online it is a call like any other")
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become(ScriptedUpstream.refused)
      _ = try await rig.ask("GET", Self.path)
      let head = try await rig.ask("HEAD", Self.path)
      #expect(head.status == 200 && head.text.isEmpty && head.cacheStatus.contains("detail=offline"))
      #expect(head.fields[.contentLength] == "\(Self.json.utf8.count)")
    }
  }

  @Test func aConditionalReadOfTheMirrorIs304() async throws {
    let fields: HTTPFields = [.eTag: "\"v1\""]
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json, fields))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become(ScriptedUpstream.refused)
      let same = try await rig.ask("GET", Self.path, [("If-None-Match", "W/\"v0\", W/\"v1\"")])
      #expect(same.status == 304 && same.text.isEmpty && same.fields[.eTag] == "\"v1\"" && same.fields[.age] != nil)
      #expect(try await rig.ask("GET", Self.path, [("If-None-Match", "\"v2\"")]).text == Self.json)
    }
  }

  @Test func requestDirectivesBoundStaleCopiesToo() async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become(ScriptedUpstream.refused)
      for (directive, status) in [
        ("max-age=0", 504), ("no-cache", 504), ("min-fresh=1000", 504), ("max-age=100", 200), ("max-stale", 200),
        ("only-if-cached", 200), ("only-if-cached, max-age=0", 504),
      ] {
        let answer = try await rig.ask("GET", Self.path, [("Cache-Control", directive)])
        #expect(answer.status == status, "\(directive)")
      }
    }
  }

  @Test(arguments: ["not json", #"{"success":true,"data":{"branches":7}}"#, #"{"data":{"branches":["#, ""])
  func garbageIsRelayedAndNotMirrored(text: String) async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, text))) { (rig: DaemonRig) async throws in
      let answer = try await rig.ask("GET", Self.path)
      #expect(answer.text == text && !answer.cacheStatus.contains("stored"))
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).status == 504)
    }
  }

  @Test func aTruncatedAnswerIsNotStored() async throws {
    struct Cut: Error {}
    let pieces = AsyncThrowingStream<[UInt8], any Error> { stream in
      stream.yield(Array(Self.json.utf8.prefix(40)))
      stream.finish(throwing: Cut())
    }
    let upstream = ScriptedUpstream { _ in TransportResponse(status: 200, body: TransportBody(pieces)) }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      #expect(try await rig.ask("GET", Self.path).status == 504)
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).status == 504)
    }
  }

  @Test func noStoreIsObeyedFromBothSides() async throws {
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json, [.cacheControl: "no-store"]))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.path)
      rig.upstream.become(ScriptedUpstream.answering(200, Self.json))
      _ = try await rig.ask("GET", Self.path, [("Cache-Control", "no-store")])
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.path).status == 504)
    }
  }

  @Test func parameterOrderDoesNotMatterToAHit() async throws {
    let list = #"{"conversations":[],"total":0,"page":1,"limit":5,"hasNext":false}"#
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, list))) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", "/api/v1/conversations?page=1&limit=5")
      #expect(rig.upstream.requests.last?.target == "/api/v1/conversations?page=1&limit=5")
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", "/api/v1/conversations?limit=5&page=1").text == list)
    }
  }
}

extension DaemonRig {
  fileprivate func status() async throws -> String {
    try await ask("GET", "/status", key: nil).text
  }

  /// How many reads shared another's call.
  fileprivate func collapsed() async throws -> Int {
    let status = try await ask("GET", "/status", key: nil)
    let json = try JSONSerialization.jsonObject(with: Data(status.text.utf8)) as? [String: Any]
    return (json?["counters"] as? [String: Int])?["readsCollapsed"] ?? 0
  }
}
