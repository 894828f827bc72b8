import ChatRoutes
import HTTPTypes
import Testing

@testable import Daemon

@Suite struct RequestIDTests {
  private static func upstream(_ id: String?) -> ScriptedUpstream {
    var fields: HTTPFields = [.contentType: "application/json"]
    if let id { fields[.requestID] = id }
    return ScriptedUpstream(ScriptedUpstream.answering(200, MetricsTests.list, fields))
  }

  @Test func idsAreDifferent() {
    let ids = (0..<1000).map { _ in RequestID.next() }
    #expect(Set(ids).count == ids.count)
    #expect(ids.allSatisfy { $0.wholeMatch(of: /local-[0-9a-f]{8}-[0-9a-f]+/) != nil }, "\(ids[0])")
  }

  @Test func upstreamsIdIsKept() async throws {
    try await DaemonRig.run(Self.upstream("req_1"), .with(\.freshness, .cacheFirst)) { (rig: DaemonRig) async throws in
      for target in ["/api/v1/conversations", "/api/v1/conversations", "/api/v1/models"] {
        #expect(try await rig.ask("GET", target).fields[values: .requestID] == ["req_1"])
      }
    }
  }

  @Test func anAnswerWithoutOneGetsOneOfItsOwn() async throws {
    try await DaemonRig.run(Self.upstream(nil), .with(\.freshness, .cacheFirst)) { (rig: DaemonRig) async throws in
      var seen: Set<String> = []
      let targets = [
        "/api/v1/conversations", "/api/v1/conversations", "/api/v1/conversations", "/api/v1/models", "/healthz",
        "/status", "/nothing", "/conversations",
      ]
      for target in targets {
        let ids = try await rig.ask("GET", target).fields[values: .requestID]
        #expect(ids.count == 1 && ids[0].hasPrefix("local-"), "\(target): \(ids)")
        #expect(seen.insert(ids[0]).inserted, "\(target)")
      }
      let refused = try await rig.ask("GET", "/healthz", [("Origin", "null")])
      #expect(refused.status == 403 && refused.fields[.requestID]?.hasPrefix("local-") == true)
      #expect(try await rig.ask("DELETE", "/healthz").fields[.requestID]?.hasPrefix("local-") == true)
      #expect(rig.upstream.requests.allSatisfy { $0.fields[.requestID] == nil }, "upstream's business is its own")
    }
  }

  @Test func failuresHaveOneToo() async throws {
    let log = Log()
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.refused), log: log) { (rig: DaemonRig) async throws in
      for (method, target) in [("GET", "/api/v1/conversations"), ("DELETE", "/api/v1/conversations/c_1")] {
        let answer = try await rig.ask(method, target)
        let id = try #require(answer.fields[.requestID])
        #expect(answer.status >= 500 && id.hasPrefix("local-"))
        let line = log.text.split(separator: "\n").first {
          $0.contains("a request was not answered") && $0.contains(id)
        }
        #expect(line?.contains("error=connection_refused") == true, "\(log.text)")
      }
    }
  }

  /// Each line of the access log can be matched to what its client saw.
  @Test func theAccessLogHasTheClientsId() async throws {
    let log = Log()
    var settings = Settings.with(\.accessLog, true)
    settings.freshness = .cacheFirst
    try await DaemonRig.run(Self.upstream(nil), settings, log: log) { (rig: DaemonRig) async throws in
      var ids: [String] = []
      for _ in 0..<3 { ids.append(try await rig.ask("GET", "/api/v1/conversations").fields[.requestID] ?? "") }
      let lines = log.text.split(separator: "\n").filter { $0.contains(": request ") }
      for (id, line) in zip(ids, lines) { #expect(line.contains(id), "\(line)") }
      #expect(lines.count == 3 && lines[0].contains("fwd=uri-miss") && lines[2].contains("; hit; ttl="))
      #expect(!log.text.contains("/api/v1"))
    }
  }

  @Test func anIdThatWouldBreakTheLogIsShownHarmless() async throws {
    let log = Log()
    let upstream = Self.upstream("ré\u{1B}[31m" + String(repeating: "x", count: 5000))
    try await DaemonRig.run(upstream, .with(\.accessLog, true), log: log) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", "/api/v1/conversations")
      let line = try #require(log.text.split(separator: "\n").first { $0.contains(": request ") })
      #expect(!line.contains("\u{1B}") && line.utf8.count < 600)
    }
  }
}
