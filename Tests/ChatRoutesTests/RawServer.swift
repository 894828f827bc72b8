import Foundation
import Glibc
import Synchronization

/// A TCP server on 127.0.0.1 that follows a script, byte for byte: one thread a connection, blocking calls.
final class RawServer: Sendable {
  let port: UInt16
  private let log = RequestLog()

  /// The script is run once for every connection, numbered from 0; the connection is closed when it returns.
  init(_ script: @escaping @Sendable (Peer) -> Void) {
    let (listener, address) = listenOnLoopback(backlog: 64)
    port = UInt16(bigEndian: address.sin_port)
    // A server outlives the last look at it, since tests hold on to its port; half a minute without a caller ends it.
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    Thread.detachNewThread { [log] in
      var number = 0
      while case let descriptor = accept(listener, nil, nil), descriptor >= 0 {
        let peer = Peer(descriptor: descriptor, number: number) { log.note($0) }
        number += 1
        Thread.detachNewThread {
          script(peer)
          peer.close()
        }
      }
      close(listener)
    }
  }

  var origin: String { "http://127.0.0.1:\(port)" }

  /// Every request read so far, head and body, as text.
  var requests: [String] { log.all }

  /// One accepted connection.
  final class Peer: Sendable {
    let number: Int
    private let descriptor: CInt
    private let note: @Sendable (String) -> Void
    private let isClosed = Mutex(false)

    init(descriptor: CInt, number: Int, note: @escaping @Sendable (String) -> Void) {
      (self.descriptor, self.number, self.note) = (descriptor, number, note)
    }

    /// Reads one request up to the end of its body; nil: the client closed the connection.
    @discardableResult
    func readRequest() -> String? {
      var bytes: [UInt8] = []
      while !isComplete(bytes) {
        guard let byte = readByte() else { return nil }
        bytes.append(byte)
      }
      let text = String(decoding: bytes, as: UTF8.self)
      note(text)
      return text
    }

    private func isComplete(_ bytes: [UInt8]) -> Bool {
      let text = String(decoding: bytes, as: UTF8.self)
      guard let end = text.range(of: "\r\n\r\n") else { return false }
      if text.lowercased().contains("transfer-encoding: chunked") { return text.hasSuffix("\r\n0\r\n\r\n") }
      guard let field = text.range(of: "content-length: ", options: .caseInsensitive) else { return true }
      let length = Int(text[field.upperBound...].prefix { $0.isNumber }) ?? 0
      return text[end.upperBound...].utf8.count >= length
    }

    private func readByte() -> UInt8? {
      var byte: UInt8 = 0
      return read(descriptor, &byte, 1) == 1 ? byte : nil
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
      _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    }

    /// Returns when the client has closed its side.
    func waitForEnd() { while readByte() != nil {} }

    func close() {
      isClosed.withLock { isClosed in
        if !isClosed { Glibc.close(descriptor) }
        isClosed = true
      }
    }
  }
}

/// A listening socket on 127.0.0.1 with a port of the system's choice.
func listenOnLoopback(backlog: CInt) -> (descriptor: CInt, address: sockaddr_in) {
  let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  withSocketAddress(&address) { address, length in
    var length = length
    precondition(bind(descriptor, address, length) == 0 && listen(descriptor, backlog) == 0)
    precondition(getsockname(descriptor, address, &length) == 0)
  }
  return (descriptor, address)
}

func withSocketAddress(_ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Void) {
  withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
  }
}

private final class RequestLog: Sendable {
  private let requests = Mutex<[String]>([])

  var all: [String] { requests.withLock { $0 } }

  func note(_ request: String) { requests.withLock { $0.append(request) } }
}

/// A one-way door between a test and a server thread.
final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  func open() { semaphore.signal() }

  /// Blocks the server thread; false: not opened within 10 s, the test must fail.
  @discardableResult
  func pass() -> Bool { semaphore.wait(timeout: .now() + 10) == .success }

  /// Waits from a test without blocking its thread pool.
  func opened() async -> Bool {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: self.pass()) }
    }
  }
}
