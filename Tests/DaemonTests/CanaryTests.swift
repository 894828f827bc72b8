import ChatRoutes
import Foundation
import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import Daemon

/// The credential of a caller is in requests to upstream and nowhere else.
@Suite(.timeLimit(.minutes(1))) struct CanaryTests {
  static let key = "cr_prod_sk_" + String(repeating: "0badc0de", count: 8)

  /// Every way in which a key could find its way into the mirror.
  static let ways: [(name: String, method: String, target: String, body: String?, script: ScriptedUpstream.Script)] = {
    func answer(_ text: String, _ status: Int = 200, _ fields: HTTPFields = [:]) -> ScriptedUpstream.Script {
      ScriptedUpstream.answering(status, text, fields)
    }
    let list = #"{"messages":[{"id":"m","role":"user","content":"x"}]}"#
    let sent = #"{"message":{"id":"n","role":"assistant","content":"y"}}"#
    let path = "/api/v1/conversations/c1/messages"
    let echo: HTTPFields = [
      .contentType: "application/json", HTTPField.Name("X-Echo")!: "Bearer \(key)", .eTag: "\"\(key)\"",
    ]
    return [
      ("plain read", "GET", path, nil, answer(list)),
      ("echoed in a field", "GET", path, nil, answer(list, 200, echo)),
      ("echoed in a body", "GET", path, nil, answer(#"{"messages":[{"id":"k","content":"\#(key)"}]}"#)),
      ("echoed in an error", "GET", path, nil, answer(#"{"error":"X","message":"\#(key)"}"#, 404)),
      (
        "echoed as a title", "GET", "/api/v1/conversations", nil,
        answer(#"{"conversations":[{"id":"c","title":"\#(key)"}]}"#)
      ),
      ("plain write", "POST", path, #"{"content":"q"}"#, answer(sent)),
      ("in a message", "POST", path, #"{"content":"my key is \#(key)"}"#, answer(sent)),
      (
        "in an answer", "POST", path, #"{"content":"q"}"#,
        answer(#"{"message":{"id":"o","role":"assistant","content":"\#(key)"}}"#)
      ),
      ("in a query", "GET", "/api/v1/conversations?filter=\(key)", nil, answer(#"{"conversations":[]}"#)),
      ("as an id", "GET", "/api/v1/conversations/\(key)/messages", nil, answer(list)),
      ("refused", "GET", path, nil, answer(#"{"error":"AUTHENTICATION_ERROR","message":"\#(key)"}"#, 401)),
      ("garbage", "GET", path, nil, answer("not json \(key)")),
    ]
  }()

  @Test(arguments: ["ApiKey", "Bearer", "X-API-Key"])
  func theKeyIsNowhereButUpstream(form: String) async throws {
    let folder = NSTemporaryDirectory() + "canary-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: folder) }  // nothing was written: nothing to remove
    var said = ""
    let log = Log()
    try await DaemonRig.run(
      ScriptedUpstream(ScriptedUpstream.refused), .with(\.accessLog, true), folder: folder, log: log
    ) {
      (rig: DaemonRig) async throws in
      let field = form == "X-API-Key" ? (form, Self.key) : ("Authorization", "\(form) \(Self.key)")
      for way in Self.ways {
        rig.upstream.become(way.script)
        _ = try await rig.ask(way.method, way.target, key: nil, body: way.body, [field])
        rig.upstream.become(ScriptedUpstream.refused)
        let offline = try await rig.ask(way.method, way.target, key: nil, body: way.body, [field])
        #expect(offline.status >= 500 || !offline.text.contains(Self.key), "\(way.name)")
        if offline.status >= 500 { #expect(!offline.text.contains(Self.key), "\(way.name): \(offline.text)") }
        let files = try Self.filesThatShow(Self.key, in: folder)
        #expect(files.isEmpty, "\(way.name): \(files)")
      }
      #expect(rig.upstream.requests.contains { $0.fields.contains { $0.value.contains(Self.key) } })
      for page in ["/status", "/metrics"] { said += try await rig.ask("GET", page, key: nil).text }
    }
    #expect(!said.contains(Self.key))
    #expect(log.text.contains("the message list of this conversation") && !log.text.contains(Self.key), "\(log.text)")
    #expect(try Self.filesThatShow(Self.key, in: folder).isEmpty)
  }

  private static func filesThatShow(_ key: String, in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { name in
      FileManager.default.contents(atPath: folder + "/" + name)?.range(of: Data(key.utf8)) != nil
    }
  }

  /// What is kept of a good answer loses the field that shows the key, and nothing else.
  @Test func aFieldThatShowsTheKeyIsNotReplayed() async throws {
    let fields: HTTPFields = [
      .contentType: "application/json", HTTPField.Name("X-Echo")!: "ApiKey \(Self.key)",
      HTTPField.Name("X-Kept")!: "yes",
    ]
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, ReadTests.json, fields))) {
      (rig: DaemonRig) async throws in
      let online = try await rig.ask("GET", ReadTests.path, key: Self.key)
      #expect(online.fields[HTTPField.Name("X-Echo")!] != nil && online.cacheStatus.hasSuffix("stored"))
      rig.upstream.become(ScriptedUpstream.refused)
      let offline = try await rig.ask("GET", ReadTests.path, key: Self.key)
      #expect(offline.text == ReadTests.json && offline.fields[HTTPField.Name("X-Kept")!] == "yes")
      #expect(offline.fields[HTTPField.Name("X-Echo")!] == nil)
    }
  }
}
