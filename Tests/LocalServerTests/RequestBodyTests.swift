import HTTPTypes
import LocalServer
import Synchronization
import Testing
import WireFormats

@Suite(.timeLimit(.minutes(1)))
struct RequestBodyTests {
  static let echo: LocalServer.Handler = { request in
    Response(status: .ok, body: .bytes(try await request.body.collect(upTo: 1 << 20)))
  }

  @Test func chunkedUploadComesBack() async throws {
    try await withServer(handler: Self.echo) { _, address in
      let client = try TestClient(address)
      for _ in 1...2 {
        try await client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        try await client.send("7;ext=1\r\n, world\r\n0\r\n\r\n")
        #expect(try await client.answer().text == "hello, world")
      }
    }
  }

  @Test func sizedUploadComesBack() async throws {
    let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try await withServer(handler: Self.echo) { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n")
      try await client.send(body)
      #expect(try await client.answer().body == body)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
      #expect(try await client.answer().body == [])
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.answer().body == [])
    }
  }

  @Test func bodyIsStreamedBackWhileItArrives() async throws {
    try await withServer { request in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          for try await piece in request.body { try await writer.write(piece) }
        })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
      _ = try await client.through("\r\n\r\n")
      for word in ["one", "two", "six"] {
        try await client.send("3\r\n\(word)\r\n")
        #expect(try await client.through("3\r\n\(word)\r\n") == "3\r\n\(word)\r\n")
      }
      try await client.send("0\r\n\r\n")
      #expect(try await client.through("0\r\n\r\n") == "0\r\n\r\n")
    }
  }

  @Test func continueIsSentWhenTheBodyIsFirstRead() async throws {
    let gate = Gate()
    try await withServer { request in
      await gate.wait()
      return Response(status: .ok, body: .bytes(try await request.body.collect(upTo: 10)))
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
      gate.open()
      #expect(try await client.answer().head == "HTTP/1.1 100 Continue\r\n\r\n")
      try await client.send("ok")
      #expect(try await client.answer().text == "ok")
    }
  }

  @Test func continueIsNotSentToAClientThatDidNotWait() async throws {
    try await withServer(handler: Self.echo) { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok")
      #expect(try await client.answer().text == "ok")
    }
  }

  @Test func refusedBodyIsNeverAskedFor() async throws {
    try await withServer { _ in
      .text("no", status: .forbidden)
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
      let answer = try await client.answer()
      #expect(answer.status == 403)
      // Whether the client now sends the body is unknown, so nothing can follow.
      #expect(answer.field("Connection") == "close")
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func otherExpectationsFail() async throws {
    try await withServer(handler: Self.echo) { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n")
      #expect(try await client.answer().status == 417)
    }
  }

  @Test(arguments: ["", " ", ",", " , ,"])
  func emptyExpectationAsksForNothing(_ value: String) async throws {
    try await withServer(handler: Self.echo) { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\nExpect: \(value)\r\n\r\n")
      #expect(try await client.answer().status == 200)
    }
  }

  @Test func unreadSmallBodyKeepsTheConnection() async throws {
    try await withServer { request in
      .text(request.head.targetText)
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
      #expect(try await client.answer().text == "/1")
      try await client.send([UInt8](repeating: 1, count: 100_000))
      try await client.send("POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
      #expect(try await client.answer().text == "/2")
      try await client.send("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.answer().text == "/3")
    }
  }

  @Test func unreadLargeBodyClosesButTheAnswerArrives() async throws {
    try await withServer { _ in
      .text("enough", status: .forbidden)
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
      try await client.send([UInt8](repeating: 1, count: 100_000))
      let answer = try await client.answer()
      #expect(answer.text == "enough")
      #expect(answer.field("Connection") == "close")
    }
  }

  @Test(arguments: [
    "Content-Length: 1001\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + String(repeating: "a", count: 1001) + "\r\n0\r\n\r\n",
  ])
  func bodyOverTheLimitIsRefused(_ rest: String) async throws {
    try await withServer {
      $0.limits.bodyBytesMax = 1000
    } handler: {
      try await Self.echo($0)
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\n" + rest)
      let answer = try await client.answer()
      #expect(answer.status == 413)
      #expect(answer.field("Connection") == "close")
    }
  }

  @Test func bodyOverTheHandlersBoundIsRefused() async throws {
    try await withServer { request in
      .text("\(try await request.body.collect(upTo: 3).count)")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd")
      #expect(try await client.answer().status == 413)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
      #expect(try await client.answer().text == "3")
    }
  }

  @Test func malformedChunkIsABadRequest() async throws {
    try await withServer(handler: Self.echo) { server, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
      #expect(try await client.answer().status == 400)
      #expect(try await client.untilClosed() == "")
      #expect(server.statistics.parseErrors == 1)
    }
  }

  @Test func bodyCutShortIsABadRequest() async throws {
    try await withServer(handler: Self.echo) { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
      client.finishSending()
      #expect(try await client.answer().status == 400)
    }
  }

  @Test func uploadIsReadOnlyAsFastAsItIsAskedFor() async throws {
    let gate = Gate()
    let total = 32 << 20
    try await withServer { request in
      var count = 0
      for try await piece in request.body {
        if count == 0 { await gate.wait() }
        count += piece.count
      }
      return .text("\(count)")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(total)\r\n\r\n")
      let sent = Atomic<Bool>(false)
      async let upload: Void = {
        try await client.send([UInt8](repeating: 1, count: total))
        sent.store(true, ordering: .relaxed)
      }()
      // Another client on the same server is served meanwhile, several times: the upload had its chance.
      let other = try TestClient(address)
      for _ in 1...50 {
        try await other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await other.answer().text == "0")
      }
      let wasSent = sent.load(ordering: .relaxed)
      #expect(!wasSent)
      gate.open()
      try await upload
      #expect(try await client.answer().text == "\(total)")
    }
  }

  @Test func bodyIsOfNoUseAfterItsAnswer() async throws {
    let kept = Mutex<RequestBody?>(nil)
    try await withServer { request in
      kept.withLock { $0 = request.body }
      return .text("done")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
      #expect(try await client.answer().text == "done")
      let body = try #require(kept.withLock { $0 })
      await #expect(throws: ConnectionError.requestOver) { try await body.collect(upTo: 10) }
    }
  }

  @Test func taskThatReadsOnAfterTheAnswerIsSentAway() async throws {
    let outcome = Mutex<Task<[UInt8], any Error>?>(nil)
    let isReading = Gate()
    try await withServer { request in
      outcome.withLock { task in
        task = Task {
          isReading.open()
          return try await request.body.collect(upTo: 10)
        }
      }
      await isReading.wait()
      return .text("early")
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
      #expect(try await client.answer().text == "early")
      let reader = try #require(outcome.withLock { $0 })
      await #expect(throws: ConnectionError.requestOver) { try await reader.value }
      try await client.send("abcGET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.answer().text == "early")
    }
  }

  @Test func bodyCanBeReadFromAnotherExecutor() async throws {
    try await withServer { request in
      let body = request.body
      let bytes = try await Task.detached { try await body.collect(upTo: 10) }.value
      return Response(status: .ok, body: .bytes(bytes))
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
      try await client.send("abc")
      #expect(try await client.answer().text == "abc")
    }
  }

  @Test func bodyWithoutConnectionGivesItsBytes() async throws {
    #expect(try await RequestBody(bytes: [1, 2]).collect(upTo: 2) == [1, 2])
    #expect(try await RequestBody().collect(upTo: 0) == [])
    await #expect(throws: ConnectionError.bodyTooLong(bytesMax: 1)) {
      try await RequestBody(bytes: [1, 2]).collect(upTo: 1)
    }
  }
}
