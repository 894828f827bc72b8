import HTTPTypes
import LocalServer
import Synchronization
import Testing
import WireFormats

@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
  private struct Broken: Error {}

  @Test func piecesAreChunksAndLeaveAtOnce() async throws {
    let gates = [Gate(), Gate(), Gate()]
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          await gates[0].wait()
          try await writer.write(Array("one".utf8))
          try await writer.write([])
          await gates[1].wait()
          try await writer.write(Array("two".utf8))
          await gates[2].wait()
        })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      // The head is there before there is any body.
      #expect(try await client.through("\r\n\r\n").contains("Transfer-Encoding: chunked\r\n"))
      gates[0].open()
      #expect(try await client.through("3\r\none\r\n") == "3\r\none\r\n")
      gates[1].open()
      #expect(try await client.through("3\r\ntwo\r\n") == "3\r\ntwo\r\n")
      gates[2].open()
      #expect(try await client.through("0\r\n\r\n") == "0\r\n\r\n")
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.answer().text == "onetwo")
    }
  }

  @Test func largePiecesArriveWhole() async throws {
    let piece = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          for _ in 1...20 { try await writer.write(piece) }
        })
    } _: { _, address in
      let client = try TestClient(address)
      for _ in 1...2 {
        try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let body = try await client.answer().body
        #expect(body.count == 2_000_000 && body.suffix(100_000).elementsEqual(piece))
      }
    }
  }

  @Test func streamThatThrowsIsCutWithoutTheLastChunk() async throws {
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          try await writer.write(Array("half".utf8))
          throw Broken()
        })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      _ = try await client.through("\r\n\r\n")
      #expect(try await client.untilClosed() == "4\r\nhalf\r\n")
    }
  }

  @Test func streamThatThrowsBeforeItsFirstPieceShowsItsHead() async throws {
    try await withServer { _ in
      Response(status: .ok, body: .stream(length: nil) { _ in throw Broken() })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.untilClosed().hasSuffix("\r\n\r\n"))
    }
  }

  @Test func closeDelimitedStreamThatThrowsIsReset() async throws {
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          try await writer.write(Array("half".utf8))
          throw Broken()
        })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.0\r\n\r\n")
      await #expect(throws: TestClient.Failure.self) { try await client.untilClosed() }
    }
  }

  @Test func streamToOldVersionEndsWithTheConnection() async throws {
    try await withServer { _ in
      Response(status: .ok, body: .stream(length: nil) { try await $0.write(Array("all".utf8)) })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let answer = try await client.answer()
      #expect(answer.text == "all")
      #expect(answer.field("Connection") == "close")
      #expect(answer.field("Transfer-Encoding") == nil)
    }
  }

  @Test func promisedLengthIsSentWithoutChunks() async throws {
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: 6) { writer in
          try await writer.write(Array("one".utf8))
          try await writer.write(Array("two".utf8))
        })
    } _: { _, address in
      let client = try TestClient(address)
      for _ in 1...2 {
        try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try await client.answer()
        #expect(answer.field("Content-Length") == "6")
        #expect(answer.text == "onetwo")
      }
    }
  }

  @Test(arguments: [2, 4])
  func wrongLengthCutsTheConnection(promised: Int64) async throws {
    try await withServer { _ in
      Response(status: .ok, body: .stream(length: promised) { try await $0.write(Array("abc".utf8)) })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      _ = try await client.through("\r\n\r\n")
      #expect(try await client.untilClosed().utf8.count < promised)
    }
  }

  @Test func writerWaitsForAClientThatDoesNotRead() async throws {
    let written = Atomic<Int>(0)
    let piece = [UInt8](repeating: 7, count: 1 << 20)
    try await withServer { request in
      guard request.head.targetText == "/large" else { return .text("quick") }
      return Response(
        status: .ok,
        body: .stream(length: 64 << 20) { writer in
          for _ in 1...64 {
            try await writer.write(piece)
            written.add(1, ordering: .relaxed)
          }
        })
    } _: { _, address in
      let slow = try TestClient(address, receiveBuffer: 16 << 10)
      try await slow.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
      _ = try await slow.through("\r\n\r\n")
      // It stalls nobody else, whatever loop they are on.
      for _ in 1...10 {
        let quick = try TestClient(address)
        try await quick.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await quick.answer().text == "quick")
      }
      let writtenSoFar = written.load(ordering: .relaxed)
      #expect(writtenSoFar < 32)
      #expect(try await slow.bytes(atLeast: 64 << 20) == 64 << 20)
    }
    let writtenAtLast = written.load(ordering: .relaxed)
    #expect(writtenAtLast == 64)
  }

  @Test func writerLearnsThatTheClientLeft() async throws {
    let outcome = Mutex<(error: ConnectionError?, gone: Bool)>((nil, false))
    let ended = Gate()
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          defer { ended.open() }
          do {
            while true { try await writer.write([UInt8](repeating: 1, count: 10_000)) }
          } catch let error as ConnectionError {
            outcome.withLock { $0 = (error, writer.clientIsGone) }
            throw error
          }
        })
    } _: { server, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      _ = try await client.bytes(atLeast: 1)
      client.reset()
      await ended.wait()
      #expect(outcome.withLock { $0.error } == .clientGone)
      #expect(outcome.withLock { $0.gone })
    }
  }

  @Test func writerCanBeUsedFromAnotherExecutor() async throws {
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          try await Task.detached { try await writer.write(Array("from elsewhere".utf8)) }.value
        })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.answer().text == "from elsewhere")
    }
  }

  @Test func writerIsOfNoUseAfterItsAnswer() async throws {
    let kept = Mutex<BodyWriter?>(nil)
    try await withServer { _ in
      Response(status: .ok, body: .stream(length: nil) { writer in kept.withLock { $0 = writer } })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.answer().text == "")
      let writer = try #require(kept.withLock { $0 })
      await #expect(throws: ConnectionError.requestOver) { try await writer.write([1]) }
    }
    // Nor when the server is no more.
    let writer = try #require(kept.withLock { $0 })
    await #expect(throws: ConnectionError.requestOver) { try await writer.write([1]) }
  }

  @Test func writerWithoutConnectionHandsOver() async throws {
    let taken = Mutex<[[UInt8]]>([])
    let writer = BodyWriter { piece in taken.withLock { $0.append(piece) } }
    try await writer.write([1])
    try await writer.write([])
    try await writer.write([2, 3])
    #expect(taken.withLock { $0 } == [[1], [2, 3]])
  }
}
