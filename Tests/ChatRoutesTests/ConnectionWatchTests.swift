import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing

@testable import ChatRoutes

/// The private field that carries a request through AsyncHTTPClient never reaches the wire.
@Suite(.timeLimit(.minutes(1)))
struct ConnectionWatchTests {
  /// On a fresh connection and on one that has carried a request.
  @Test(arguments: [nil, "", "x", "999", "-1", "1, 1"], [false, true])
  func requestWithoutAKnownAttemptIsNotWritten(field: String?, isReused: Bool) async throws {
    let server = RawServer { peer in
      while peer.readRequest() != nil { peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
    }
    let transport = try HTTPTransport(origin: server.origin)
    if isReused { _ = try await transport.send(TransportRequest(method: "GET", target: "/")) }
    for hasBody in [false, true] {
      var request = HTTPClientRequest(url: server.origin + "/")
      request.method = .POST
      if hasBody { request.body = .bytes(ByteBuffer(string: "body")) }
      if let field { request.headers.add(name: Attempts.fieldName, value: field) }
      let unmarked = request
      await #expect(throws: (any Error).self) {
        try await transport.client.execute(unmarked, timeout: .seconds(5))
      }
    }
    await transport.shutdown()
    #expect(server.requests.count == (isReused ? 1 : 0))
  }

  @Test func attemptThatWasGivenUpIsNotWritten() async throws {
    let server = RawServer { $0.readRequest() }
    let transport = try HTTPTransport(origin: server.origin)
    let attempt = Attempt(TransportRequest(method: "POST", target: "/"))
    #expect(attempt.abandon())
    var request = HTTPClientRequest(url: server.origin + "/")
    request.headers.add(name: Attempts.fieldName, value: String(transport.attempts.add(attempt)))
    let abandoned = request
    await #expect(throws: (any Error).self) { try await transport.client.execute(abandoned, timeout: .seconds(5)) }
    await transport.shutdown()
    #expect(server.requests.isEmpty)
  }

  @Test func attemptIsEitherWrittenOrGivenUp() {
    let written = Attempt(TransportRequest(method: "POST", target: "/"))
    #expect(written.claim(onReusedConnection: false))
    #expect(!written.abandon())
    let abandoned = Attempt(TransportRequest(method: "POST", target: "/"))
    #expect(abandoned.abandon())
    #expect(!abandoned.claim(onReusedConnection: false))
    #expect(abandoned.abandon())
  }
}
