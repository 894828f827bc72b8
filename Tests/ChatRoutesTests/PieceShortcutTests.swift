import ChatRoutes
import Foundation
import Synchronization
import Testing

/// Pieces of a body that are dealt with where they arrive.
@Suite(.timeLimit(.minutes(1)))
struct PieceShortcutTests {
  private func withTransport(to server: RawServer, _ body: (HTTPTransport) async throws -> Void) async throws {
    let transport = try HTTPTransport(origin: server.origin)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(transport)) } catch { outcome = .failure(error) }
    await transport.shutdown()
    try outcome.get()
  }

  /// Pieces are taken or left at random: each is dealt with once, in order, by one or the other, and those that were left
  /// are dealt with before the next is offered.
  @Test func offeredPiecesKeepTheirOrder() async throws {
    let count = 2000
    let server = RawServer { peer in
      while peer.readRequest() != nil {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in 0..<count {
          let text = "\(number) "
          peer.send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
          if number % 7 == 0 { usleep(200) }
        }
        peer.send("0\r\n\r\n")
      }
    }
    let log = Mutex((text: "", taken: 0, iterated: 0, dice: UInt64(42)))
    try await withTransport(to: server) { transport in
      let response = try await transport.send(TransportRequest(method: "GET", target: "/"))
      response.body.offerPieces { piece in
        log.withLock { log in
          log.dice = log.dice &* 6_364_136_223_846_793_005 &+ 1
          guard log.dice >> 62 != 0 else { return false }
          log.text += String(decoding: piece, as: UTF8.self)
          log.taken += 1
          return true
        }
      }
      for try await piece in response.body {
        await Task.yield()
        log.withLock { log in
          log.text += String(decoding: piece, as: UTF8.self)
          log.iterated += 1
        }
      }
    }
    let (text, taken, iterated, _) = log.withLock { $0 }
    #expect(text == (0..<count).map { "\($0) " }.joined())
    // Both ways were gone.
    #expect(taken > 10 && iterated > 10)
  }

  @Test func endAndErrorsComeToTheIteratorAlone() async throws {
    let server = RawServer { peer in
      while peer.readRequest() != nil {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        usleep(50_000)
        peer.send("3\r\none\r\n")
        if peer.number == 0 { peer.send("0\r\n\r\n") } else { return }
        peer.waitForEnd()
      }
    }
    for isBroken in [false, true] {
      let taken = Mutex<[UInt8]>([])
      try await withTransport(to: server) { transport in
        let response = try await transport.send(TransportRequest(method: "GET", target: "/"))
        response.body.offerPieces { piece in
          taken.withLock { $0 += piece }
          return true
        }
        var pieces = response.body.makeAsyncIterator()
        if isBroken {
          let error = await #expect(throws: TransportError.self) { try await pieces.next() }
          #expect(error?.kind == .connectionLost)
        } else {
          #expect(try await pieces.next() == nil)
        }
      }
      #expect(taken.withLock { $0 } == Array("one".utf8))
    }
  }

  /// A body that is read through the shortcut alone may be as long as it likes: silence counts from its last piece.
  @Test func takenPiecesCountAgainstTheIdleLimit() async throws {
    let server = RawServer { peer in
      while peer.readRequest() != nil {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 1...15 {
          usleep(100_000)
          peer.send("1\r\nx\r\n")
        }
        peer.waitForEnd()
      }
    }
    let taken = Mutex(0)
    try await withTransport(to: server) { transport in
      var request = TransportRequest(method: "GET", target: "/")
      request.bodyIdleTimeout = .seconds(1)
      let response = try await transport.send(request)
      response.body.offerPieces { piece in
        taken.withLock { $0 += piece.count }
        return true
      }
      var pieces = response.body.makeAsyncIterator()
      let error = await #expect(throws: TransportError.self) { try await pieces.next() }
      #expect(error?.kind == .bodyIdle)
    }
    #expect(taken.withLock { $0 } == 15)
  }
}
