import Foundation
import Testing

/// A full disk costs the record, never the answer.
@Suite(.timeLimit(.minutes(2))) struct FullDiskTests {
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
    .enabled("a tmpfs cannot be mounted: that needs root and unshare") { await canMount() })
  func forwardingGoesOnWithoutRoomAndRecordingWithIt() async throws {
    let folder = try Folder()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "clients/full_disk.py")
    let run = try await Program.run(
      try #require(Self.unshare),
      ["--mount", try #require(StreamTests.python).path, script.path, Program.binary.path, folder.path])
    #expect(run.code == 0, "\(run.output)\(run.errors)")
  }
}
