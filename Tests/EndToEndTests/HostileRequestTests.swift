import Foundation
import Testing

/// Every row of the table of hostile and unusual requests, against the running daemon.
@Suite struct HostileRequestTests {
  @Test(.enabled(if: StreamTests.python != nil, "python3 is not installed"), .timeLimit(.minutes(2)))
  func everyRowIsAnsweredAsTheTableSaysAndNothingIsSmuggled() async throws {
    let folder = try Folder()
    let port = try FreePort.pick()
    let daemon = try await Program([
      "serve", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:\(port)", "--database",
      folder.file("mirror.sqlite"),
    ])
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
      path: "clients/hostile_requests.py")
    let run = try await Program.run(try #require(StreamTests.python), [script.path, "\(port)", "\(daemon.port)"])
    #expect(run.code == 0, "\(run.output)\(run.errors)\n\(daemon.standardError)")
    #expect(await daemon.terminate() == 0)
  }
}
