import Foundation
import Glibc
import HTTPTypes
import NIOCore
import Testing

@testable import ChatRoutes

/// What is told, and what is tried again, when the origin fails.
@Suite(.timeLimit(.minutes(1)))
struct HTTPTransportFailureTests {
  static let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
  static let secret = "cr_prod_sk_0123456789abcdef"

  private func request(_ method: String, body: TransportRequest.Body = .none) -> TransportRequest {
    var request = TransportRequest(method: method, target: "/\(Self.secret)", body: body)
    request.fields[.authorization] = "ApiKey \(Self.secret)"
    return request
  }

  private func failure(of request: TransportRequest, at origin: String) async throws -> TransportError {
    let transport = try HTTPTransport(origin: origin)
    let error = await ChatRoutesTests.failure(of: request, on: transport)
    await transport.shutdown()
    let found = try #require(error)
    for text in [found.description, "\(found)", String(reflecting: found), found.localizedDescription] {
      #expect(!text.contains(Self.secret))
    }
    return found
  }

  /// A port on which nobody listens.
  private func closedPort() -> UInt16 {
    let (listener, address) = listenOnLoopback(backlog: 1)
    close(listener)
    return UInt16(bigEndian: address.sin_port)
  }

  @Test(arguments: ["GET", "POST"])
  func refusedConnectionIsADefiniteOutageWithoutEffect(method: String) async throws {
    let error = try await failure(of: request(method), at: "http://127.0.0.1:\(closedPort())")
    #expect(error.kind == .refused)
    #expect(error.isDefiniteOutage)
    #expect(!error.requestMayHaveTakenEffect)
  }

  @Test func unknownNameIsADefiniteOutage() async throws {
    let error = try await failure(of: request("POST"), at: "http://does-not-exist.invalid")
    #expect(error.kind == .dns)
    #expect(error.isDefiniteOutage && !error.requestMayHaveTakenEffect)
  }

  @Test func plainServerFailsTheHandshake() async throws {
    let server = RawServer { peer in
      peer.send("HTTP/1.1 400 Bad Request\r\n\r\n")
      peer.waitForEnd()
    }
    let error = try await failure(of: request("POST"), at: "https://127.0.0.1:\(server.port)")
    #expect(error.kind == .tls)
    #expect(error.isDefiniteOutage && !error.requestMayHaveTakenEffect)
  }

  @Test func connectionThatNobodyAcceptsTimesOut() async throws {
    // A full accept queue drops further SYNs.
    let listener = FullListener()
    var request = request("POST")
    request.connectTimeout = .milliseconds(100)
    let start = ContinuousClock.now
    let error = try await failure(of: request, at: "http://127.0.0.1:\(listener.port)")
    #expect(ContinuousClock.now - start < .seconds(5))
    #expect(error.kind == .connectTimeout)
    #expect(!error.isDefiniteOutage && !error.requestMayHaveTakenEffect)
  }

  @Test(arguments: ["GET", "POST"])
  func silenceBeforeTheHeadTimesOutAndMayHaveTakenEffect(method: String) async throws {
    let server = RawServer { peer in
      peer.readRequest()
      peer.waitForEnd()
    }
    var request = request(method)
    request.headTimeout = .milliseconds(100)
    let error = try await failure(of: request, at: server.origin)
    #expect(error.kind == .headTimeout)
    #expect(error.requestMayHaveTakenEffect && !error.isDefiniteOutage)
    #expect(server.requests.count == 1)
  }

  @Test func slowRequestBodyIsNoSilenceOfTheOrigin() async throws {
    let server = RawServer { peer in
      peer.readRequest()
      peer.send(Self.empty)
      peer.waitForEnd()
    }
    let transport = try HTTPTransport(origin: server.origin)
    let slow = AsyncThrowingStream<[UInt8], any Error> { pieces in
      Task {
        for piece in ["ab", "cd"] {
          // The one thing this test is about is time that passes.
          try await Task.sleep(for: .milliseconds(500))
          pieces.yield(Array(piece.utf8))
        }
        pieces.finish()
      }
    }
    var request = request("POST", body: .stream(length: nil, slow))
    request.headTimeout = .milliseconds(400)
    let status = try await transport.send(request).status
    await transport.shutdown()
    #expect(status == 200)
  }

  @Test func originThatTakesNoBodyTimesOut() async throws {
    let done = Gate()
    let server = RawServer { _ in done.pass() }
    var request = request("POST", body: .bytes([UInt8](repeating: 65, count: 64 << 20)))
    request.headTimeout = .milliseconds(150)
    let error = try await failure(of: request, at: server.origin)
    done.open()
    #expect(error.kind == .headTimeout)
    #expect(error.requestMayHaveTakenEffect)
  }

  @Test(arguments: ["", "HTTP/1.1 200 OK\r\nX-Half", "HTTP/1.1 100 Continue\r\n\r\n"])
  func cutBeforeTheHeadMayHaveTakenEffectAndIsNotRepeated(sent: String) async throws {
    let server = RawServer { peer in
      peer.readRequest()
      peer.send(sent)
    }
    for method in ["GET", "POST"] {
      let error = try await failure(of: request(method), at: server.origin)
      #expect(error.kind == .connectionLost)
      #expect(error.requestMayHaveTakenEffect)
    }
    #expect(server.requests.count == 2)
  }

  @Test func answerThatIsNotHTTPIsABadResponse() async throws {
    let server = RawServer { peer in
      peer.readRequest()
      peer.send("SSH-2.0-OpenSSH_9.2p1\r\n\r\n")
      peer.waitForEnd()
    }
    #expect(try await failure(of: request("GET"), at: server.origin).kind == .badResponse)
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
  ])
  func bodyThatIsCutNeverEndsCleanly(answer: String) async throws {
    let server = RawServer { peer in
      peer.readRequest()
      peer.send(answer)
    }
    let transport = try HTTPTransport(origin: server.origin)
    let response = try await transport.send(request("GET"))
    var received: [UInt8] = []
    var error: TransportError?
    do throws(TransportError) {
      var body = response.body.makeAsyncIterator()
      while let piece = try await body.next() { received += piece }
    } catch let caught {
      error = caught
    }
    await transport.shutdown()
    #expect(received == Array("half".utf8))
    #expect(error?.kind == .connectionLost)
  }

  @Test func bodyWithoutLengthEndsWithItsConnection() async throws {
    let server = RawServer { peer in
      peer.readRequest()
      peer.send("HTTP/1.1 200 OK\r\n\r\nall of it")
    }
    let transport = try HTTPTransport(origin: server.origin)
    let body = try await transport.send(request("GET")).body.collect(upTo: 100)
    await transport.shutdown()
    #expect(body == Array("all of it".utf8))
  }

  @Test func silenceWithinTheBodyTimesOut() async throws {
    let server = RawServer { peer in
      peer.readRequest()
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
      peer.waitForEnd()
    }
    let transport = try HTTPTransport(origin: server.origin)
    var request = request("GET")
    request.bodyIdleTimeout = .milliseconds(100)
    let response = try await transport.send(request)
    let error = await #expect(throws: TransportError.self) { try await response.body.collect(upTo: 100) }
    await transport.shutdown()
    #expect(error?.kind == .bodyIdle)
    #expect(error?.requestMayHaveTakenEffect == true)
  }

  @Test func pauseOfTheConsumerIsNoSilence() async throws {
    let length = 16 << 20
    let server = RawServer { peer in
      peer.readRequest()
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n")
      peer.send([UInt8](repeating: 65, count: length))
      peer.waitForEnd()
    }
    let transport = try HTTPTransport(origin: server.origin)
    var request = request("GET")
    request.bodyIdleTimeout = .milliseconds(400)
    var body = try await transport.send(request).body.makeAsyncIterator()
    var received = try await body.next()?.count ?? 0
    // The one thing this test is about is time that passes.
    try await Task.sleep(for: .milliseconds(1000))
    while let piece = try await body.next() { received += piece.count }
    await transport.shutdown()
    #expect(received == length)
  }

  @Test(arguments: ["GET", "HEAD", "OPTIONS"])
  func safeRequestOnAStaleConnectionIsSentAgain(method: String) async throws {
    let server = staleServer()
    let transport = try HTTPTransport(origin: server.origin)
    _ = try await transport.send(request("GET")).body.collect(upTo: 0)
    let response = try await transport.send(request(method))
    await transport.shutdown()
    #expect(response.status == 200)
    #expect(server.requests.count == 3)
  }

  @Test(arguments: ["POST", "PATCH", "DELETE"])
  func otherRequestOnAStaleConnectionIsNotSentAgain(method: String) async throws {
    let server = staleServer()
    let transport = try HTTPTransport(origin: server.origin)
    _ = try await transport.send(request("GET")).body.collect(upTo: 0)
    let error = await ChatRoutesTests.failure(of: request(method), on: transport)
    await transport.shutdown()
    #expect(error?.kind == .connectionLost)
    #expect(error?.requestMayHaveTakenEffect == true)
    #expect(server.requests.count == 2)
  }

  /// Closes its first connection on the second request, as a server does whose keep-alive time has just run out.
  private func staleServer() -> RawServer {
    RawServer { peer in
      peer.readRequest()
      peer.send(Self.empty)
      guard peer.readRequest() != nil, peer.number > 0 else { return }
      peer.send(Self.empty)
      peer.waitForEnd()
    }
  }

  @Test func requestBodyThatFailsIsTold() async throws {
    let server = RawServer { $0.waitForEnd() }
    struct Broken: Error {}
    let body = TransportRequest.Body.stream(length: 10, Pieces(["abc"], then: Broken()))
    let error = try await failure(of: request("POST", body: body), at: server.origin)
    #expect(error.kind == .requestBody)
    #expect(error.requestMayHaveTakenEffect)
  }

  @Test(arguments: [2, 20] as [Int64])
  func requestBodyOfAnotherLengthIsRefused(length: Int64) async throws {
    let server = RawServer { $0.waitForEnd() }
    let body = TransportRequest.Body.stream(length: length, Pieces(["abc"]))
    #expect(try await failure(of: request("POST", body: body), at: server.origin).kind == .requestBody)
  }

  @Test func cancellationClosesTheConnection() async throws {
    let (arrived, closed) = (Gate(), Gate())
    let server = RawServer { peer in
      peer.readRequest()
      arrived.open()
      peer.waitForEnd()
      closed.open()
    }
    let transport = try HTTPTransport(origin: server.origin)
    let request = request("POST")
    let sending = Task { await ChatRoutesTests.failure(of: request, on: transport) }
    #expect(await arrived.opened())
    sending.cancel()
    let error = await sending.value
    #expect(error?.kind == .cancelled)
    #expect(error?.requestMayHaveTakenEffect == true)
    #expect(await closed.opened())
    await transport.shutdown()
  }

  /// What this side lacks says nothing about the origin.
  @Test func requestWithoutAFreeConnectionIsToldSo() async throws {
    let server = RawServer { peer in
      peer.readRequest()
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbeg")
      peer.waitForEnd()
    }
    let transport = try HTTPTransport(origin: server.origin, connectionsMax: 1)
    let stream = try await transport.send(request("GET"))
    var second = request("POST")
    second.connectTimeout = .milliseconds(100)
    let error = await ChatRoutesTests.failure(of: second, on: transport)
    #expect(error?.kind == .exhausted)
    #expect(error?.requestMayHaveTakenEffect == false)
    withExtendedLifetime(stream) {}
    await transport.shutdown()
  }

  @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
  func lackOfDescriptorsOrMemoryIsNoOutage(code: CInt) {
    let error = TransportError(
      classifying: IOError(errnoCode: code, reason: "socket"), requestMayHaveTakenEffect: false)
    #expect(error.kind == .exhausted)
    #expect(!error.isDefiniteOutage)
  }

  @Test func probeOpensAConnectionAndSendsNothing() async throws {
    let read = Gate()
    let server = RawServer { peer in
      #expect(peer.readRequest() == nil)
      read.open()
    }
    let transport = try HTTPTransport(origin: server.origin)
    try await transport.probe(timeout: .seconds(5))
    #expect(await read.opened())
    await transport.shutdown()
  }

  @Test func probeTellsWhyItFailed() async throws {
    let silent = RawServer { $0.waitForEnd() }
    let garbled = RawServer { peer in
      peer.send("not TLS at all\r\n")
      peer.waitForEnd()
    }
    for (origin, kind, timeout) in [
      ("http://127.0.0.1:\(closedPort())", TransportError.Kind.refused, 10.0),
      ("http://does-not-exist.invalid", .dns, 10), ("https://127.0.0.1:\(garbled.port)", .tls, 10),
      ("https://127.0.0.1:\(silent.port)", .connectTimeout, 0.2),
    ] {
      let transport = try HTTPTransport(origin: origin)
      let error = await #expect(throws: TransportError.self) { try await transport.probe(timeout: .seconds(timeout)) }
      await transport.shutdown()
      #expect(error?.kind == kind)
    }
  }

  @Test func forgottenTransportShutsItselfDown() async throws {
    let closed = Gate()
    let server = RawServer { peer in
      peer.readRequest()
      peer.send(Self.empty)
      peer.waitForEnd()
      closed.open()
    }
    do {
      let transport = try HTTPTransport(origin: server.origin)
      _ = try await transport.send(request("GET"))
    }
    #expect(await closed.opened())
  }
}

/// A listening socket whose queue is full, so that connecting to it hangs.
private final class FullListener {
  let port: UInt16
  private var descriptors: [CInt] = []

  init() {
    var (listener, address) = listenOnLoopback(backlog: 0)
    descriptors = [listener]
    for _ in 0..<8 {
      let client = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
      withSocketAddress(&address) { _ = connect(client, $0, $1) }
      descriptors.append(client)
    }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
