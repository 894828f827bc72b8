import Foundation
import Testing

/// The daemon as a service: notifications, units, draining.
@Suite(.timeLimit(.minutes(1))) struct ServiceTests {
  @Test func readyAndStoppingReachTheServiceManager() async throws {
    let folder = try Folder()
    let manager = try DatagramSocket(path: folder.file("notify"))
    let daemon = try await Program(
      ["serve", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:9", "--database", folder.file("m.sqlite")],
      environment: ["NOTIFY_SOCKET": folder.file("notify")])
    let ready = await manager.next()
    #expect(ready.split(separator: "\n").first == "READY=1")
    #expect(ready.contains("STATUS=listening on \(daemon.addresses[0])"))
    #expect(await daemon.terminate() == 0)
    #expect(await manager.next().hasPrefix("STOPPING=1\nSTATUS="))
  }

  static var analyze: URL? {
    let path = "/usr/bin/systemd-analyze"
    return FileManager.default.isExecutableFile(atPath: path) ? URL(fileURLWithPath: path) : nil
  }

  static var units: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "systemd")
  }

  /// The unit as it would be installed, with this build's binary in the place of the installed one.
  private func unit(_ name: String, in folder: Folder) throws -> String {
    let text = try String(contentsOf: Self.units.appending(path: name), encoding: .utf8)
    let path = folder.file(name)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("ExecStart=") ? "ExecStart=\(Program.binary.path) serve" : String(line)
    }
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test(
    .enabled(if: analyze != nil, "systemd is not installed"),
    arguments: [
      ("chatroutesd.service", []), ("chatroutesd-user.service", ["--user"]),
    ])
  func unitsAreValid(name: String, options: [String]) async throws {
    let folder = try Folder()
    let run = try await Program.run(
      try #require(Self.analyze), options + ["verify", "--man=no", try unit(name, in: folder)],
      environment: ["XDG_RUNTIME_DIR": folder.path])
    #expect(run.code == 0 && !run.errors.contains(name), "\(run.errors)")
  }

  @Test(.enabled(if: analyze != nil, "systemd is not installed"))
  func theSystemUnitIsHardened() async throws {
    let folder = try Folder()
    let run = try await Program.run(
      try #require(Self.analyze),
      ["security", "--offline=true", "--threshold=15", "--no-pager", try unit("chatroutesd.service", in: folder)])
    #expect(run.code == 0, "exposure above 1.5: \(run.output.split(separator: "\n").last ?? "")")
  }
}

/// A datagram socket as a service manager has it.
private final class DatagramSocket: Sendable {
  private let descriptor: CInt

  init(path: String) throws {
    descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    try #require(code == 0)
  }

  deinit { close(descriptor) }

  /// The next message; empty: none came within 10 s.
  func next() async -> String {
    let deadline = ContinuousClock.now + .seconds(10)
    var buffer = [UInt8](repeating: 0, count: 4096)
    while ContinuousClock.now < deadline {
      let count = recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT))
      if count > 0 { return String(decoding: buffer.prefix(count), as: UTF8.self) }
      try? await Task.sleep(for: .milliseconds(5))  // cancelled: the deadline still ends it
    }
    return ""
  }
}
