import ChatRoutes
import Foundation
import GRDB
import HTTPTypes
import Synchronization
import Testing

@testable import Daemon

/// What passes through the daemon is in the mirror, in the order of the API, whoever waits for it.
@Suite(.timeLimit(.minutes(1))) struct CoherenceTests {
  static let messages = "/api/v1/conversations/c1/messages"

  private static func answer(_ number: Int) -> TransportResponse {
    let text =
      #"{"message":{"id":"a\#(number)","role":"assistant","content":"answer \#(number)","#
      + #""createdAt":"2026-01-01T00:00:\#(10 + number)Z"}}"#
    return TransportResponse(
      status: 200, fields: [.contentType: "application/json"], body: TransportBody(Array(text.utf8)))
  }

  private struct Shown: Decodable {
    struct Payload: Decodable {
      struct Message: Decodable { var content: String }
      var messages: [Message]
    }
    var data: Payload
  }

  private func shown(_ rig: DaemonRig) async throws -> [String] {
    rig.upstream.become(ScriptedUpstream.refused)
    let answer = try await rig.ask("GET", Self.messages)
    return try JSONDecoder().decode(Shown.self, from: Data(answer.text.utf8)).data.messages.map(\.content)
  }

  /// Each answer comes when the one of the send after it has been recorded: the other way round than upstream took them.
  @Test func eightParallelSendsStandInTheOrderInWhichUpstreamTookThem() async throws {
    let gates = (0...8).map { _ in Promise<Void>() }
    let arrivals = Mutex<[String]>([])
    let upstream = ScriptedUpstream { request in
      let content = String(decoding: request.body.bytes, as: UTF8.self).split(separator: "\"")[3]
      let number = arrivals.withLock { arrivals in
        arrivals.append(String(content))
        return arrivals.count - 1
      }
      _ = await gates[number + 1].value()
      return Self.answer(number)
    }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      try await withThrowingTaskGroup { group in
        for number in 0..<8 {
          group.addTask { _ = try await rig.ask("POST", Self.messages, body: #"{"content":"question \#(number)"}"#) }
        }
        try await until { arrivals.withLock { $0.count } == 8 }
        for number in (0..<8).reversed() {
          gates[number + 1].keep(())
          try await until { try await rig.status().mirror?.messages == (8 - number) * 2 }
        }
        try await group.waitForAll()
      }
      let expected = arrivals.withLock { $0 }.enumerated().flatMap { [$1, "answer \($0)"] }
      #expect(try await shown(rig) == expected)
    }
  }

  @Test func anAnswerThatItsClientNeverReadIsInTheMirror() async throws {
    let gate = Promise<Void>()
    let upstream = ScriptedUpstream { _ in
      _ = await gate.value()
      return Self.answer(1)
    }
    try await DaemonRig.run(upstream) { (rig: DaemonRig) async throws in
      let client = Task { try await rig.ask("POST", Self.messages, body: #"{"content":"question"}"#) }
      try await until { upstream.requests.count == 1 }
      client.cancel()
      _ = await client.result
      gate.keep(())
      try await until { try await rig.status().mirror?.messages == 2 }
      #expect(try await shown(rig) == ["question", "answer 1"])
    }
  }

  @Test func aMirrorOfANewerDaemonIsRefusedWithAReason() async throws {
    let folder = NSTemporaryDirectory() + "newer-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: folder) }  // it was never made
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.refused), folder: folder) { _ in }
    let queue = try DatabaseQueue(path: folder + "/mirror.sqlite")
    try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')") }
    try queue.close()
    let error = await #expect(throws: StartError.self) {
      try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.refused), folder: folder) { _ in }
    }
    #expect(error?.description.contains("a newer chatroutesd has written it") == true)
    #expect(FileManager.default.fileExists(atPath: folder + "/mirror.sqlite"))
  }
}
