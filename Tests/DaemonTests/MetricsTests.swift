import ChatRoutes
import Foundation
import HTTPTypes
import Testing

@testable import Daemon

@Suite struct MetricsTests {
  static let list = #"{"conversations":[],"pagination":{"page":1,"limit":10,"total":0,"totalPages":0}}"#

  @Test func aHistogramCountsUpToEachBound() {
    let histogram = Histogram()
    histogram.observeNoTime()
    for time in [Duration.milliseconds(1), .milliseconds(3), .seconds(2), .seconds(1000)] { histogram.observe(time) }
    let (upTo, count, sum) = histogram.snapshot
    #expect(upTo[0] == 2, "a bound belongs to its bucket")
    #expect(upTo[Histogram.bounds.firstIndex(of: 0.005)!] == 3)
    #expect(upTo[Histogram.bounds.firstIndex(of: 2.5)!] == 4)
    #expect(upTo.last == 4 && count == 5)
    #expect(abs(sum - 1002.004) < 0.001)
  }

  @Test func callsAreCountedByEndpointAndOutcome() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, Self.list))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", "/api/v1/conversations")
      upstream.become(ScriptedUpstream.answering(404, #"{"error":"NOT_FOUND"}"#))
      _ = try await rig.ask("GET", "/api/v1/conversations/c_secret/tree")
      _ = try await rig.ask("POST", "/api/v1/conversations/c_secret/messages/stream", body: "{}")
      _ = try await rig.ask("GET", "/api/v1/models?name=secret")
      upstream.become(ScriptedUpstream.refused)
      _ = try await rig.ask("DELETE", "/api/v1/conversations/c_secret")
      _ = try await rig.ask("GET", "/api/v1/conversations")
      let metrics = try await rig.metrics()
      func calls(_ endpoint: String, _ outcome: String) -> Double? {
        metrics["chatroutesd_upstream_requests_total{endpoint=\"\(endpoint)\",outcome=\"\(outcome)\"}"]
      }
      #expect(calls("list_conversations", "200") == 1)
      #expect(calls("get_tree", "404") == 1)
      #expect(calls("stream_message", "404") == 1)
      #expect(calls("other", "404") == 1)
      #expect(calls("delete_conversation", "refused") == 1)
      #expect(metrics["chatroutesd_upstream_duration_seconds_count{effect=\"read\"}"] == 2)
      #expect(metrics["chatroutesd_upstream_duration_seconds_count{effect=\"write\"}"] == 1)
      #expect(metrics["chatroutesd_hits_total{kind=\"offline\"}"] == 1)
      #expect(metrics["chatroutesd_request_duration_seconds_count{source=\"mirror\"}"] == 1)
      #expect(metrics["chatroutesd_request_duration_seconds_count{source=\"upstream\"}"] == 4)
      #expect(metrics["chatroutesd_request_duration_seconds_count{source=\"daemon\"}"] == 1)
      #expect(metrics["chatroutesd_connections_accepted_total"].map { $0 >= 1 } == true)
      #expect(!metrics.keys.contains { $0.contains("secret") })
    }
  }

  @Test func answersOutOfMemoryAreTimedToo() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, Self.list))
    try await DaemonRig.run(upstream, .with(\.freshness, .cacheFirst)) { (rig: DaemonRig) async throws in
      for _ in 0..<4 { _ = try await rig.ask("GET", "/api/v1/conversations") }
      let metrics = try await rig.metrics()
      #expect(metrics["chatroutesd_request_duration_seconds_count{source=\"mirror\"}"] == 3)
      #expect(metrics["chatroutesd_hits_total{kind=\"fresh\"}"] == 3)
    }
  }

  /// A cache in front of the origin speaks the same language.
  @Test func theCacheOfSomebodyElseIsNotTheMirror() async throws {
    let fields: HTTPFields = [.contentType: "application/json", HTTPField.Name("Cache-Status")!: "edge; hit; ttl=3"]
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, Self.list, fields))
    try await DaemonRig.run(upstream, .with(\.freshness, .cacheFirst)) { (rig: DaemonRig) async throws in
      for target in ["/api/v1/models", "/api/v1/conversations", "/api/v1/conversations"] {
        _ = try await rig.ask("GET", target)
      }
      let metrics = try await rig.metrics()
      #expect(metrics["chatroutesd_request_duration_seconds_count{source=\"mirror\"}"] == 1)
      #expect(metrics["chatroutesd_request_duration_seconds_count{source=\"upstream\"}"] == 2)
    }
  }

  @Test func outagesAddUp() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, Self.list))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      #expect(try await rig.metrics()["chatroutesd_upstream_outage_seconds_total"] == 0)
      for _ in 0..<2 {
        upstream.become(ScriptedUpstream.refused)
        _ = try await rig.ask("DELETE", "/api/v1/conversations/c_1")
        let during = try await rig.outage()
        try await until { try await rig.outage() > during }
        upstream.become(ScriptedUpstream.answering(200, Self.list))
        _ = try await rig.ask("DELETE", "/api/v1/conversations/c_1")
        let after = try await rig.outage()
        #expect(after > during)
        #expect(try await rig.outage() == after, "an outage that is over takes no more time")
      }
    }
  }

  /// Names once, with help and type; histograms that never sink; numbers that can be read.
  @Test func theTextIsWhatPrometheusReads() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, Self.list))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", "/api/v1/conversations")
      let answer = try await rig.ask("GET", "/metrics", key: nil)
      #expect(answer.fields[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
      var types: [String: String] = [:]
      var series: Set<String> = []
      var last: (name: String, value: Double) = ("", 0)
      for line in answer.text.split(separator: "\n") {
        if let type = line.firstMatch(of: /^# TYPE (chatroutesd_[a-z_]+) (counter|gauge|histogram)$/) {
          #expect(types.updateValue(String(type.output.2), forKey: String(type.output.1)) == nil, "\(line)")
          continue
        }
        if line.hasPrefix("# HELP chatroutesd_") { continue }
        let parts = try #require(
          line.wholeMatch(of: /(chatroutesd_[a-z_]+)(\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? ([0-9.e+-]+)/), "\(line)")
        #expect(series.insert("\(parts.output.1)\(parts.output.2 ?? "")").inserted, "\(line)")
        let name = String(parts.output.1)
        let value = try #require(Double(parts.output.3))
        if name.hasSuffix("_bucket") {
          #expect(last.name != name || line.contains("le=\"0.001\"") || value >= last.value, "\(line)")
        } else if !name.hasSuffix("_sum") && !name.hasSuffix("_count") {
          #expect(types[name] != nil, "\(line)")
        }
        #expect(types[name] != "counter" || name.hasSuffix("_total"), "\(line)")
        last = (name, value)
      }
      for name in ["chatroutesd_requests_total", "chatroutesd_upstream_calls_total", "chatroutesd_connections"] {
        #expect(types[name] != nil, "a name that was published stays")
      }
    }
  }

  /// The manual of operations lists every metric as it describes itself.
  @Test func everyMetricIsInTheManual() async throws {
    let manual = try String(
      contentsOf: ArchitectureTests.root.appending(path: "docs/operations.md"), encoding: .utf8)
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, Self.list))
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", "/api/v1/conversations")
      let text = try await rig.ask("GET", "/metrics", key: nil).text
      var rows: [String] = []
      for metric in text.matches(of: /# HELP ([a-z_]+) (.*)\n# TYPE [a-z_]+ ([a-z]+)\n[a-z_]+(?:\{([^}]*)\})?/) {
        let labels = metric.output.4.map { $0.matches(of: /([a-z]+)="/).map { "`\($0.output.1)`" } } ?? []
        let shown = labels.filter { $0 != "`le`" }.joined(separator: ", ")
        rows.append("| `\(metric.output.1)` | \(metric.output.3) | \(shown) | \(metric.output.2) |")
      }
      let documented = manual.split(separator: "\n").filter {
        $0.hasPrefix("| `chatroutesd_") && $0.split(separator: "|").count == 4
      }
      #expect(documented.map(String.init) == rows, "\(rows.joined(separator: "\n"))")
    }
  }

  @Test func readinessSaysWhatIsOutOfOrder() async throws {
    let upstream = ScriptedUpstream(ScriptedUpstream.refused)
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("DELETE", "/api/v1/conversations/c_1")
      let answer = try await rig.ask("GET", "/readyz", key: nil)
      #expect(answer.status == 200, "an outage is what the daemon is for")
      #expect(answer.text == "ready\nmode auto\nupstream offline\nmirror writable\n")
    }
  }
}

extension DaemonRig {
  /// The series of `/metrics`, with their labels.
  fileprivate func metrics() async throws -> [String: Double] {
    var found: [String: Double] = [:]
    for line in try await ask("GET", "/metrics", key: nil).text.split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: " ")
      found[String(parts[0])] = Double(parts[1])
    }
    return found
  }

  fileprivate func outage() async throws -> Double {
    try await metrics()["chatroutesd_upstream_outage_seconds_total"] ?? -1
  }
}
