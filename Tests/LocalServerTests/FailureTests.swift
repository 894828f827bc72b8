import HTTPTypes
import LocalServer
import Synchronization
import Testing
import WireFormats

@Suite(.timeLimit(.minutes(1)))
struct FailureTests {
  private struct Secret: Error {}

  @Test func handlerThatThrowsIsAServerError() async throws {
    try await withServer { _ in
      throw Secret()
    } _: { _, address in
      let client = try TestClient(address)
      for _ in 1...2 {
        try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try await client.answer()
        #expect(answer.status == 500)
        #expect(!answer.text.contains("Secret"))
        #expect(answer.field("Connection") == nil)
      }
    }
  }

  @Test(arguments: [
    ("GET / HTTP/3.0\r\n\r\n", 505), ("nonsense\r\n\r\n", 400), ("GET /\u{1} HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
  ])
  func malformedRequestIsAnsweredAndClosed(_ bytes: String, status: Int) async throws {
    try await withServer { _ in
      .text("never")
    } _: { server, address in
      let client = try TestClient(address)
      try await client.send(bytes)
      let answer = try await client.answer()
      #expect(answer.status == status)
      #expect(answer.field("Connection") == "close")
      #expect(try await client.untilClosed() == "")
      #expect(server.statistics.parseErrors == 1)
    }
  }

  /// RFC 9110 §9.3.2. The length is what the body would have had.
  @Test(arguments: [
    ("HEAD / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", 400), ("HEAD / HTTP/1.1\r\n\r\n", 400),
    ("HEAD / HTTP/3.0\r\n\r\n", 505),
    ("HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413),
    ("HEAD / HTTP/1.1\r\nHost: x\r\nUnfinished: ", 408),
  ])
  func refusedHEADGetsNoBody(_ bytes: String, status: Int) async throws {
    try await withServer {
      $0.headTimeout = .milliseconds(100)
    } handler: { _ in
      .text("never")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send(bytes)
      let answer = try await client.answer(toHead: true)
      #expect(answer.status == status)
      #expect(answer.field("Content-Length").flatMap(Int.init) ?? 0 > 0)
      #expect(try await client.untilClosed() == "")
    }
  }

  /// RFC 9110 §15.2: a client would wait for the final answer behind it.
  @Test(arguments: [100, 101, 103])
  func interimAnswerOfAHandlerIsItsFailure(_ status: Int) async throws {
    let rendered = RenderedResponse(head: HTTPResponse(status: .init(code: status)), body: [])
    try await withServer { request in
      request.head.targetText == "/rendered" ? Response(ReadyAnswer(rendered)) : .text("", status: .init(code: status))
    } _: { _, address in
      let client = try TestClient(address)
      for target in ["/plain", "/rendered"] {
        try await client.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await client.answer().status == 500)
      }
    }
  }

  @Test func answersBeforeAMalformedRequestArriveFirst() async throws {
    try await withServer { _ in
      .text("fine")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n")
      #expect(try await client.answer().text == "fine")
      #expect(try await client.answer().status == 400)
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func refusalIsReadableByAClientThatIsStillSending() async throws {
    try await withServer { _ in
      .text("never")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("nonsense\r\n\r\n")
      try await client.send([UInt8](repeating: 65, count: 60_000))
      #expect(try await client.answer().status == 400)
    }
  }

  @Test func configurationMakesTheAnswers() async throws {
    try await withServer {
      $0.serverFailure = { .text("own \($0.status): \($0.message)", status: .init(code: $0.status)) }
    } handler: { _ in
      .text("never")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/3.0\r\n\r\n")
      #expect(try await client.answer().text.hasPrefix("own 505: "))
    }
  }

  @Test func handlerOfAVanishedClientIsCancelled() async throws {
    let isRunning = Gate()
    let wasCancelled = Gate()
    try await withServer { _ in
      isRunning.open()
      await withTaskCancellationHandler {
        await wasCancelled.wait()
      } onCancel: {
        wasCancelled.open()
      }
      return .text("nobody reads this")
    } _: { server, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      await isRunning.wait()
      client.reset()
      await wasCancelled.wait()
      // A new connection is served as ever.
      let next = try TestClient(address)
      try await next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await next.answer().status == 200)
    }
  }

  @Test func connectionsBeyondTheLimitAreToldSo() async throws {
    try await withServer {
      $0.connectionsMax = 2
    } handler: { _ in
      .text("in")
    } _: { _, address in
      let first = try TestClient(address)
      try await first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await first.answer().text == "in")
      var second: TestClient? = try TestClient(address)
      try await second?.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await second?.answer().text == "in")
      let third = try TestClient(address)
      try await third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      let answer = try await third.answer()
      #expect(answer.status == 503)
      #expect(answer.field("Retry-After") == "1")
      #expect(try await third.untilClosed() == "")
      // Room again once somebody leaves.
      second = nil
      var status = 503
      for _ in 1...1000 where status == 503 {
        let next = try TestClient(address)
        try await next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        status = try await next.answer().status
      }
      #expect(status == 200)
    }
  }
}
