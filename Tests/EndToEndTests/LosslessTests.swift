import Foundation
import Testing

/// What comes back offline is what the API said: verbatim while nothing changed, put together from the same texts after.
@Suite(.timeLimit(.minutes(2))) struct LosslessTests {
  @Test(.enabled(if: StreamTests.python != nil, "python3 is not installed"))
  func whatComesBackIsWhatWasSaid() async throws {
    let folder = try Folder()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "clients/lossless.py")
    let run = try await Program.run(
      try #require(StreamTests.python), [script.path, Program.binary.path, folder.path])
    #expect(run.code == 0, "\(run.output)\(run.errors)")
  }
}
