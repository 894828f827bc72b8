import HTTPTypes
import LocalServer
import Synchronization
import Testing
import WireFormats

@Suite(.timeLimit(.minutes(1)))
struct KeepAliveTests {
  @Test func connectionServesManyRequests() async throws {
    try await withServer { request in
      .text(request.head.targetText)
    } _: { server, address in
      let client = try TestClient(address)
      for number in 1...20 {
        try await client.send("GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await client.answer().text == "/\(number)")
      }
      #expect(server.statistics == ServerStatistics(open: 1, accepted: 1, requests: 20))
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    try await withServer { request in
      // The first one takes longest.
      if request.head.targetText == "/1" { for _ in 0..<100 { await Task.yield() } }
      return .text(request.head.targetText)
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send((1...200).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
      for number in 1...200 { #expect(try await client.answer().text == "/\(number)") }
    }
  }

  @Test func largePipelinedAnswersStayWholeAndInOrder() async throws {
    let bodies = [20_000, 5, 300_000, 17_000, 1].map { [UInt8](repeating: UInt8($0 % 251), count: $0) }
    try await withServer { request in
      Response(status: .ok, body: .bytes(bodies[Int(request.head.targetText.dropFirst()) ?? 0]))
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send(bodies.indices.map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
      for body in bodies { #expect(try await client.answer().body == body) }
    }
  }

  @Test func handlerThatAsksForCloseGetsIt() async throws {
    try await withServer { _ in
      Response(status: .forbidden, fields: [.connection: "close"], body: .bytes(Array("no".utf8)))
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      let answer = try await client.answer()
      #expect(answer.field("Connection") == "close" && answer.text == "no")
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func clientThatAsksForCloseGetsIt() async throws {
    try await withServer { _ in
      .text("last")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      let answer = try await client.answer()
      #expect(answer.field("Connection") == "close")
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func oldVersionIsClosedUnlessItAsksToStay() async throws {
    try await withServer { _ in
      .text("x")
    } _: { _, address in
      let staying = try TestClient(address)
      for _ in 1...2 {
        try await staying.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try await staying.answer().field("Connection") == "keep-alive")
      }
      let leaving = try TestClient(address)
      try await leaving.send("GET / HTTP/1.0\r\n\r\n")
      #expect(try await leaving.answer().field("Connection") == "close")
      #expect(try await leaving.untilClosed() == "")
    }
  }

  @Test func requestLimitEndsTheConnection() async throws {
    try await withServer {
      $0.requestsPerConnectionMax = 2
    } handler: { _ in
      .text("x")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send(String(repeating: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", count: 3))
      #expect(try await client.answer().field("Connection") == nil)
      #expect(try await client.answer().field("Connection") == "close")
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func halfClosedClientGetsItsAnswer() async throws {
    try await withServer { _ in
      for _ in 0..<50 { await Task.yield() }
      return .text("still here")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      client.finishSending()
      #expect(try await client.answer().text == "still here")
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func requestInPiecesIsUnderstood() async throws {
    try await withServer { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try TestClient(address)
      for byte in "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n".utf8 { try await client.send([byte]) }
      #expect(try await client.answer().text == "/slow")
    }
  }

  @Test(arguments: [ListenAddress.tcp(host: "::1", port: 0), .tcp(host: "127.0.0.1", port: 0)])
  func peerIsKnown(on address: ListenAddress) async throws {
    try await withServer(on: address) { request in
      .text(request.peer.description)
    } _: { _, bound in
      let client = try TestClient(bound)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      let expected = address.description.dropLast(2)
      #expect(try await client.answer().text.hasPrefix(expected))
    }
  }

  @Test func requestsRunOnTheirLoopsThread() async throws {
    let names = Mutex<Set<String>>([])
    try await withServer {
      $0.loops = 1
    } handler: { _ in
      names.withLock { _ = $0.insert(threadName()) }
      await Task.yield()
      names.withLock { _ = $0.insert(threadName()) }
      return .text("")
    } _: { _, address in
      let client = try TestClient(address)
      for _ in 1...5 {
        try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await client.answer()
      }
    }
    #expect(names.withLock { $0 } == ["http-loop-0"])
  }
}

extension ServerStatistics {
  init(open: Int, accepted: Int, requests: Int) {
    self.init()
    openConnections = open
    acceptedConnections = accepted
    self.requests = requests
  }
}
