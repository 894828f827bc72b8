import ChatRoutes
import Foundation
import HTTPTypes
import LocalServer
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct ForwardingTests {
  @Test func unknownEndpointsPassUntouched() async throws {
    let upstream = ScriptedUpstream { request in
      TransportResponse(
        status: 207,
        fields: HTTPFields([
          HTTPField(name: .setCookie, value: "a=1"), HTTPField(name: .setCookie, value: "b=2"),
          HTTPField(name: HTTPField.Name("X-ODD")!, value: "1"), HTTPField(name: .connection, value: "X-Hop"),
          HTTPField(name: HTTPField.Name("X-Hop")!, value: "1"),
        ]), body: TransportBody(Array("as it is".utf8)))
    }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      let answer = try await rig.ask(
        "BREW", "/api/v9/../x//y%2f?a=b|c&d", body: "{ \"z\" : 1.0 }",
        [("X-Two", "1"), ("x-two", "2"), ("TE", "trailers"), ("X-Chatroutesd-Token", "t")])
      #expect(answer.status == 207 && answer.text == "as it is")
      #expect(answer.fields[values: .setCookie] == ["a=1", "b=2"])
      #expect(answer.fields.contains { $0.name.rawName == "X-ODD" } && answer.fields[HTTPField.Name("X-Hop")!] == nil)
      let sent = try #require(upstream.requests.first)
      #expect(sent.method == "BREW" && sent.target == "/api/v9/../x//y%2f?a=b|c&d")
      #expect(
        sent.fields.map { "\($0.name.rawName): \($0.value)" } == [
          "Authorization: ApiKey alice", "X-Two: 1", "x-two: 2",
        ])
      guard case .stream(let length, let pieces) = sent.body else {
        Issue.record("no body")
        return
      }
      #expect(length == 13)
      _ = pieces
    }
  }

  /// No connection to spare is this side's trouble: upstream is not offline for it, and nothing was sent.
  @Test func lackOfConnectionsHereIs503AndNoOutage() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, ReadTests.json))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", ReadTests.path)
      upstream.become { _ throws(TransportError) in throw TransportError(.exhausted, requestMayHaveTakenEffect: false) }
      for (method, target) in [
        ("GET", "/api/v1/conversations"), ("POST", "/api/v1/conversations"), ("PUT", "/api/odd"),
      ] {
        let answer = try await rig.ask(method, target, body: method == "GET" ? nil : "{}")
        #expect(answer.status == 503 && answer.fields[.retryAfter] == "1", "\(method) \(target): \(answer)")
        #expect(answer.fields[HTTPField.Name("Proxy-Status")!] == "chatroutesd; error=connection_limit_reached")
      }
      #expect(try await rig.ask("GET", ReadTests.path).cacheStatus == "chatroutesd; fwd=stale; detail=stale-if-error")
      upstream.become(ScriptedUpstream.answering(200, ReadTests.json))
      #expect(try await rig.ask("GET", ReadTests.path).cacheStatus == "chatroutesd; fwd=uri-miss; stored")
    }
  }

  @Test func anInterimAnswerOfUpstreamIsNotPassedOn() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(101, ""))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      #expect(try await rig.ask("GET", "/api/v1/unknown").status == 502)
    }
  }

  @Test func aGetWithABodyKeepsIt() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, "{}"))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", "/api/v1/conversations/c1", body: "odd")
      guard case .stream(length: 3, _) = upstream.requests[0].body else {
        Issue.record("the body is gone")
        return
      }
    }
  }

  @Test func theCacheStatusOfOtherCachesStays() async throws {
    let fields: HTTPFields = [HTTPField.Name("Cache-Status")!: "edge; hit"]
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(201, "{}", fields))) {
      (rig: DaemonRig) async throws in
      let answer = try await rig.ask("POST", "/api/v1/conversations", body: "{}")
      #expect(answer.fields[values: HTTPField.Name("Cache-Status")!] == ["edge; hit", "chatroutesd; fwd=method"])
    }
  }

  @Test func aBodyThatBreaksOffIsTheClientsFault() {
    #expect(Failure(ConnectionError.bodyTooLong(bytesMax: 1)).status == 413)
    #expect(Failure(ConnectionError.bodyStalled).status == 408)
    #expect(Failure(TransportError(.requestBody, requestMayHaveTakenEffect: true)).status == 400)
  }

  @Test func redirectsAreRelayed() async throws {
    try await DaemonRig.run(
      ScriptedUpstream(ScriptedUpstream.answering(302, "", [.location: "https://elsewhere.test/"]))
    ) { (rig: DaemonRig) async throws in
      let answer = try await rig.ask("GET", "/api/v1/conversations")
      #expect(answer.status == 302 && answer.fields[.location] == "https://elsewhere.test/")
    }
  }

  @Test func theDaemonsKeyIsAddedOnlyWhereThereIsNone() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, "{}"))
    try await DaemonRig.run(upstream, .with(\.apiKey, Secret("daemon-key"))) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", "/api/v1/x", key: nil)
      _ = try await rig.ask("GET", "/api/v1/x", key: "own")
      _ = try await rig.ask("GET", "/api/v1/x", key: nil, [("X-API-Key", "own")])
      let sent = upstream.requests.map { $0.fields[values: .authorization] }
      #expect(sent == [["ApiKey daemon-key"], ["ApiKey own"], []])
    }
  }

  @Test(arguments: [
    TransportError(.refused, requestMayHaveTakenEffect: false),
    TransportError(.headTimeout, requestMayHaveTakenEffect: true),
    TransportError(.connectionLost, requestMayHaveTakenEffect: true),
  ])
  func aWriteIsSentOnceAndFailsInTheAPIsEnvelope(error: TransportError) async throws {
    let upstream = ScriptedUpstream { _ throws(TransportError) in throw error }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      let answer = try await rig.ask("POST", "/api/v1/conversations/c1/messages", body: #"{"content":"x"}"#)
      #expect(answer.status == (error.kind == .headTimeout ? 504 : 502))
      let json = try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any]
      #expect(json?["error"] as? String == "NETWORK_ERROR" && json?["message"] is String)
      #expect(answer.fields[.retryAfter] != nil && answer.fields[.contentType] == "application/json; charset=utf-8")
      #expect(upstream.requests.count == 1)
    }
  }

  @Test func theBodyOfAWriteArrivesByteForByte() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(400, "{}"))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("POST", "/api/v1/conversations", body: "{\"title\" :1e3,\t\"x\":\"\\u2028\"}")
      _ = try await rig.ask("POST", "/api/v1/conversations/c/branches/b/merge")
      guard case .bytes(let bytes) = upstream.requests[0].body else {
        Issue.record("no body")
        return
      }
      #expect(String(decoding: bytes, as: UTF8.self) == "{\"title\" :1e3,\t\"x\":\"\\u2028\"}")
      #expect(upstream.requests[1].body.bytes.isEmpty, "a body was made up")
    }
  }

  @Test func aForeignHostIsRefusedBeforeAnythingElse() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, "{}"))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      for target in ["/", "/status", "/api/v1/conversations"] {
        let answer = try await rig.ask("GET", target, [("Origin", "https://evil.test")])
        #expect(answer.status == 403 && answer.text.contains("allowed-origins"))
      }
      #expect(upstream.requests.isEmpty)
    }
  }
}
