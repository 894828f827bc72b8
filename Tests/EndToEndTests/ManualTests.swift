import Foundation
import Testing

/// The manual pages say what the program and the settings file say.
@Suite struct ManualTests {
  private static var root: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }

  @Test(.enabled(if: StreamTests.python != nil, "python3 is not installed"))
  func thePagesAreUpToDate() async throws {
    let run = try await Program.run(
      try #require(StreamTests.python),
      [Self.root.appending(path: "scripts/manual").path, Program.binary.path, "--check"])
    #expect(run.code == 0, "scripts/manual .build/debug/chatroutesd\n\(run.errors)")
  }

  /// Every setting has its entry in the page about the file.
  @Test func everySettingIsInThePage() async throws {
    let page = try String(contentsOf: Self.root.appending(path: "docs/man/chatroutesd.yaml.5"), encoding: .utf8)
    let entries = page.matches(of: /\n\.It Sy ([a-z\\-]+):/).map { String($0.output.1.replacing("\\", with: "")) }
    let reference = try await Program.run(["config", "--reference"])
    let names = reference.output.matches(of: /\n\| `([a-z-]+)` \|/).map { String($0.output.1) }
    #expect(names.count > 40 && Set(entries) == Set(names))
  }
}
