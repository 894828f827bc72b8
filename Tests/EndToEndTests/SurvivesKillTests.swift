import Foundation
import Testing

/// `kill -9` at any moment: what was answered as stored is there after the restart.
@Suite(.timeLimit(.minutes(5))) struct SurvivesKillTests {
  @Test(.enabled(if: StreamTests.python != nil, "python3 is not installed"))
  func aHundredKillsLoseNothingThatWasAnswered() async throws {
    let folder = try Folder()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "clients/kill_rounds.py")
    let run = try await Program.run(
      try #require(StreamTests.python), [script.path, Program.binary.path, folder.path, "100"])
    print(run.output, terminator: "")
    #expect(run.code == 0, "\(run.output)\(run.errors)")
  }
}
