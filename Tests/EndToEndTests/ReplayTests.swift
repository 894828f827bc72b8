import Foundation
import Testing

/// A stream that was recorded is served again: the same bytes, at their pace.
@Suite(.timeLimit(.minutes(1))) struct ReplayTests {
  static let events = AbsorptionTests.events

  /// Records one stream whose second event comes after a pause.
  private func record(in folder: Folder, pause: Duration, settings: [String: String] = [:]) async throws {
    let upstream = try ScriptedUpstream()
    let daemon = try await Program.daemon(in: folder, upstream: upstream.port, settings)
    let client = try await RawClient(port: daemon.port)
    try await client.send(
      """
      POST /api/v1/conversations/c1/messages/stream HTTP/1.1\r
      Host: 127.0.0.1\r
      Authorization: ApiKey alice\r
      Content-Length: 15\r
      \r
      {"content":"h"}
      """)
    let call = try await upstream.connection()
    _ = try await call.head()
    try await call.send(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; x=1\r\nX-Kept: yes\r\nSet-Cookie: a=b\r\n"
        + "Connection: close\r\n\r\n" + Self.events[0])
    try await Task.sleep(for: pause)  // what is recorded
    for event in Self.events.dropFirst() { try await call.send(event) }
    call.finishSending()
    #expect(try await client.answer().text == Self.events.joined())
    #expect(await daemon.terminate() == 0)
  }

  @Test func aRecordedStreamIsServedAsItWas() async throws {
    let folder = try Folder()
    try await record(in: folder, pause: .milliseconds(400))
    let list = try await Program.run(["replay", "--json", "--database", folder.file("mirror.sqlite")])
    #expect(list.output.contains("\"id\" : \"m2\"") && list.output.contains("\"conversationId\" : \"c1\""), "\(list)")

    for (speed, isPaced) in [("1", true), ("0", false)] {
      let replay = try await Program(["replay", "m2", "--speed", speed, "--database", folder.file("mirror.sqlite")])
      for _ in 1...2 {
        let began = ContinuousClock.now
        let answer = try await replay.get("/whatever")
        let took = began.duration(to: .now)
        #expect(answer.text == Self.events.joined())
        #expect(answer.field("Content-Type") == "text/event-stream; x=1" && answer.field("X-Kept") == "yes")
        #expect(answer.field("Set-Cookie") == nil)
        #expect((took >= .milliseconds(390)) == isPaced, "\(took)")
      }
      #expect(await replay.terminate() == 0)
    }
  }

  @Test func whatIsNotKeptIsSaid() async throws {
    let folder = try Folder()
    try await record(in: folder, pause: .zero, settings: ["MAX_RECORDINGS_SIZE": "0"])
    let list = try await Program.run(["replay", "--database", folder.file("mirror.sqlite")])
    #expect(list.code == 0 && list.errors.contains("no stream is recorded yet"))
    let missing = try await Program.run(["replay", "m2", "--database", folder.file("mirror.sqlite")])
    #expect(missing.code == 1 && missing.errors.contains("no stream of m2 is kept"))
    let open = try await Program.run([
      "replay", "m2", "--listen", "0.0.0.0:0", "--database", folder.file("mirror.sqlite"),
    ])
    #expect(open.code == 64 && open.errors.contains("other machines"))
  }
}
