import Foundation
import Testing

/// The short form of `scripts/faults`: what the daemon needs is taken away under load and given back, and all is as before.
/// Full disks and lacking descriptors have tests of their own.
@Suite(.timeLimit(.minutes(3))) struct FaultTests {
  @Test(
    .enabled(if: StreamTests.python != nil, "python3 is not installed"),
    arguments: ["memory", "flapping", "crowd", "clock", "garbage"])
  func afterTheTroubleAllIsAsBefore(scenario: String) async throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../scripts/faults")
    let run = try await Program.run(
      try #require(StreamTests.python), [script.path, "--quick", "--binary", Program.binary.path, scenario])
    print(run.output, terminator: "")
    #expect(run.code == 0, "\(run.output)\(run.errors)")
  }
}
