import Foundation
import Testing

/// A reader's browser, with a dead network, on every page: light and dark, phone and desktop.
@Suite struct PagesInChromiumTests {
  private static let isInstalled = ["chromium", "chromedriver"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
  }

  @Test(
    .enabled(if: OfficialClientTests.python != nil && isInstalled, "run scripts/test: it installs the browser"),
    .timeLimit(.minutes(10)))
  func hostileTextRunsNothingAndEveryPageCanBeReadByEverybody() async throws {
    let folder = try Folder()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
      path: "clients/pages_in_chromium.py")
    let run = try await Program.run(
      try #require(OfficialClientTests.python), [script.path, Program.binary.path, folder.file("pages")],
      seconds: 540)
    #expect(run.code == 0, "\(run.output)\(run.errors)")
  }
}
