import Foundation
import Testing

/// An upstream behind TLS of an authority that only a setting names, and behind a proxy that only the environment names.
@Suite(.timeLimit(.minutes(2))) struct UpstreamTLSTests {
  @Test(
    .enabled(if: StreamTests.python != nil, "python3 is not installed"),
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "openssl is not installed"))
  func certificatesAndProxiesAreWhatTheSettingsSay() async throws {
    let folder = try Folder()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "clients/tls_and_proxy.py")
    let run = try await Program.run(
      try #require(StreamTests.python), [script.path, Program.binary.path, folder.path])
    #expect(run.code == 0, "\(run.output)\(run.errors)")
  }
}
