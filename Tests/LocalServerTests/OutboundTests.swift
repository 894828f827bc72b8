import Glibc
import Testing

@testable import LocalServer

@Suite struct OutboundTests {
  @Test(arguments: [0, 10, Outbound.copiedPieceBytesMax, Outbound.copiedPieceBytesMax + 1, 3_000_000])
  func piecesArriveWholeAndInOrderWhateverTheSocketTakes(_ size: Int) throws {
    let (sender, receiver) = try socketPair()
    defer {
      close(sender)
      close(receiver)
    }
    let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var outbound = Outbound()
    outbound.append { $0.append(contentsOf: Array("head".utf8)) }
    outbound.append(piece: piece, suffix: "end")

    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 70_001)
    while !outbound.isEmpty || received.count < size + 7 {
      if !outbound.isEmpty { _ = outbound.send(to: sender) }
      let count = recv(receiver, &buffer, buffer.count, CInt(MSG_DONTWAIT))
      if count > 0 { received += buffer[..<count] }
    }
    #expect(received == Array("head".utf8) + piece + Array("end".utf8))
    #expect(outbound.takesMore)
  }

  @Test func nothingIsPutBehindALargePiece() {
    var outbound = Outbound()
    outbound.append(piece: [UInt8](repeating: 0, count: 10))
    #expect(outbound.takesMore)
    outbound.append(piece: [UInt8](repeating: 0, count: Outbound.copiedPieceBytesMax + 1))
    #expect(!outbound.takesMore)
  }

  @Test func sendingToAClosedPeerFailsWithoutASignal() throws {
    let (sender, receiver) = try socketPair()
    close(receiver)
    defer { close(sender) }
    for size in [10, Outbound.copiedPieceBytesMax + 1] {
      var outbound = Outbound()
      outbound.append(piece: [UInt8](repeating: 0, count: size))
      guard case .failed(EPIPE) = outbound.send(to: sender) else {
        Issue.record("sent \(size) bytes to nobody")
        return
      }
    }
  }
}

/// Two connected, non-blocking stream sockets.
func socketPair() throws -> (CInt, CInt) {
  var pair: [CInt] = [0, 0]
  guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &pair) == 0 else {
    throw TestClient.Failure(what: "socketpair", code: errno)
  }
  return (pair[0], pair[1])
}
