import Foundation
import Testing

/// A client that gives up on a message and sends it again is answered by the call that runs: nothing is billed twice.
@Suite(.timeLimit(.minutes(1))) struct AbsorptionTests {
  static let answer = #"{"message":{"id":"m2","role":"assistant","content":"once"}}"#
  static let events = [
    #"data: {"type":"content","content":"on"}"#, #"data: {"type":"content","content":"ce"}"#,
    #"data: {"type":"complete","message":{"id":"m2","role":"assistant","content":"once"}}"#, "data: [DONE]",
  ].map { $0 + "\n\n" }

  private func send(
    _ text: String = "hello", to daemon: Program, stream: Bool = false, key: String = "alice"
  ) async throws -> RawClient {
    let client = try await RawClient(port: daemon.port)
    let body = #"{"content":"\#(text)"}"#
    try await client.send(
      """
      POST /api/v1/conversations/c1/messages\(stream ? "/stream" : "") HTTP/1.1\r
      Host: 127.0.0.1\r
      Authorization: ApiKey \(key)\r
      Content-Length: \(body.utf8.count)\r
      \r
      \(body)
      """)
    return client
  }

  private func reply(_ body: String, to call: RawClient) async throws {
    try await call.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
  }

  private static let absorbed = "chatroutesd; fwd=method; collapsed; detail=absorbed"

  private func absorbedCount(_ daemon: Program) async throws -> String? {
    try await daemon.get("/metrics").text.split(separator: "\n").first { $0.hasPrefix("chatroutesd_absorbed_total ") }
      .map { String($0.split(separator: " ")[1]) }
  }

  @Test func aRepetitionGetsTheAnswerOfTheCallThatRuns() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port) { daemon in
      var first: RawClient? = try await send(to: daemon)
      let call = try await upstream.connection()
      _ = try await call.head()
      first = nil
      let second = try await send(to: daemon)
      while try await absorbedCount(daemon) == "0" {}
      try await reply(Self.answer, to: call)
      let answer = try await second.answer()
      #expect(answer.text == Self.answer && answer.field("Cache-Status") == Self.absorbed)
      #expect(upstream.connectionThatWaits() == nil)
      #expect(try await absorbedCount(daemon) == "1")
      #expect(daemon.standardError.contains("a repeated write was answered by the call that was running"))
      withExtendedLifetime(first) {}
    }
  }

  @Test func aRepetitionGetsAnAnswerThatCameInBetween() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port) { daemon in
      var first: RawClient? = try await send(to: daemon)
      let call = try await upstream.connection()
      _ = try await call.head()
      first = nil
      try await reply(Self.answer, to: call)
      // Recorded: then it has come.
      while try await daemon.get("/status").text.contains(#""messages" : 0"#) {}
      let second = try await send(to: daemon)
      let answer = try await second.answer()
      #expect(answer.text == Self.answer && answer.field("Cache-Status") == Self.absorbed)
      #expect(upstream.connectionThatWaits() == nil)

      // It was given away: what is sent now is another message.
      let third = try await send(to: daemon)
      let next = try await upstream.connection()
      _ = try await next.head()
      try await reply(Self.answer, to: next)
      #expect(try await third.answer().field("Cache-Status") == "chatroutesd; fwd=method")
      withExtendedLifetime(first) {}
    }
  }

  @Test func clientsThatAreBothThereAreNeverMerged() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port) { daemon in
      let clients = [try await send(to: daemon), try await send(to: daemon)]
      for (number, client) in clients.enumerated() {
        let call = try await upstream.connection()
        _ = try await call.head()
        try await reply("{\"number\":\(number)}", to: call)
        _ = client
      }
      var texts: Set<String> = []
      for client in clients { texts.insert(try await client.answer().text) }
      #expect(texts == ["{\"number\":0}", "{\"number\":1}"])
    }
  }

  @Test(arguments: [("hello", "bob"), ("hello!", "alice")])
  func anotherMessageOrAccountIsAnotherCall(text: String, key: String) async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port, ["DRAIN_DEADLINE": "1"]) { daemon in
      var first: RawClient? = try await send(to: daemon)
      let call = try await upstream.connection()
      _ = try await call.head()
      first = nil
      let second = try await send(text, to: daemon, key: key)
      let other = try await upstream.connection()
      _ = try await other.head()
      try await reply("{}", to: other)
      #expect(try await second.answer().field("Cache-Status") == "chatroutesd; fwd=method")
      withExtendedLifetime(first) {}
    }
  }

  @Test func theSettingTurnsItOff() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port, ["ABSORB_RETRIES": "false", "DRAIN_DEADLINE": "1"]) {
      daemon in
      var first: RawClient? = try await send(to: daemon)
      let call = try await upstream.connection()
      _ = try await call.head()
      first = nil
      let second = try await send(to: daemon)
      let other = try await upstream.connection()
      _ = try await other.head()
      try await reply("{}", to: other)
      #expect(try await second.answer().text == "{}")
      withExtendedLifetime(first) {}
    }
  }

  @Test(arguments: [false, true])
  func aRepeatedStreamIsWholeAndRecordedOnce(afterItsEnd: Bool) async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port) { daemon in
      var first: RawClient? = try await send(to: daemon, stream: true)
      let call = try await upstream.connection()
      _ = try await call.head()
      first?.reset()
      first = nil
      // The daemon must know that nobody waits before the head comes.
      while try await daemon.openConnections() > 1 {}
      try await call.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + Self.events[0])
      var second: RawClient? = afterItsEnd ? nil : try await send(to: daemon, stream: true)
      for event in Self.events.dropFirst() { try await call.send(event) }
      call.finishSending()
      if afterItsEnd {
        while try await daemon.get("/status").text.contains(#""messages" : 0"#) {}
        second = try await send(to: daemon, stream: true)
      }
      let answer = try await #require(second).answer()
      #expect(answer.text == Self.events.joined() && answer.field("Cache-Status") == Self.absorbed)
      #expect(try await daemon.get("/status").text.contains(#""messages" : 2"#))
      #expect(upstream.connectionThatWaits() == nil)
    }
  }
}
