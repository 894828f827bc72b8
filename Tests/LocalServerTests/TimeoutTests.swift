import HTTPTypes
import LocalServer
import Synchronization
import Testing

/// Real time-outs, made short: the real clock of the loop is what is tested here.
@Suite(.timeLimit(.minutes(1)))
struct TimeoutTests {
  @Test func headThatTakesTooLongIsTimedOut() async throws {
    try await withServer {
      $0.headTimeout = .milliseconds(60)
    } handler: { _ in
      .text("never")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHos")
      let answer = try await client.answer()
      #expect(answer.status == 408)
      #expect(answer.field("Connection") == "close")
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func headIsTimedOutAlthoughBytesKeepComing() async throws {
    try await withServer {
      $0.headTimeout = .milliseconds(60)
    } handler: { _ in
      .text("never")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\n")
      async let drip: Void = {
        for _ in 1...200 {
          try await client.send("X: y\r\n")
          try await Task.sleep(for: .milliseconds(10))
        }
      }()
      let reader = try await Task { try await client.through("408") }.value
      #expect(reader == "HTTP/1.1 408")
      _ = try? await drip
    }
  }

  @Test func idleConnectionIsClosedSilently() async throws {
    try await withServer {
      $0.keepAliveIdle = .milliseconds(60)
    } handler: { _ in
      .text("x")
    } _: { _, address in
      let fresh = try TestClient(address)
      let used = try TestClient(address)
      try await used.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await used.answer().text == "x")
      #expect(try await used.untilClosed() == "")
      #expect(try await fresh.untilClosed() == "")
    }
  }

  @Test func stalledBodyIsTimedOut() async throws {
    try await withServer {
      $0.bodyProgressTimeout = .milliseconds(60)
    } handler: { request in
      .text("\(try await request.body.collect(upTo: 100).count)")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
      #expect(try await client.answer().status == 408)
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func clientThatStopsReadingIsCut() async throws {
    let outcome = Mutex<ConnectionError?>(nil)
    let ended = Gate()
    try await withServer {
      $0.writeStallTimeout = .milliseconds(60)
    } handler: { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          defer { ended.open() }
          do {
            while true { try await writer.write([UInt8](repeating: 1, count: 1 << 20)) }
          } catch let error as ConnectionError {
            outcome.withLock { $0 = error }
            // Going on regardless is refused, not a crash.
            await #expect(throws: ConnectionError.clientGone) { try await writer.write([1]) }
            throw error
          }
        })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      await ended.wait()
      #expect(outcome.withLock { $0 } == .writeStalled)
    }
  }
}
