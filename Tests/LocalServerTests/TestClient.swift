import Dispatch
import Glibc
import LocalServer
import Testing

/// A client made of one blocking socket, whose calls run on a thread of their own. Every wait is bounded.
final class TestClient: Sendable {
  private let descriptor: CInt
  private let queue = DispatchQueue(label: "client")
  // Touched on `queue` only.
  nonisolated(unsafe) private var received: [UInt8] = []

  init(_ address: ListenAddress, receiveBuffer: CInt? = nil) throws {
    var storage = sockaddr_storage()
    let length: socklen_t
    let family: CInt
    switch address {
    case .tcp(let host, let port):
      family = host.contains(":") ? AF_INET6 : AF_INET
      length = withUnsafeMutableBytes(of: &storage) { bytes in
        if family == AF_INET {
          var v4 = sockaddr_in()
          v4.sin_family = sa_family_t(AF_INET)
          v4.sin_port = port.bigEndian
          inet_pton(AF_INET, host, &v4.sin_addr)
          bytes.storeBytes(of: v4, as: sockaddr_in.self)
          return socklen_t(MemoryLayout<sockaddr_in>.size)
        }
        var v6 = sockaddr_in6()
        v6.sin6_family = sa_family_t(AF_INET6)
        v6.sin6_port = port.bigEndian
        inet_pton(AF_INET6, host, &v6.sin6_addr)
        bytes.storeBytes(of: v6, as: sockaddr_in6.self)
        return socklen_t(MemoryLayout<sockaddr_in6>.size)
      }
    case .unix(let path):
      family = AF_UNIX
      length = socklen_t(MemoryLayout<sockaddr_un>.size)
      storage.ss_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &storage) { $0[2..<2 + path.utf8.count].copyBytes(from: path.utf8) }
    }
    descriptor = socket(family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
    }
    guard result == 0 else { throw Failure(what: "connect", code: errno) }
  }

  deinit { close(descriptor) }

  struct Failure: Error {
    let what: String
    var code: CInt = 0
  }

  func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) async throws {
    try await onQueue {
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          Glibc.send(self.descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        guard count > 0 else { throw Failure(what: "send", code: errno) }
        sent += count
      }
    }
  }

  /// The next answer, with its body as the framing says; interim answers are answers of their own.
  func answer(toHead: Bool = false) async throws -> Answer {
    try await onQueue {
      let head = try self.head()
      var answer = Answer(head: head)
      if toHead || answer.status < 200 || answer.status == 204 || answer.status == 304 { return answer }
      if let length = answer.field("Content-Length") {
        answer.body = try self.take(Int(length) ?? 0)
      } else if answer.field("Transfer-Encoding") == "chunked" {
        answer.body = try self.chunks()
      } else {
        answer.body = try self.rest()
      }
      return answer
    }
  }

  /// Everything up to the server's close.
  func untilClosed() async throws -> String {
    try await onQueue { String(decoding: try self.rest(), as: UTF8.self) }
  }

  /// What came so far, waiting until it is at least this much.
  func bytes(atLeast count: Int) async throws -> Int {
    try await onQueue {
      while self.received.count < count { try self.more() }
      return self.received.count
    }
  }

  /// Waits for bytes up to and including the text, and takes them.
  func through(_ text: String) async throws -> String {
    try await onQueue { String(decoding: try self.through(Array(text.utf8)), as: UTF8.self) }
  }

  func finishSending() { shutdown(descriptor, CInt(SHUT_WR)) }

  /// Closes with a reset.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    var unspecified = sockaddr()
    unspecified.sa_family = sa_family_t(AF_UNSPEC)
    connect(descriptor, &unspecified, socklen_t(MemoryLayout<sockaddr>.size))
  }

  struct Answer: Sendable {
    let head: String
    var body: [UInt8] = []
    var status: Int { Int(head.split(separator: " ")[1]) ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }

    func field(_ name: String) -> String? {
      for line in head.split(separator: "\r\n").dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts[0].lowercased() == name.lowercased() { return String(parts[1].drop { $0 == " " }) }
      }
      return nil
    }
  }

  private func onQueue<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result(catching: work)) }
    }
  }

  private func head() throws -> String {
    String(decoding: try through(Array("\r\n\r\n".utf8)), as: UTF8.self)
  }

  private func chunks() throws -> [UInt8] {
    var body: [UInt8] = []
    while true {
      let line = String(decoding: try through([13, 10]), as: UTF8.self)
      guard let size = Int(line.dropLast(1), radix: 16) else { throw Failure(what: "chunk size \(line)") }
      body += try take(size)
      _ = try take(2)
      if size == 0 { return body }
    }
  }

  private func through(_ end: [UInt8]) throws -> [UInt8] {
    var searched = 0
    while true {
      while searched + end.count <= received.count {
        if received[searched..<searched + end.count].elementsEqual(end) { return try take(searched + end.count) }
        searched += 1
      }
      try more()
    }
  }

  private func take(_ count: Int) throws -> [UInt8] {
    while received.count < count { try more() }
    defer { received.removeFirst(count) }
    return Array(received[..<count])
  }

  private func rest() throws -> [UInt8] {
    do {
      while true { try more() }
    } catch let error as Failure where error.what == "end" {
      defer { received = [] }
      return received
    }
  }

  private func more() throws {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count != 0 else { throw Failure(what: "end") }
    guard count > 0 else { throw Failure(what: errno == EAGAIN ? "nothing came" : "receive", code: errno) }
    received += buffer[..<count]
  }
}
