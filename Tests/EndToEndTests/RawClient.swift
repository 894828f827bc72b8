import Foundation
import Glibc
import Testing

/// One end of a TCP connection on the loopback, on which a test says every byte.
///
/// The socket does not block, since the tests share as many threads as there are cores; every wait is bounded.
final class RawClient {
  private let descriptor: Int32
  private var received = Data()
  /// nil: more may come.
  private(set) var ending: Ending?

  enum Ending {
    /// The other side has said that nothing more comes.
    case closed
    case reset
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Takes over a connection that does not block.
  fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

  /// Connects.
  /// - Parameter receiveBuffer: what the kernel may hold for a client that does not read; nil: as much as it likes.
  /// - Throws: `POSIXError`, such as `.ECONNREFUSED` when nobody listens.
  init(port: UInt16, receiveBuffer: Int32? = nil) async throws {
    descriptor = LoopbackSocket.make()
    if var receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
    }
    if LoopbackSocket.withAddress(port: port, { connect(descriptor, $0, $1) }) == 0 { return }
    guard errno == EINPROGRESS else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    guard await eventually({ self.isReady(for: POLLOUT) }) else { throw Failure(description: "cannot connect in time") }
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    if code != 0 { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
  }

  /// Connects to a Unix socket.
  init(unixPath path: String) throws {
    descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
  }

  deinit { close(descriptor) }

  private func isReady(for event: Int32) -> Bool {
    var watch = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    return poll(&watch, 1, 0) == 1
  }

  // MARK: Writing

  func send(_ text: String) async throws { try await send(Data(text.utf8)) }

  /// Sends everything.
  /// - Throws: `Failure` when the other side is gone or takes nothing for too long.
  func send(_ bytes: Data) async throws {
    var rest = bytes
    while !rest.isEmpty {
      guard await eventually({ self.isReady(for: POLLOUT) }), let count = trySend(rest) else {
        throw Failure(description: "\(rest.count) of \(bytes.count) bytes cannot be sent")
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Sends one byte.
  /// - Returns: whether the connection still takes bytes.
  @discardableResult
  func drip() -> Bool { trySend(Data("x".utf8)) != nil }

  /// Makes the close a reset.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
  }

  /// Says that nothing more comes.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Sends without waiting.
  /// - Returns: how many bytes were taken; 0: none, or the connection is broken.
  func sendWhatFits(_ bytes: Data) -> Int { trySend(bytes) ?? 0 }

  /// - Returns: how many bytes were taken; nil: the connection is broken.
  private func trySend(_ bytes: Data) -> Int? {
    let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    return count >= 0 ? count : errno == EAGAIN ? 0 : nil
  }

  // MARK: Reading

  /// Whether bytes or an end have come. Nothing is read: what the kernel holds stays there.
  var hasNews: Bool { !received.isEmpty || ending != nil || isReady(for: POLLIN) }

  /// Reads what is there, at most so much, and forgets it.
  /// - Returns: how many bytes that was; 0: none, or the end.
  func skip(_ bytesMax: Int) -> Int {
    withUnsafeTemporaryAllocation(byteCount: bytesMax, alignment: 16) { buffer in
      max(0, recv(descriptor, buffer.baseAddress, buffer.count, 0))
    }
  }

  /// The next answer, with its body as its framing says.
  func answer() async throws -> RawMessage {
    var answer = try await head()
    if let length = answer.field("Content-Length") {
      answer.body = try await take(Int(length) ?? 0)
    } else if answer.field("Transfer-Encoding") == "chunked" {
      answer.body = try await chunks()
    } else {
      answer.body = try await rest()
    }
    return answer
  }

  /// The head of the next message.
  func head() async throws -> RawMessage {
    RawMessage(head: String(decoding: try await take(through: "\r\n\r\n"), as: UTF8.self))
  }

  /// The next bytes.
  func take(_ count: Int) async throws -> Data {
    try await wait(for: "\(count) bytes") { $0.count >= count ? count : nil }
  }

  /// Everything up to the end, whichever end it is.
  func rest() async throws -> Data {
    let ended = await eventually {
      self.readWhatIsThere()
      return self.ending != nil
    }
    guard ended else { throw Failure(description: "still open after \(received.count) bytes") }
    defer { received = Data() }
    return received
  }

  private func take(through end: String) async throws -> Data {
    try await wait(for: end.debugDescription) { received in
      received.firstRange(of: Data(end.utf8)).map { received.distance(from: received.startIndex, to: $0.upperBound) }
    }
  }

  private func chunks() async throws -> Data {
    var body = Data()
    while true {
      let line = String(decoding: try await take(through: "\r\n").dropLast(2), as: UTF8.self)
      guard let size = Int(line, radix: 16) else { throw Failure(description: "chunk size \(line)") }
      body += try await take(size)
      _ = try await take(2)
      if size == 0 { return body }
    }
  }

  /// Reads until `length` says how many bytes are to be taken.
  private func wait(for what: String, length: (Data) -> Int?) async throws -> Data {
    var count = length(received)
    _ = await eventually {
      if count == nil {
        self.readWhatIsThere()
        count = length(self.received)
      }
      return count != nil || self.ending != nil
    }
    guard let count else {
      let state = ending.map { "\($0)" } ?? "still open"
      let start = String(decoding: received.prefix(500), as: UTF8.self)
      throw Failure(description: "waited for \(what), \(state) after \(start.debugDescription)")
    }
    defer { received = Data(received.dropFirst(count)) }
    return Data(received.prefix(count))
  }

  private func readWhatIsThere() {
    withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
      while ending == nil {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 { received.append(contentsOf: buffer[..<count]) }
        if count == 0 { ending = .closed }
        if count < 0, errno == EAGAIN { return }
        if count < 0 { ending = .reset }
      }
    }
  }
}

/// A request or an answer as it stood on the wire.
struct RawMessage {
  let head: String
  /// Without its framing.
  var body = Data()

  var text: String { String(decoding: body, as: UTF8.self) }
  /// Of an answer.
  var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
  /// Of a request.
  var target: String { String(head.split(separator: " ").dropFirst().first ?? "") }

  func field(_ name: String) -> String? {
    for line in head.split(separator: "\r\n").dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts[0].lowercased() == name.lowercased() { return parts[1].trimmingCharacters(in: .whitespaces) }
    }
    return nil
  }
}

/// An API whose answers the test gives by hand, byte by byte.
final class ScriptedUpstream: Sendable {
  let port: UInt16
  private let descriptor: Int32

  init() throws {
    let listener = LoopbackSocket.make()
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listens = LoopbackSocket.withAddress(port: 0) { bind(listener, $0, $1) == 0 && listen(listener, 128) == 0 }
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
    }
    descriptor = listener
    port = UInt16(bigEndian: address.sin_port)
    try #require(listens && code == 0)
  }

  deinit { close(descriptor) }

  /// The next connection of the daemon.
  func connection() async throws -> RawClient {
    var next: RawClient?
    _ = await eventually {
      next = self.connectionThatWaits()
      return next != nil
    }
    return try #require(next, "the daemon did not connect")
  }

  /// The next connection of the daemon, if there is one now.
  func connectionThatWaits() -> RawClient? {
    let peer = accept(descriptor, nil, nil)
    guard peer >= 0 else { return nil }
    _ = fcntl(peer, F_SETFL, fcntl(peer, F_GETFL) | O_NONBLOCK)
    _ = fcntl(peer, F_SETFD, FD_CLOEXEC)
    return RawClient(descriptor: peer)
  }
}

/// Looks again and again until something holds; another process gives no event to wait for.
/// - Returns: whether it did in time.
func eventually(within limit: Duration = .seconds(20), _ holds: () -> Bool) async -> Bool {
  let deadline = ContinuousClock.now + limit
  while !holds() {
    if ContinuousClock.now > deadline { return false }
    try? await Task.sleep(for: .milliseconds(2))  // cancelled: the deadline still ends it
  }
  return true
}

private enum LoopbackSocket {
  /// A TCP socket that neither blocks nor is inherited.
  static func make() -> Int32 {
    let flags = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(AF_INET, Int32(flags), 0)
    precondition(descriptor >= 0, "no socket: \(String(cString: strerror(errno)))")
    return descriptor
  }

  static func withAddress<Value>(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}

extension Program {
  /// Runs a daemon for `body` and expects it to end well.
  /// - Parameters:
  ///   - upstream: the API's port; a port that refuses unless the test has one.
  ///   - settings: names as in the environment, without `CHATROUTESD_`.
  ///   - prefix: a program, and its arguments, that becomes the daemon.
  static func withDaemon(
    upstream: UInt16 = 9, _ settings: [String: String] = [:], behind prefix: [String] = [],
    _ body: (Program) async throws -> Void
  ) async throws {
    let folder = try Folder()
    let daemon = try await daemon(in: folder, upstream: upstream, settings, behind: prefix)
    try await body(daemon)
    #expect(await daemon.terminate() == 0, "\(daemon.standardError)")
    withExtendedLifetime(folder) {}
  }

  /// Starts a daemon whose mirror is in `folder`.
  static func daemon(
    in folder: Folder, upstream: UInt16 = 9, _ settings: [String: String] = [:], behind prefix: [String] = []
  ) async throws -> Program {
    let environment = settings.map { ("CHATROUTESD_" + $0, $1) }
    return try await Program(
      [
        "serve", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:\(upstream)", "--database",
        folder.file("mirror.sqlite"),
      ], environment: Dictionary(uniqueKeysWithValues: environment), behind: prefix)
  }

  /// The answer to a GET on a connection of its own.
  func get(_ target: String) async throws -> RawMessage {
    let client = try await RawClient(port: port)
    try await client.send("GET \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    return try await client.answer()
  }

  /// How many clients the daemon counts, the one that asks included.
  func openConnections() async throws -> Int {
    let metrics = try await get("/metrics").text
    let line = try #require(metrics.split(separator: "\n").first { $0.hasPrefix("chatroutesd_connections ") })
    return try #require(Int(line.split(separator: " ")[1]))
  }
}
