import Foundation
import Testing

/// The official Python client, every method of it, through the running daemon against the running sandbox.
@Suite struct OfficialClientTests {
  static let key = "cr_prod_sk_" + String(repeating: "c0ffee11", count: 8)

  /// Python of an environment that has `chatroutes`; `scripts/test` makes one and says where.
  static var python: URL? {
    ProcessInfo.processInfo.environment["CHATROUTESD_TEST_PYTHON"].map { URL(fileURLWithPath: $0) }
  }

  private func client(_ phase: String, _ daemon: Program, _ sandbox: String, _ state: String) async throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
      path: "clients/official_client.py")
    let run = try await Program.run(
      try #require(Self.python),
      [script.path, phase, daemon.url + "/api/v1", sandbox + "/api/v1", Self.key, state])
    #expect(run.code == 0, "\(phase):\n\(run.output)\(run.errors)\n\(daemon.standardError)")
  }

  @Test(.enabled(if: python != nil, "run scripts/test: it installs the client"), .timeLimit(.minutes(3)))
  func everyReadAnswersTheSameOfflineAndAfterAKill() async throws {
    let folder = try Folder()
    let sandbox = try await Program(["sandbox", "--listen", "127.0.0.1:0", "--api-key", Self.key, "--token-delay", "1"])
    let arguments = [
      "serve", "--listen", "127.0.0.1:0", "--upstream", sandbox.url, "--database", folder.file("mirror.sqlite"),
    ]
    let daemon = try await Program(arguments)
    let state = folder.file("state.json")
    try await client("online", daemon, sandbox.url, state)
    #expect(await sandbox.terminate() == 0)
    try await client("offline", daemon, sandbox.url, state)

    await daemon.killHard()
    let revived = try await Program(arguments)
    try await client("offline", revived, sandbox.url, state)
    #expect(await revived.terminate() == 0, "\(revived.standardError)")

    let log = FileManager.default.contents(atPath: folder.file("mirror.sqlite-wal"))
    #expect(log?.isEmpty ?? true, "a clean end leaves everything in the one file")

    // The key went to upstream and nowhere else.
    try FileManager.default.removeItem(atPath: state)
    for (name, bytes) in try folder.everything() {
      #expect(bytes.range(of: Data(Self.key.utf8)) == nil, "the key is in \(name)")
    }
    #expect(!(daemon.standardError + revived.standardError).contains(Self.key))
  }
}
