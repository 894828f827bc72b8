import ChatRoutes
import Crypto
import Foundation
import HTTPTypes
import LocalServer
import Sandbox
import Testing

@testable import Daemon

/// Streams of the sandbox, through the daemon and directly. Two sandboxes with one seed and a standing clock say the same.
@Suite(.timeLimit(.minutes(1))) struct SandboxStreamTests {
  private func withSandbox(_ body: (_ origin: String, _ sandbox: Sandbox) async throws -> Void) async throws {
    var configuration = SandboxConfiguration()
    configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
    configuration.apiKeys = ["alice"]
    configuration.tokenDelay = .zero
    configuration.fixedTime = 1_790_000_000_000
    let sandbox = Sandbox(configuration: configuration)
    let origin = "http://\(try sandbox.bind()[0])"
    let running = Task { await sandbox.run() }
    try await body(origin, sandbox)
    sandbox.drain(deadline: .zero)
    await running.value
  }

  /// A conversation and two streams in it: the SHA-256 of each stream's body.
  private func digests(_ ask: (String, String) async throws -> [UInt8]) async throws -> [SHA256.Digest] {
    let made = try await ask("/api/v1/conversations", #"{"title":"t"}"#)
    struct Made: Decodable {
      struct Payload: Decodable {
        struct Entity: Decodable { var id: String }
        var conversation: Entity
      }
      var data: Payload
    }
    let id = try JSONDecoder().decode(Made.self, from: Data(made)).data.conversation.id
    var digests: [SHA256.Digest] = []
    for content in ["first", "zweite \u{1F686}"] {
      let body = try await ask("/api/v1/conversations/\(id)/messages/stream", #"{"content":"\#(content)"}"#)
      #expect(body.count > 500)
      digests.append(SHA256.hash(data: body))
    }
    return digests
  }

  private func post(_ transport: HTTPTransport, _ target: String, _ body: String) async throws -> [UInt8] {
    var request = TransportRequest(method: "POST", target: target, body: .bytes(Array(body.utf8)))
    request.fields = [.authorization: "ApiKey alice", .contentType: "application/json", .accept: "text/event-stream"]
    return try await transport.send(request).body.collect(upTo: 1 << 20)
  }

  @Test func bodiesThroughTheDaemonHaveTheSameSHA256() async throws {
    var direct: [SHA256.Digest] = []
    try await withSandbox { origin, _ in
      let transport = try HTTPTransport(origin: origin)
      direct = try await digests { try await post(transport, $0, $1) }
      await transport.shutdown()
    }
    try await withSandbox { origin, _ in
      let upstream = try HTTPTransport(origin: origin)
      let scripted = ScriptedUpstream { request throws(TransportError) in try await upstream.send(request) }
      try await DaemonRig.run(scripted) { (rig: DaemonRig) async throws in
        let transport = try HTTPTransport(origin: rig.origin)
        let through = try await digests { try await post(transport, $0, $1) }
        #expect(through == direct)
        await transport.shutdown()
      }
      await upstream.shutdown()
    }
  }
}
