import Foundation
import Testing

/// A piece of a body in the chunked coding.
func httpChunk(_ text: String) -> String { String(text.utf8.count, radix: 16) + "\r\n\(text)\r\n" }

extension Program {
  /// A client that asked for a stream, and upstream's end of it.
  func beginStream(
    _ upstream: ScriptedUpstream, version: String = "1.1", fields: String = "", receiveBuffer: Int32? = nil,
    conversation: String = "c1"
  ) async throws -> (client: RawClient, call: RawClient) {
    let client = try await RawClient(port: port, receiveBuffer: receiveBuffer)
    try await client.send(
      "POST /api/v1/conversations/\(conversation)/messages/stream HTTP/\(version)\r\nHost: 127.0.0.1\r\n"
        + "Authorization: ApiKey alice\r\n\(fields)Content-Length: 15\r\n\r\n{\"content\":\"h\"}")
    let call = try await upstream.connection()
    _ = try await call.head()
    return (client, call)
  }

  /// Waits for what the mirror should hold in the end: messages, drafts, and the counters of outcomes that are not 0.
  func expectRecord(_ expected: String) async throws {
    var found = ""
    let deadline = ContinuousClock.now + .seconds(20)
    while found != expected, .now < deadline {
      let text = try await get("/status").body
      found = try JSONDecoder().decode(StreamRecord.self, from: text).summary
    }
    #expect(found == expected)
  }
}

private struct StreamRecord: Decodable {
  struct Mirror: Decodable {
    var messages: Int
    var drafts: Int
  }
  var mirror: Mirror
  var counters: [String: Int]

  var summary: String {
    let outcomes = counters.filter { $0.key.hasPrefix("streams") && $0.value > 0 }.keys.sorted()
    return (["\(mirror.messages) messages", "\(mirror.drafts) drafts"] + outcomes).joined(separator: ", ")
  }
}
