import Foundation
import Testing

/// A disk that is full or cannot be written costs the record, never the answer.
@Suite(.timeLimit(.minutes(2))) struct BadDiskTests {
  static var unshare: URL? {
    let path = "/usr/bin/unshare"
    return FileManager.default.isExecutableFile(atPath: path) ? URL(fileURLWithPath: path) : nil
  }

  /// Whether a file system can be mounted where nobody else sees it.
  static func canMount() async -> Bool {
    guard let unshare, getuid() == 0 else { return false }
    let run = try? await Program.run(
      unshare, ["--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"])  // refused: it cannot
    return run?.code == 0
  }

  @Test(
    .enabled(if: StreamTests.python != nil, "python3 is not installed"),
    .enabled("a tmpfs cannot be mounted: that needs root and unshare") { await canMount() },
    arguments: ["full_disk.py", "read_only.py"])
  func forwardingGoesOnAndRecordingWhenItCan(script name: String) async throws {
    let folder = try Folder()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "clients/\(name)")
    let run = try await Program.run(
      try #require(Self.unshare),
      ["--mount", try #require(StreamTests.python).path, script.path, Program.binary.path, folder.path])
    #expect(run.code == 0, "\(run.output)\(run.errors)")
  }
}
