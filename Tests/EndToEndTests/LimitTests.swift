import Foundation
import Testing

/// The sizes that a client may reach, as settings of the running daemon.
@Suite(.timeLimit(.minutes(1))) struct LimitTests {
  private static let settings = [
    "TARGET_LIMIT": "256", "FIELD_LIMIT": "300", "HEAD_LIMIT": "1000", "FIELDS_MAX": "8", "REQUEST_BODY_LIMIT": "10",
    "REQUESTS_PER_CONNECTION": "2",
  ]

  private static func get(_ target: String = "/healthz", _ fields: [String] = []) -> String {
    (["GET \(target) HTTP/1.1", "Host: 127.0.0.1"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
  }

  private static func field(_ bytes: Int) -> String { "A: " + String(repeating: "x", count: bytes - 3) }

  private static func post(_ rest: String) -> String {
    "POST /api/v1/conversations HTTP/1.1\r\nHost: 127.0.0.1\r\n\(rest)"
  }

  /// What just fits, and what is one more.
  @Test(arguments: [
    (get("/healthz?" + String(repeating: "x", count: 247)), 200),
    (get("/healthz?" + String(repeating: "x", count: 248)), 414),
    (get("/healthz", [field(300)]), 200), (get("/healthz", [field(301)]), 431),
    (get("/healthz", Array(repeating: "A: b", count: 7)), 200),
    (get("/healthz", Array(repeating: "A: b", count: 8)), 431),
    (get("/healthz", Array(repeating: field(290), count: 3)), 200),
    (get("/healthz", Array(repeating: field(290), count: 4)), 431),
    (post("Content-Length: 10\r\n\r\n0123456789"), 502), (post("Content-Length: 11\r\n\r\n01234567890"), 413),
    (post("Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n"), 413),
  ])
  func whatIsTooLongHasItsStatus(request: String, status: Int) async throws {
    try await Program.withDaemon(Self.settings) { daemon in
      let client = try await RawClient(port: daemon.port)
      try await client.send(request)
      let answer = try await client.answer()
      #expect(answer.status == status)
      guard status != 200, status != 502 else { return }
      #expect(answer.field("Connection") == "close" && answer.text.contains(#""error":"#))
      #expect(try await client.rest().isEmpty)
    }
  }

  @Test func theLastRequestOfAConnectionIsToldSo() async throws {
    try await Program.withDaemon(Self.settings) { daemon in
      let client = try await RawClient(port: daemon.port)
      try await client.send(Self.get() + Self.get() + Self.get())
      #expect(try await client.answer().field("Connection") == nil)
      #expect(try await client.answer().field("Connection") == "close")
      #expect(try await client.rest().isEmpty)
    }
  }
}
