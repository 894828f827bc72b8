import HTTPTypes
import LocalServer
import Synchronization
import Testing
import WireFormats

/// Answers from memory. Targets that begin with `/ready/` have one. The first request of a connection is read by its task,
/// later ones are looked at where their bytes arrive.
@Suite(.timeLimit(.minutes(1)))
struct ReadyAnswerTests {
  /// `/ready/N` is answered with N letters.
  static let ready: LocalServer.ReadyHandler = { head in
    guard head.targetText.hasPrefix("/ready/"), let count = Int(head.targetText.dropFirst(7)) else { return nil }
    let rendered = RenderedResponse(head: HTTPResponse(status: .ok), body: [UInt8](repeating: 97, count: count))
    return ReadyAnswer(rendered, extraFields: Array("Answered: at-once\r\n".utf8))
  }

  static func get(_ target: String, _ fields: String = "", version: String = "1.1") -> String {
    "GET \(target) HTTP/\(version)\r\nHost: x\r\n\(fields)\r\n"
  }

  /// A client whose first request is behind it.
  static func client(_ address: ListenAddress, receiveBuffer: CInt? = nil) async throws -> TestClient {
    let client = try TestClient(address, receiveBuffer: receiveBuffer)
    try await client.send(get("/first"))
    #expect(try await client.answer().text == "/first")
    return client
  }

  @Test func readyAnswerNeedsNoHandler() async throws {
    try await withServer(ready: Self.ready) { request in
      .text(request.head.targetText)
    } _: { server, address in
      let client = try await Self.client(address)
      for _ in 1...3 {
        try await client.send(Self.get("/ready/5"))
        let answer = try await client.answer()
        #expect(answer.text == "aaaaa" && answer.field("Answered") == "at-once" && answer.field("Date") != nil)
      }
      try await client.send("HEAD /ready/7 HTTP/1.1\r\nHost: x\r\n\r\n" + Self.get("/ready/1"))
      #expect(try await client.answer(toHead: true).field("Content-Length") == "7")
      #expect(try await client.answer().text == "a")
      #expect(server.statistics == ServerStatistics(open: 1, accepted: 1, requests: 6))
    }
  }

  @Test func readyAnswersAndOthersKeepTheOrderAndDoNotWaitForEachOther() async throws {
    let gate = Gate()
    try await withServer(ready: Self.ready) { request in
      if request.head.targetText == "/slow" { await gate.wait() }
      return .text(request.head.targetText)
    } _: { _, address in
      let client = try await Self.client(address)
      let targets = ["/ready/1", "/ready/2", "/slow", "/ready/3", "/other", "/ready/4"]
      try await client.send(targets.map { Self.get($0) }.joined())
      #expect(try await client.answer().text == "a")
      #expect(try await client.answer().text == "aa")
      gate.open()
      for text in ["/slow", "aaa", "/other", "aaaa"] { #expect(try await client.answer().text == text) }
    }
  }

  @Test func howTheBytesAreCutDoesNotMatter() async throws {
    try await withServer(ready: Self.ready) { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try await Self.client(address)
      let bytes = Array((Self.get("/ready/3") + Self.get("/other") + Self.get("/ready/4")).utf8)
      for cut in stride(from: 1, to: bytes.count, by: 3) {
        try await client.send(Array(bytes[..<cut]))
        try await client.send(Array(bytes[cut...]))
        for text in ["aaa", "/other", "aaaa"] { #expect(try await client.answer().text == text, "cut at \(cut)") }
      }
    }
  }

  @Test func requestsThatAreNotPlainGoToTheHandler() async throws {
    try await withServer(ready: Self.ready) { request in
      .text("handler \(try await request.body.collect(upTo: 10).count)")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send(Self.get("/first"))
      _ = try await client.answer()
      try await client.send(Self.get("/ready/1", "Content-Length: 2\r\n") + "xx")
      #expect(try await client.answer().text == "handler 2")
      try await client.send(Self.get("/ready/1", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n")
      #expect(try await client.answer().text == "handler 3")
      try await client.send(Self.get("/ready/1", "Expect: wonders\r\n"))
      #expect(try await client.answer().status == 417)
    }
  }

  @Test(arguments: [("1.1", "Connection: close\r\n"), ("1.0", "")])
  func connectionThatShouldCloseDoes(_ version: String, _ fields: String) async throws {
    try await withServer(ready: Self.ready) { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try await Self.client(address)
      try await client.send(Self.get("/ready/3", fields, version: version) + Self.get("/ready/4"))
      let answer = try await client.answer()
      #expect(answer.text == "aaa" && answer.field("Connection") == "close")
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func oldVersionMayAskToStay() async throws {
    try await withServer(ready: Self.ready) { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try await Self.client(address)
      for _ in 1...2 {
        try await client.send(Self.get("/ready/3", "Connection: keep-alive\r\n", version: "1.0"))
        #expect(try await client.answer().field("Connection") == "keep-alive")
      }
    }
  }

  @Test func requestLimitCountsReadyAnswers() async throws {
    try await withServer {
      $0.requestsPerConnectionMax = 3
    } ready: {
      Self.ready($0)
    } handler: { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try await Self.client(address)
      try await client.send(String(repeating: Self.get("/ready/1"), count: 3))
      #expect(try await client.answer().field("Connection") == nil)
      #expect(try await client.answer().field("Connection") == "close")
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func answersThatTheClientDoesNotTakeWait() async throws {
    try await withServer(ready: Self.ready) { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try await Self.client(address, receiveBuffer: 4096)
      let sizes = (0..<400).map { [40_000, 3, 17_000, 900][$0 % 4] }
      try await client.send(sizes.map { Self.get("/ready/\($0)") }.joined())
      for size in sizes { #expect(try await client.answer().body.count == size) }
    }
  }

  @Test func clientThatTakesNothingIsCut() async throws {
    try await withServer {
      $0.writeStallTimeout = .milliseconds(60)
    } ready: {
      Self.ready($0)
    } handler: { request in
      .text(request.head.targetText)
    } _: { server, address in
      let client = try await Self.client(address, receiveBuffer: 4096)
      try await client.send(String(repeating: Self.get("/ready/1000000"), count: 20))
      while server.statistics.openConnections > 0 { await Task.yield() }
      #expect(try await client.bytes(atLeast: 1) < 20_000_000)
    }
  }

  @Test func readyAnswersKeepAConnectionAlive() async throws {
    try await withServer {
      $0.keepAliveIdle = .milliseconds(200)
    } ready: {
      Self.ready($0)
    } handler: { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try await Self.client(address)
      let clock = ContinuousClock()
      let start = clock.now
      // Each request comes well before the deadline that the last one set; together they go far beyond the first one.
      while clock.now - start < .milliseconds(600) {
        try await client.send(Self.get("/ready/1"))
        guard try await client.answer().text == "a" else { break }
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(clock.now - start >= .milliseconds(600))
      #expect(try await client.untilClosed() == "", "it ends once nothing comes any more")
    }
  }

  @Test func unfinishedHeadBehindReadyAnswersIsTimedOut() async throws {
    try await withServer {
      $0.headTimeout = .milliseconds(60)
    } ready: {
      Self.ready($0)
    } handler: { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try await Self.client(address)
      try await client.send(Self.get("/ready/2") + "GET /ready/3 HT")
      #expect(try await client.answer().text == "aa")
      #expect(try await client.answer().status == 408)
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func malformedRequestBehindReadyAnswersIsRefused() async throws {
    try await withServer(ready: Self.ready) { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try await Self.client(address)
      try await client.send(Self.get("/ready/2") + "GET /ready/3 HTTP/1.1\r\nHost : x\r\n\r\n")
      #expect(try await client.answer().text == "aa")
      #expect(try await client.answer().status == 400)
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func halfClosedClientGetsItsReadyAnswer() async throws {
    try await withServer(ready: Self.ready) { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try await Self.client(address)
      try await client.send(Self.get("/ready/2"))
      client.finishSending()
      #expect(try await client.untilClosed().hasSuffix("\r\n\r\naa"))
    }
  }

  @Test func drainEndsConnectionsThatWereServedAtOnce() async throws {
    try await withServer(ready: Self.ready) { request in
      .text(request.head.targetText)
    } _: { server, address in
      let client = try await Self.client(address)
      try await client.send(Self.get("/ready/2"))
      #expect(try await client.answer().text == "aa")
      server.drain(deadline: .seconds(30))
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func manyClientsAreServedAtOnce() async throws {
    try await withServer(ready: Self.ready) { request in
      .text(request.head.targetText)
    } _: { server, address in
      try await withThrowingDiscardingTaskGroup { group in
        for number in 1...20 {
          group.addTask {
            let client = try await Self.client(address)
            for round in 1...50 {
              try await client.send(Self.get(round % 7 == 0 ? "/other" : "/ready/\(number)"))
              #expect(try await client.answer().body.count == (round % 7 == 0 ? 6 : number))
            }
          }
        }
      }
      #expect(server.statistics.requests == 20 * 51)
    }
  }
}
