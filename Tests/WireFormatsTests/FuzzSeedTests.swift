import Foundation
import Testing

/// The inputs that fuzzing starts from, past findings among them, against the invariants that it checks.
@Suite struct FuzzSeedTests {
  private static let seeds = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fuzzing/Seeds")

  @Test(arguments: FuzzTarget.allCases)
  func seedsKeepTheInvariants(target: FuzzTarget) throws {
    let folder = Self.seeds.appending(path: target.rawValue)
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(files.count >= 20, "no seeds: the check would pass for nothing")
    for file in files {
      let input = Array(try Data(contentsOf: file))
      #expect(throws: Never.self, "\(file.lastPathComponent)") { try target.check(input) }
    }
  }

  @Test func everyFolderOfSeedsHasItsTarget() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.seeds.path)
    #expect(Set(folders) == Set(FuzzTarget.allCases.map(\.rawValue)))
  }
}
