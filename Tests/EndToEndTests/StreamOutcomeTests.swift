import Foundation
import Testing

/// How streams end, on either side, and what becomes of them: the client's bytes and the mirror's record.
@Suite(.timeLimit(.minutes(2))) struct StreamOutcomeTests {
  static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
  static let chunkedHead = head + "Transfer-Encoding: chunked\r\n\r\n"
  static let first = #"data: {"type":"content","content":"half an "}"# + "\n\n"
  static let rest = AbsorptionTests.events.dropFirst().joined()

  private static let whole = "2 messages, 0 drafts, streamsComplete"

  private func withStream(
    _ settings: [String: String] = [:], _ body: (Program, ScriptedUpstream) async throws -> Void
  ) async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port, settings.merging(["DRAIN_DEADLINE": "1"]) { $1 }) {
      try await body($0, upstream)
    }
  }

  // MARK: Bytes

  /// The relay passes the coded bytes; only the mirror's copy is unpacked.
  @Test func aGzipStreamPassesAsItIsAndIsRecorded() async throws {
    // Made with gzip -9n; events as in `AbsorptionTests`.
    let packed = try #require(
      Data(
        base64Encoded:
          "H4sIAAAAAAACA0tJLEm0UqhWKqksSFWyUkrOzytJzStR0oGzrJTy85RqubhSCCtMTsWqMLcgJ7UkFagyN7W4ODEdKFitlJkClMo1AgoW5eeAlCUWF2cWlyRiWA0yE25otIu/n2ssFxcA1oETybUAAAA="
      ), "not base64")
    try await withStream { daemon, upstream in
      let (client, call) = try await daemon.beginStream(upstream, fields: "Accept-Encoding: gzip\r\n")
      try await call.send(Self.head + "Content-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n")
      for byte in packed { try await call.send(Data([byte])) }
      let answer = try await client.answer()
      #expect(answer.body == packed && answer.field("Content-Encoding") == "gzip")
      try await daemon.expectRecord(Self.whole)
    }
  }

  @Test func anOldClientGetsTheStreamUpToTheClose() async throws {
    try await withStream { daemon, upstream in
      let (client, call) = try await daemon.beginStream(upstream, version: "1.0")
      try await call.send(Self.chunkedHead)
      for event in AbsorptionTests.events { try await call.send(httpChunk(event)) }
      try await call.send("0\r\n\r\n")
      let answer = try await client.answer()
      #expect(answer.field("Transfer-Encoding") == nil && answer.text == AbsorptionTests.events.joined())
      #expect(client.ending == .closed)
      try await daemon.expectRecord(Self.whole)
    }
  }

  @Test func theHeadComesAtOnceAndASilenceStaysASilence() async throws {
    try await withStream { daemon, upstream in
      let (client, call) = try await daemon.beginStream(upstream)
      try await call.send(Self.chunkedHead)
      #expect(try await client.head().status == 200)
      try await call.send(httpChunk(Self.first))
      #expect(await eventually { client.hasNews })
      _ = client.skip(1 << 16)
      try await Task.sleep(for: .seconds(3))  // what is tested: nothing is made up meanwhile
      #expect(!client.hasNews)
      for event in AbsorptionTests.events.dropFirst() { try await call.send(httpChunk(event)) }
      try await call.send("0\r\n\r\n")
      #expect(await eventually { client.hasNews })
    }
  }

  // MARK: Upstream ends it

  @Test func aCleanEndWithoutACompleteEventIsRelayedAsSuchAndADraft() async throws {
    try await withStream { daemon, upstream in
      let (client, call) = try await daemon.beginStream(upstream)
      try await call.send(Self.chunkedHead + httpChunk(Self.first) + httpChunk("data: [DONE]\n\n") + "0\r\n\r\n")
      #expect(try await client.answer().text == Self.first + "data: [DONE]\n\n")
      try await daemon.expectRecord("0 messages, 1 drafts, streamsInterrupted")
    }
  }

  enum Death: CaseIterable { case fin, reset, silence }

  @Test(arguments: Death.allCases)
  func whereUpstreamDiesTheClientSeesABrokenBodyAndTheDraftIsKept(_ death: Death) async throws {
    try await withStream(["STREAM_IDLE_TIMEOUT": "1"]) { daemon, upstream in
      var (client, call): (RawClient, RawClient?) = try await daemon.beginStream(upstream)
      try await call?.send(Self.chunkedHead + httpChunk(Self.first))
      #expect(try await client.head().status == 200)
      let start = try await client.take(httpChunk(Self.first).utf8.count)
      #expect(String(decoding: start, as: UTF8.self) == httpChunk(Self.first))
      if death == .reset { call?.reset() }
      if death != .silence { call = nil }
      #expect(try await client.rest().isEmpty, "nothing is added, not even the end")
      try await daemon.expectRecord("0 messages, 1 drafts, streamsInterrupted")
      withExtendedLifetime(call) {}
    }
  }

  /// As such in the commands and pages, never as a message; the same question, answered, takes its place.
  @Test func aDraftIsShownUntilTheRealMessageIsSeen() async throws {
    let (folder, upstream) = (try Folder(), try ScriptedUpstream())
    let daemon = try await Program.daemon(in: folder, upstream: upstream.port)
    do {
      let (client, call) = try await daemon.beginStream(upstream)
      try await call.send(Self.chunkedHead + httpChunk(Self.first))
      call.reset()
      withExtendedLifetime(client) {}
    }
    try await daemon.expectRecord("0 messages, 1 drafts, streamsInterrupted")
    let shown = try await Program.run(["show", "c1", "--json", "--database", folder.file("mirror.sqlite")])
    #expect(shown.output.contains(#""state" : "interrupted""#) && shown.output.contains("half an "), "\(shown)")
    let (client, call) = try await daemon.beginStream(upstream)
    try await call.send(Self.chunkedHead + AbsorptionTests.events.map(httpChunk).joined() + "0\r\n\r\n")
    #expect(try await client.answer().text == AbsorptionTests.events.joined())
    try await daemon.expectRecord("2 messages, 0 drafts, streamsComplete, streamsInterrupted")
    #expect(await daemon.terminate() == 0)
  }

  // MARK: The client ends it

  /// Whole in the mirror, and in the next list of messages, which needs no upstream.
  @Test(arguments: [false, true], [false, true])
  func aStreamWhoseClientLeavesIsReadToItsEnd(byReset: Bool, beforeTheHead: Bool) async throws {
    try await withStream { daemon, upstream in
      var (client, call): (RawClient?, RawClient) = try await daemon.beginStream(upstream)
      if !beforeTheHead {
        try await call.send(Self.chunkedHead + httpChunk(Self.first))
        #expect(try await client?.head().status == 200)
      }
      if byReset { client?.reset() }
      client = nil
      if beforeTheHead {
        try await Task.sleep(for: .milliseconds(100))  // so that the daemon sees it first
        try await call.send(Self.chunkedHead + httpChunk(Self.first))
      }
      for event in AbsorptionTests.events.dropFirst() {
        try await call.send(httpChunk(event))
        try await Task.sleep(for: .milliseconds(20))  // so that a write meets the closed connection
      }
      try await call.send("0\r\n\r\n")
      try await daemon.expectRecord(Self.whole)
      let reader = try await RawClient(port: daemon.port)
      try await reader.send(
        "GET /api/v1/conversations/c1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ApiKey alice\r\n"
          + "Cache-Control: only-if-cached\r\n\r\n")
      let list = try await reader.answer()
      #expect(list.status == 200 && list.text.contains(#""content":"once""#), "\(list.text)")
    }
  }

  @Test(arguments: ["cancel", "grace=1"])
  func aStreamIsEndedWhereTheSettingSaysSo(_ setting: String) async throws {
    try await withStream(["ON_CLIENT_GONE": setting]) { daemon, upstream in
      var (client, call): (RawClient?, RawClient) = try await daemon.beginStream(upstream)
      try await call.send(Self.chunkedHead + httpChunk(Self.first))
      #expect(try await client?.head().status == 200)
      client?.reset()
      client = nil
      let left = ContinuousClock.now
      // Upstream goes on until it is hung up on.
      while call.ending == nil {
        do { try await call.send(httpChunk(Self.first)) } catch { break }
        if call.hasNews { _ = try? await call.rest() }  // the end: what is waited for
        try await Task.sleep(for: .milliseconds(20))
        guard left.duration(to: .now) < .seconds(20) else { break }
      }
      let took = left.duration(to: .now)
      #expect(took < .seconds(20) && (setting == "cancel" || took > .milliseconds(900)), "\(took)")
      try await daemon.expectRecord("0 messages, 1 drafts, streamsAbandoned")
    }
  }

  @Test func hangingUpAfterTheTerminalEventIsNormal() async throws {
    try await withStream { daemon, upstream in
      var (client, call): (RawClient?, RawClient) = try await daemon.beginStream(upstream)
      try await call.send(Self.chunkedHead)
      for event in AbsorptionTests.events { try await call.send(httpChunk(event)) }
      #expect(try await client?.head().status == 200)
      client = nil
      try await daemon.expectRecord(Self.whole)
      try await call.send("0\r\n\r\n")
      #expect(
        !daemon.standardError.contains("error") && !daemon.standardError.contains("was cut"), "\(daemon.standardError)")
    }
  }

  // MARK: Limits

  @Test func aStreamBeyondTheCaptureLimitIsRelayedWholeAndADraft() async throws {
    try await withStream(["CAPTURE_LIMIT": "1000"]) { daemon, upstream in
      let (client, call) = try await daemon.beginStream(upstream)
      let long = #"data: {"type":"content","content":""# + String(repeating: "x", count: 5000) + "\"}\n\n"
      try await call.send(
        Self.chunkedHead + httpChunk(Self.first) + httpChunk(long) + httpChunk(Self.rest) + "0\r\n\r\n")
      #expect(try await client.answer().text == Self.first + long + Self.rest)
      try await daemon.expectRecord("0 messages, 1 drafts, streamsTruncated")
    }
  }

  @Test func aClientThatReadsNothingIsDroppedWhileRecordingGoesOn() async throws {
    try await withStream(["WRITE_STALL_TIMEOUT": "1"]) { daemon, upstream in
      let (client, call) = try await daemon.beginStream(upstream, receiveBuffer: 4096)
      let long = #"data: {"type":"content","content":""# + String(repeating: "x", count: 60_000) + "\"}\n\n"
      try await call.send(Self.chunkedHead)
      // More than the kernel holds for it; upstream is slowed down until the client is given up.
      for _ in 0..<100 { try await call.send(httpChunk(long)) }
      try await call.send(httpChunk(Self.rest) + "0\r\n\r\n")
      try await daemon.expectRecord(Self.whole)
      withExtendedLifetime(client) {}
    }
  }
}
