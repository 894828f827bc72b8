import ChatRoutes
import Foundation
import HTTPTypes
import Testing

/// The bytes that leave and arrive, over a real socket.
@Suite(.timeLimit(.minutes(1)))
struct HTTPTransportTests {
  static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

  /// Answers every request on every connection with `answer`.
  private func server(answering answer: String = empty) -> RawServer {
    RawServer { peer in
      while peer.readRequest() != nil { peer.send(answer) }
    }
  }

  private func withTransport<Result>(
    to server: RawServer, _ body: (HTTPTransport) async throws -> Result
  ) async throws -> Result {
    let transport = try HTTPTransport(origin: server.origin)
    let result: Result
    do {
      result = try await body(transport)
    } catch {
      await transport.shutdown()
      throw error
    }
    await transport.shutdown()
    return result
  }

  @Test(arguments: [
    #"/api/v1/x/../y//z%2f?a=b|c{d}&e=[1]&q="x""#, "/", "/?", "/a?b?c#d", "/%", "/%zz?%", "/\\..\\", "//host/path",
    "/api/v1/conversations?filter=all&page=1", "/ü/日本?q=é", "*", "/./.././", "/a;b=c,d:e@f!$&'()*+",
  ])
  func targetIsSentByteForByte(target: String) async throws {
    let server = server()
    let response = try await withTransport(to: server) {
      try await $0.send(TransportRequest(method: "GET", target: target))
    }
    #expect(response.status == 200)
    #expect(server.requests == ["GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\r\n"])
  }

  @Test func fieldsKeepOrderCaseAndDuplicates() async throws {
    let server = server()
    var fields = HTTPFields()
    for (name, value) in [
      ("x-B", "1"), ("Accept", "a"), ("X-a", "2"), ("x-B", ""), ("ACCEPT", "b, c"), ("Host", "elsewhere"),
      ("Transfer-Encoding", "chunked"), ("Content-Length", "7"), ("Chatroutes-Attempt", "1"), ("X-Text", "caf\u{e9}"),
    ] {
      fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
    }
    let request = TransportRequest(method: "GET", target: "/", fields: fields)
    _ = try await withTransport(to: server) { try await $0.send(request) }
    let expected = [
      "GET / HTTP/1.1", "Host: 127.0.0.1:\(server.port)", "x-B: 1", "Accept: a", "X-a: 2", "x-B: ", "ACCEPT: b, c",
      "X-Text: caf\u{e9}", "", "",
    ]
    #expect(server.requests == [expected.joined(separator: "\r\n")])
  }

  static let framings: [(String, TransportRequest.Body, String)] =
    ["GET", "HEAD", "OPTIONS", "DELETE", "QUERY"].flatMap {
      [
        ($0, .none, "\r\n"), ($0, .bytes([]), "Content-Length: 0\r\n\r\n"),
        ($0, .bytes(Array("{}".utf8)), "Content-Length: 2\r\n\r\n{}"),
      ]
    }
    + ["POST", "PUT", "PATCH"].flatMap {
      [
        ($0, .none, "Content-Length: 0\r\n\r\n"), ($0, .bytes([]), "Content-Length: 0\r\n\r\n"),
        ($0, .bytes(Array("{}".utf8)), "Content-Length: 2\r\n\r\n{}"),
      ]
    }
    + ["GET", "POST", "DELETE"].flatMap {
      [
        ($0, .stream(length: 5, Pieces(["ab", "", "cde"])), "Content-Length: 5\r\n\r\nabcde"),
        ($0, .stream(length: 0, Pieces([])), "Content-Length: 0\r\n\r\n"),
        (
          $0, .stream(length: nil, Pieces(["ab", "", "cde"])),
          "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
        ),
      ]
    }

  @Test(arguments: framings)
  func bodyIsFramedAsItWasGiven(method: String, body: TransportRequest.Body, end: String) async throws {
    let server = server()
    let request = TransportRequest(method: method, target: "/x", body: body)
    _ = try await withTransport(to: server) { try await $0.send(request) }
    // The encoder writes `transfer-encoding` in one case or the other.
    let expected = "\(method) /x HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\(end)"
    #expect(server.requests.map { $0.lowercased() } == [expected.lowercased()])
  }

  @Test(arguments: [
    ("GET", "relative"), ("GET", ""), ("GET", "/a b"), ("GET", "/a\r\nX: y"), ("GET", "http://h/"), ("G T", "/"),
    ("", "/"), ("CONNECT", "/"),
  ])
  func whatIsNotOneRequestIsNeverSent(method: String, target: String) async throws {
    let server = server()
    try await withTransport(to: server) { transport in
      let error = await failure(of: TransportRequest(method: method, target: target), on: transport)
      #expect(error?.kind == .badRequest)
      #expect(error?.requestMayHaveTakenEffect == false)
      _ = try await transport.send(TransportRequest(method: "GET", target: "/ok"))
    }
    #expect(server.requests.count == 1)
  }

  @Test func answerArrivesUntouched() async throws {
    let gzip: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0]
    let server = RawServer { peer in
      peer.readRequest()
      peer.send(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 Fine\r\nset-Cookie: a=1\r\n"
          + "Content-Encoding: gzip\r\nSet-Cookie: b=2\r\nX-Empty:\r\nX-Text: caf\u{e9}\r\nContent-Length: \(gzip.count)\r\n\r\n"
      )
      peer.send(gzip)
      peer.waitForEnd()
    }
    try await withTransport(to: server) { transport in
      let response = try await transport.send(TransportRequest(method: "GET", target: "/"))
      #expect(response.status == 200)
      #expect(
        response.fields.map { "\($0.name.rawName): \($0.value)" } == [
          "set-Cookie: a=1", "Content-Encoding: gzip", "Set-Cookie: b=2", "X-Empty: ", "X-Text: caf\u{e9}",
          "Content-Length: \(gzip.count)",
        ])
      #expect(try await response.body.collect(upTo: 1000) == gzip)
    }
  }

  @Test(arguments: [
    ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n", 200), ("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204),
    ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304),
    ("POST", "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", 307),
    ("GET", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302),
  ])
  func bodilessAnswersAndRedirectsAreRelayed(method: String, answer: String, status: Int) async throws {
    let server = server(answering: answer)
    try await withTransport(to: server) { transport in
      for _ in 1...2 {
        let response = try await transport.send(TransportRequest(method: method, target: "/"))
        #expect(response.status == status)
        #expect(try await response.body.collect(upTo: 0) == [])
      }
    }
    #expect(server.requests.count == 2)
  }

  @Test func pieceArrivesBeforeTheNextIsSent() async throws {
    let (first, second) = (Gate(), Gate())
    let server = RawServer { peer in
      peer.readRequest()
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      for (gate, piece) in [(first, "one"), (second, "two")] {
        guard gate.pass() else { return }
        peer.send("3\r\n\(piece)\r\n")
      }
      peer.send("0\r\n\r\n")
      peer.waitForEnd()
    }
    try await withTransport(to: server) { transport in
      let response = try await transport.send(TransportRequest(method: "POST", target: "/"))
      var body = response.body.makeAsyncIterator()
      first.open()
      #expect(try await body.next() == Array("one".utf8))
      second.open()
      #expect(try await body.next() == Array("two".utf8))
      #expect(try await body.next() == nil)
    }
  }

  @Test func bodyOfManyMegabytesIsNotReadAhead() async throws {
    let sent = Counter()
    let server = RawServer { peer in
      peer.readRequest()
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(64 << 20)\r\n\r\n")
      for _ in 0..<64 {
        peer.send([UInt8](repeating: 65, count: 1 << 20))
        sent.increment()
      }
    }
    try await withTransport(to: server) { transport in
      let response = try await transport.send(TransportRequest(method: "GET", target: "/"))
      var body = response.body.makeAsyncIterator()
      var total = try await body.next()?.count ?? 0
      // Whatever socket buffers hold, the greater part of the body has not been taken off the server.
      #expect(sent.value < 32)
      while let piece = try await body.next() { total += piece.count }
      #expect(total == 64 << 20)
    }
  }

  @Test func droppedBodyClosesTheConnection() async throws {
    let closed = Gate()
    let server = RawServer { peer in
      peer.readRequest()
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
      peer.waitForEnd()
      closed.open()
    }
    try await withTransport(to: server) { transport in
      let response = try await transport.send(TransportRequest(method: "GET", target: "/"))
      for try await _ in response.body { break }
      #expect(await closed.opened())
    }
  }
}

/// The error of a request that must fail.
func failure(of request: TransportRequest, on transport: some Transport) async -> TransportError? {
  do {
    _ = try await transport.send(request)
    return nil
  } catch {
    return error
  }
}
