import Foundation
import Glibc
import LocalServer
import Testing

@testable import Sandbox

/// The sandbox on real sockets: what only bytes on a connection can show.
@Suite struct SandboxServerTests {
  /// Runs a sandbox for the length of a test.
  private func withSandbox(
    _ configuration: SandboxConfiguration = SandboxConfiguration(tokenDelay: .zero),
    _ body: (Sandbox, UInt16) async throws -> Void
  ) async throws {
    let sandbox = Sandbox(configuration: configuration)
    guard case .tcp(_, let port)? = try sandbox.bind().first else { throw ClientError.refused }
    async let run: Void = sandbox.run()
    do {
      try await body(sandbox, port)
    } catch {
      sandbox.drain(deadline: .zero)
      throw error
    }
    sandbox.drain(deadline: .seconds(1))
    await run
  }

  private func newConversation(_ port: UInt16) async throws -> String {
    let answer = try await Client.exchange(port, "POST", "/api/v1/conversations", body: #"{"title":"T"}"#)
    return answer.json["data"]?["conversation"]?["id"]?.string ?? ""
  }

  @Test func callsAreAnsweredAndCounted() async throws {
    try await withSandbox { sandbox, port in
      let id = try await newConversation(port)
      let got = try await Client.exchange(port, "GET", "/api/v1/conversations/\(id)")
      #expect(got.head.hasPrefix("HTTP/1.1 200 "))
      #expect(got.head.contains("Content-Type: application/json; charset=utf-8\r\n"))
      _ = try await Client.exchange(port, "GET", "/api/v1/unknown")
      _ = try await Client.exchange(port, "GET", "/sandbox/healthz")
      #expect(sandbox.callCount == 3)
      #expect(sandbox.callCount(of: .conversationsGet) == 1)
      #expect(sandbox.callCounts == [.conversationsCreate: 1, .conversationsGet: 1])
    }
  }

  @Test func streamIsChunkedEventByEvent() async throws {
    try await withSandbox { _, port in
      let id = try await newConversation(port)
      let path = "/api/v1/conversations/\(id)/messages/stream"
      let answer = try await Client.exchange(port, "POST", path, body: #"{"content":"Why?"}"#)
      #expect(answer.head.contains("Content-Type: text/event-stream\r\n"))
      let chunks = answer.chunks
      #expect(chunks.count > 20)
      #expect(chunks.allSatisfy { $0.hasPrefix("data: ") && $0.hasSuffix("\n\n") })
      #expect(chunks.last == "data: [DONE]\n\n")
      #expect(answer.endsWithLastChunk)
    }
  }

  @Test(arguments: [0, 1, 3])
  func cutStreamHasSoManyEventsAndNoEndButIsRecorded(events: Int) async throws {
    try await withSandbox { _, port in
      let id = try await newConversation(port)
      let path = "/api/v1/conversations/\(id)/messages"
      let answer = try await Client.exchange(
        port, "POST", path + "/stream", body: #"{"content":"Why?"}"#, fault: "cut-after=\(events)")
      #expect(answer.head.hasPrefix("HTTP/1.1 200 "))
      #expect(answer.chunks.count == events)
      #expect(!answer.endsWithLastChunk)
      #expect(try await Client.exchange(port, "GET", path).json["data"]?["messages"]?.array?.count == 2)
    }
  }

  @Test func messagesAreRecordedThoughTheClientLeft() async throws {
    try await withSandbox(SandboxConfiguration(tokenDelay: .milliseconds(1))) { sandbox, port in
      let id = try await newConversation(port)
      let path = "/api/v1/conversations/\(id)/messages"
      let client = try await Client.connected(port)
      client.send("POST", path + "/stream", body: #"{"content":"Why?"}"#)
      #expect(try await !client.received().isEmpty)
      client.close()
      let deadline = ContinuousClock.now + .seconds(10)
      while try await Client.exchange(port, "GET", path).json["data"]?["messages"]?.array?.count != 2 {
        try #require(ContinuousClock.now < deadline, "the stream was never recorded")
      }
    }
  }

  @Test func faultsBreakTheAnswer() async throws {
    try await withSandbox { sandbox, port in
      let path = "/api/v1/conversations"
      #expect(try await Client.exchange(port, "GET", path, fault: "cut").head.isEmpty)
      #expect(try await Client.exchange(port, "GET", path, fault: "status=503").head.hasPrefix("HTTP/1.1 503 "))
      #expect(try await Client.exchange(port, "GET", path, fault: "slow=1").head.hasPrefix("HTTP/1.1 200 "))
      let garbled = try await Client.exchange(port, "GET", path, fault: "garbage")
      #expect(garbled.head.hasPrefix("HTTP/1.1 200 "))
      #expect(JSON(parsing: garbled.body) == nil)
      #expect(try await Client.exchange(port, "GET", path, fault: "cut-after=5").body.count == 5)
      #expect(try await Client.exchange(port, "GET", path, fault: "nonsense").head.hasPrefix("HTTP/1.1 400 "))
      #expect(sandbox.callCount(of: .conversationsList) == 6)
    }
  }

  @Test func hangingRequestEndsWithTheSandbox() async throws {
    try await withSandbox { sandbox, port in
      let client = try await Client.connected(port)
      client.send("GET", "/api/v1/conversations", fault: "hang")
      while sandbox.callCount == 0 { await Task.yield() }
      sandbox.drain(deadline: .zero)
      #expect(try await client.received().isEmpty)
      client.close()
    }
  }

  @Test func refusalEndsAndTheSamePortAnswersAgain() async throws {
    try await withSandbox { _, port in
      let id = try await newConversation(port)
      let fault = #"{"path":"/api/v1/conversations","fault":"refuse=200"}"#
      _ = try await Client.exchange(port, "POST", "/sandbox/faults", body: fault)
      #expect(try await Client.exchange(port, "GET", "/api/v1/conversations").head.isEmpty)
      let deadline = ContinuousClock.now + .seconds(10)
      var wasRefused = false
      while ContinuousClock.now < deadline {
        do {
          let answer = try await Client.exchange(port, "GET", "/api/v1/conversations")
          if wasRefused, answer.json["conversations"]?.ids == [id] { return }
        } catch ClientError.refused {
          wasRefused = true
        }
        await Task.yield()
      }
      Issue.record("the outage did not begin or did not end; refused: \(wasRefused)")
    }
  }

  @Test func serversOwnRefusalsAreJSONToo() async throws {
    var configuration = SandboxConfiguration(tokenDelay: .zero)
    configuration.bodyBytesMax = 10
    try await withSandbox(configuration) { _, port in
      let answer = try await Client.exchange(port, "POST", "/api/v1/conversations", body: #"{"title":"too long"}"#)
      #expect(answer.head.hasPrefix("HTTP/1.1 413 "))
      #expect(answer.json["error"] == "VALIDATION_ERROR")
    }
  }
}

private enum ClientError: Error { case refused }

/// Runs what blocks on a thread of its own: the pool is needed by the sandbox under test.
private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
  }
}

/// A blocking connection that reads one answer to its end.
private struct Client: Sendable {
  private let descriptor: CInt

  init(_ port: UInt16) throws {
    descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else {
      Glibc.close(descriptor)
      throw ClientError.refused
    }
  }

  func send(_ method: String, _ path: String, body: String = "", fault: String? = nil) {
    let request =
      "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: \(Sandbox.demoKey)\r\n"
      + (fault.map { "X-Sandbox-Fault: \($0)\r\n" } ?? "") + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    _ = request.withCString { Glibc.send(descriptor, $0, strlen($0), CInt(MSG_NOSIGNAL)) }
  }

  /// The next bytes; none: the connection is over.
  func receive() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : []
  }

  func close() { Glibc.close(descriptor) }

  static func connected(_ port: UInt16) async throws -> Client { try await onThread { try Client(port) } }

  func received() async throws -> [UInt8] { try await onThread { receive() } }

  static func exchange(
    _ port: UInt16, _ method: String, _ path: String, body: String = "", fault: String? = nil
  ) async throws -> HTTPAnswer {
    try await onThread {
      let client = try Client(port)
      defer { client.close() }
      client.send(method, path, body: body, fault: fault)
      var all: [UInt8] = []
      while true {
        let bytes = client.receive()
        if bytes.isEmpty { return HTTPAnswer(all) }
        all += bytes
      }
    }
  }
}

/// An answer as received, possibly cut anywhere.
private struct HTTPAnswer: Sendable {
  let head: String
  let body: [UInt8]

  init(_ bytes: [UInt8]) {
    let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? bytes.endIndex
    head = String(decoding: bytes[..<end], as: UTF8.self)
    body = Array(bytes[end...])
  }

  var json: JSON { JSON(parsing: body) ?? .null }
  var endsWithLastChunk: Bool { body.suffix(5).elementsEqual("0\r\n\r\n".utf8) }

  /// The data of whole chunks, in order.
  var chunks: [String] {
    var chunks: [String] = []
    var rest = body[...]
    while let line = rest.firstRange(of: [0x0D, 0x0A]),
      let size = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16), size > 0,
      rest.endIndex - line.upperBound >= size
    {
      chunks.append(String(decoding: rest[line.upperBound...].prefix(size), as: UTF8.self))
      rest = rest[line.upperBound...].dropFirst(size + 2)
    }
    return chunks
  }
}
