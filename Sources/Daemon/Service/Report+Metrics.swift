internal import LocalServer
internal import MirrorStore

extension Report {
  /// `/metrics`: Prometheus text format 0.0.4.
  func metrics() -> Response {
    var text = PrometheusText()
    for counter in Counter.allCases {
      text.counter(PrometheusText.snakeCase("\(counter)"), counter.help, counters[counter])
    }
    byKind(&text)
    let snapshot = snapshot()
    toUpstream(snapshot.upstream, &text)
    toClients(snapshot, &text)
    fromMirror(snapshot, &text)
    text.gauge("uptime_seconds", "time since start", snapshot.uptimeSeconds)
    return Self.text(text.text, type: "text/plain; version=0.0.4; charset=utf-8")
  }

  /// The counters of one kind of thing under one name.
  private func byKind(_ text: inout PrometheusText) {
    text.counter(
      "hits", "reads answered without a call of their own, by what answered them",
      by: "kind",
      [
        ("fresh", counters[.hitsFresh]), ("stale", counters[.hitsStale]), ("offline", counters[.hitsOffline]),
        ("collapsed", counters[.readsCollapsed]),
      ])
    text.counter(
      "streams", "streams by how they ended", by: "outcome",
      [
        ("complete", counters[.streamsComplete]), ("interrupted", counters[.streamsInterrupted]),
        ("abandoned", counters[.streamsAbandoned]), ("truncated", counters[.streamsTruncated]),
      ])
  }

  private func toUpstream(_ part: Snapshot.UpstreamPart, _ text: inout PrometheusText) {
    text.counter("upstream_calls", "requests sent upstream", part.calls)
    text.counter(
      "upstream_failures", "requests that upstream did not answer, or with 502, 503 or 504", part.failures)
    text.counter("upstream_probes", "handshakes that looked whether upstream is back", part.probes)
    text.counter(
      "upstream_requests", "requests sent upstream, by kind of call and status or kind of failure",
      by: ["endpoint", "outcome"],
      upstream.tally.all.map { ([$0.key.endpoint, $0.key.outcome], $0.count) })
    text.histogram(
      "upstream_duration_seconds", "time until the head of upstream's answer, or until it failed", by: "effect",
      Endpoint.Effect.allCases.map { ($0.rawValue, upstream.tally.times($0)) })
    text.gauge("upstream_up", "1 while upstream is online", part.state == "online" ? 1 : 0)
    text.counter("upstream_outage_seconds", "time during which upstream was not online", part.outageSeconds)
  }

  private func toClients(_ snapshot: Snapshot, _ text: inout PrometheusText) {
    text.histogram(
      "request_duration_seconds", "time from a request's head to its answer's, by who gave the answer", by: "source",
      AnswerTimes.Source.allCases.map { ($0.rawValue, times[$0]) })
    text.gauge("connections", "open client connections", snapshot.connections)
    text.counter("connections_accepted", "client connections since start", snapshot.connectionsTotal)
    text.counter("malformed_requests", "requests whose bytes were no acceptable HTTP", snapshot.malformedRequests)
    text.gauge("requests_running", "calls under way that outlive their client", snapshot.requestsRunning)
  }

  private func fromMirror(_ snapshot: Snapshot, _ text: inout PrometheusText) {
    text.gauge(
      "mirror_writable", "0 while the mirror cannot be written and nothing is recorded",
      snapshot.mirrorAccess == MirrorStore.Access.writable.rawValue ? 1 : 0)
    text.gauge("writer_queue", "observations that wait for the mirror's writer", snapshot.writerQueue.waiting)
    text.gauge("writer_queue_bytes", "size of what waits for it", snapshot.writerQueue.bytes)
    if let mirror = snapshot.mirror {
      text.gauge("mirror_bytes", "size of the mirror's file", mirror.bytes)
      text.gauge("mirror_messages", "messages in the mirror", mirror.messages)
      text.gauge("mirror_conversations", "conversations in the mirror", mirror.conversations)
      text.gauge("mirror_response_bytes", "whole answers in the mirror", mirror.bytesOf["responses"] ?? 0)
      text.gauge("mirror_message_bytes", "texts of messages in the mirror", mirror.bytesOf["messages"] ?? 0)
    }
    text.gauge("memory_cache_bytes", "rendered answers in memory", snapshot.memoryCache.bytes)
    text.counter("store_reads", "looks into the database", snapshot.work.storeReads)
    text.counter("store_writes", "transactions that wrote", snapshot.work.storeWrites)
    text.counter("json_documents", "JSON documents scanned", snapshot.work.jsonDocuments)
  }
}
