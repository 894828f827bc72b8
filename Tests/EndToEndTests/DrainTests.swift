import Foundation
import Testing

/// SIGTERM: what is finished, what is closed, what is cut.
@Suite(.timeLimit(.minutes(2))) struct DrainTests {
  @Test func idleConnectionsCloseAtOnceAndTheRunningRequestIsCompleted() async throws {
    let folder = try Folder()
    let upstream = try ScriptedUpstream()
    let daemon = try await Program.daemon(in: folder, upstream: upstream.port)
    let idle = try await RawClient(port: daemon.port)
    try await idle.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    #expect(try await idle.answer().status == 200)
    let untouched = try await RawClient(port: daemon.port)
    let busy = try await RawClient(port: daemon.port)
    try await busy.send("GET /api/v1/unknown HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    let call = try await upstream.connection()
    _ = try await call.head()

    async let code = daemon.terminate()
    for client in [idle, untouched] {
      #expect(try await client.rest().isEmpty)
      #expect(client.ending == .closed)
    }
    #expect(await isRefused(daemon.port), "the daemon still listens")
    #expect(!busy.hasNews)

    try await call.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
    let answer = try await busy.answer()
    #expect(answer.status == 200 && answer.text == "done")
    #expect(answer.field("Connection") == "close")
    #expect(try await busy.rest().isEmpty)
    #expect(busy.ending == .closed)
    #expect(await code == 0, "\(daemon.standardError)")
    withExtendedLifetime(folder) {}
  }

  /// What may still run when the deadline comes.
  private struct Exchange {
    let request: String
    /// What upstream gives before it falls silent.
    let start: String
    /// How all that the client sees ends; empty: it sees nothing.
    let end: String

    private static let message = "Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

    static let unanswered = Exchange(
      request: "GET /api/v1/unknown HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", start: "", end: "")
    static let withinBody = Exchange(
      request: "GET /api/v1/unknown HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
      start: "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf", end: "\r\n\r\nhalf")
    /// Its answer is waited for without its client, for some seconds.
    static let write = Exchange(request: "POST /api/v1/conversations HTTP/1.1\r\n\(message)", start: "", end: "")
    /// Is read on without its client, for some seconds; what the client has seen has no last chunk.
    static let stream = Exchange(
      request: "POST /api/v1/conversations/c1/messages/stream HTTP/1.1\r\n\(message)",
      start: """
        HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r
        9\r\ndata: 1\n\n\r\n
        """, end: "\r\n9\r\ndata: 1\n\n\r\n")
  }

  @Test func whatStillRunsAtTheDeadlineIsCutAndTheExitCodeIs0() async throws {
    let folder = try Folder()
    let upstream = try ScriptedUpstream()
    let daemon = try await Program.daemon(in: folder, upstream: upstream.port, ["DRAIN_DEADLINE": "1"])
    var running: [(exchange: Exchange, client: RawClient, call: RawClient)] = []
    for exchange in [Exchange.unanswered, .withinBody, .write, .stream] {
      let client = try await RawClient(port: daemon.port)
      try await client.send(exchange.request)
      let call = try await upstream.connection()
      _ = try await call.head()
      try await call.send(exchange.start)
      #expect(exchange.start.isEmpty ? !client.hasNews : await eventually { client.hasNews })
      running.append((exchange, client, call))
    }

    let began = ContinuousClock.now
    async let code = daemon.terminate()
    for (exchange, client, _) in running {
      let seen = String(decoding: try await client.rest(), as: UTF8.self)
      #expect(exchange.end.isEmpty ? seen.isEmpty : seen.hasSuffix(exchange.end), "\(exchange.request)")
      #expect(began.duration(to: .now) >= .milliseconds(900), "it was cut before the deadline")
    }
    for (_, _, call) in running { _ = try await call.rest() }
    #expect(await code == 0, "\(daemon.standardError)")
    #expect(await isRefused(daemon.port))
    withExtendedLifetime(folder) {}
  }

  private func isRefused(_ port: UInt16) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      do {
        _ = try await RawClient(port: port)
      } catch let error as POSIXError where error.code == .ECONNREFUSED {
        return true
      } catch {}  // reset while it waited: the next look tells
      try? await Task.sleep(for: .milliseconds(2))  // cancelled: the deadline still ends it
    }
    return false
  }
}

/// How soon the daemon is there, and how small.
@Suite(.timeLimit(.minutes(1))) struct StartTests {
  @Test func aRestartOnAnExistingMirrorAnswersAndIsSmall() async throws {
    let folder = try Folder()
    let first = try await Program.daemon(in: folder)
    #expect(await first.terminate() == 0)

    let began = ContinuousClock.now
    let daemon = try await Program.daemon(in: folder)
    #expect(try await daemon.get("/healthz").status == 200)
    let time = began.duration(to: .now)
    let memory = daemon.residentBytes
    print("from exec to the first answer: \(Int(time / .milliseconds(1))) ms, memory: \(memory / 1_000_000) MB")
    #expect(memory > 0)
    #if !DEBUG
      #expect(memory < 40_000_000)
    #endif
    #expect(await daemon.terminate() == 0, "\(daemon.standardError)")
    withExtendedLifetime(folder) {}
  }
}
