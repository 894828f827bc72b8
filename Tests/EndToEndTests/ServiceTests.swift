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

  /// `systemd-socket-activate` starts the daemon with the first connection and hands its sockets over.
  @Test(.enabled(if: activate != nil, "systemd is not installed"))
  func socketsOfTheServiceManagerAreServed() async throws {
    let folder = try Folder()
    let (port, unix) = (try FreePort.pick(), folder.file("app.sock"))
    let running = try Running(
      try #require(Self.activate),
      [
        "-l", "127.0.0.1:\(port)", "-l", unix, "-l", folder.file("own-control.sock"),
        "--fdname=http:local:control", Program.binary.path, "serve", "--upstream", "http://127.0.0.1:9", "--database",
        folder.file("mirror.sqlite"),
      ], ProcessInfo.processInfo.environment)
    defer { running.process.terminate() }
    #expect(await running.wait(seconds: 10, until: { $0.errors.contains("Listening on") }), "\(running.errors)")
    let client = try await RawClient(port: port)
    try await client.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    #expect(try await client.answer().status == 200)
    #expect(running.errors.contains("chatroutesd ready: http://127.0.0.1:\(port) "), "\(running.errors)")
    #expect(running.errors.contains("unix:\(unix)"), "\(running.errors)")
    #expect(!running.errors.contains("8484"), "the built-in addresses are not used")
    for (socket, path, text) in [(unix, "/healthz", "ok"), (folder.file("own-control.sock"), "/mode", "auto")] {
      let client = try RawClient(unixPath: socket)
      try await client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(try await client.answer().text.contains(text), "\(socket)")
    }
    running.process.terminate()
    #expect(await running.wait(seconds: 20, until: { !$0.process.isRunning }))
    #expect(running.process.terminationStatus == 0, "\(running.errors)")
  }

  /// SIGHUP takes over what may change, names what may not, and a file that is wrong changes nothing; a connection stays.
  @Test func settingsAreReadAgainWhileAConnectionStays() async throws {
    let folder = try Folder()
    let manager = try DatagramSocket(path: folder.file("notify"))
    func write(_ settings: String) throws {
      try settings.write(toFile: folder.file("s.yaml"), atomically: true, encoding: .utf8)
    }
    try write("upstream: http://127.0.0.1:9\n")
    let daemon = try await Program(
      [
        "serve", "--listen", "127.0.0.1:0", "--config", folder.file("s.yaml"), "--database", folder.file("m.sqlite"),
      ], environment: ["NOTIFY_SOCKET": folder.file("notify")])
    #expect(await manager.next().hasPrefix("READY=1"))
    let client = try await RawClient(port: daemon.port)
    func status(_ host: String, on client: RawClient) async throws -> Int {
      try await client.send("GET /healthz HTTP/1.1\r\nHost: \(host)\r\n\r\n")
      return try await client.answer().status
    }
    #expect(try await status("127.0.0.1", on: client) == 200)
    // A refusal closes its connection.
    let refused = try await status("devbox.test", on: try await RawClient(port: daemon.port))
    #expect(refused == 421, "the name is not listed yet")
    try write("upstream: http://127.0.0.1:10\nallowed-hosts: [devbox.test]\nlog-level: debug\n")
    daemon.signal(SIGHUP)
    let reloading = await manager.next()
    #expect(reloading.contains(/^RELOADING=1\nMONOTONIC_USEC=[0-9]+$/), "\(reloading)")
    #expect(await manager.next() == "READY=1\nSTATUS=settings read again; at the next start: upstream")
    #expect(try await status("devbox.test", on: client) == 200, "on the connection that was there")
    #expect(daemon.standardError.contains("settings were read again"), "\(daemon.standardError)")
    #expect(daemon.standardError.contains("take effect at the next start only settings=upstream"))
    try write("allowed-hosts: [devbox.test]\nmodus: fast\n")
    daemon.signal(SIGHUP)
    #expect(await manager.next().hasPrefix("RELOADING=1"))
    #expect(await manager.next() == "READY=1\nSTATUS=settings not read again: see the log")
    #expect(try await status("devbox.test", on: client) == 200)
    #expect(daemon.standardError.contains("s.yaml:2:1: unknown setting modus."), "\(daemon.standardError)")
    #expect(await daemon.terminate() == 0)
  }

  static var activate: URL? {
    let path = "/usr/bin/systemd-socket-activate"
    return FileManager.default.isExecutableFile(atPath: path) ? URL(fileURLWithPath: path) : nil
  }

  /// A period of 0.3 s: what comes is the proof that the loops turn, again and again.
  @Test func theWatchdogIsTold() async throws {
    let folder = try Folder()
    let manager = try DatagramSocket(path: folder.file("notify"))
    let daemon = try await Program(
      ["serve", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:9", "--database", folder.file("m.sqlite")],
      environment: ["NOTIFY_SOCKET": folder.file("notify"), "WATCHDOG_USEC": "300000"])
    var messages = [String]()
    for _ in 1...4 { messages.append(await manager.next()) }
    #expect(messages.filter { $0 == "WATCHDOG=1" }.count == 3 && messages.contains { $0.hasPrefix("READY=1") })
    #expect(await daemon.terminate() == 0)
  }

  /// One thread of the running daemon stands still, an event loop: the service manager hears nothing until it turns again.
  @Test(
    .enabled(if: StreamTests.python != nil, "python3 is not installed"),
    .enabled(if: getuid() == 0, "only root may stop a thread of another process"))
  func aLoopThatStandsStillIsNotCalledAlive() async throws {
    let folder = try Folder()
    let manager = try DatagramSocket(path: folder.file("notify"))
    let daemon = try await Program(
      ["serve", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:9", "--database", folder.file("m.sqlite")],
      environment: ["NOTIFY_SOCKET": folder.file("notify"), "WATCHDOG_USEC": "300000"])
    for _ in 1...4 { #expect(await !manager.next().isEmpty) }
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "clients/freeze_thread.py")
    let freezer = try Running(
      try #require(StreamTests.python), [script.path, "\(daemon.pid)", "http-loop-0"],
      ProcessInfo.processInfo.environment)
    #expect(await freezer.wait(seconds: 20) { $0.output.contains("frozen") || !$0.process.isRunning })
    #expect(freezer.output.contains("frozen"), "\(freezer.errors)")
    var told = 0
    // What the loop had said before it stood may still be on its way; ten were due by then.
    while await manager.next(within: .seconds(1)) != "" { told += 1 }
    #expect(told <= 2)
    _ = await freezer.end(SIGKILL)
    #expect(await manager.next() == "WATCHDOG=1", "what was traced goes on when its tracer ends")
    #expect(await daemon.terminate() == 0)
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
      ("chatroutesd.service", []), ("chatroutesd-user.service", ["--user"]), ("chatroutesd.socket", []),
      ("chatroutesd-user.socket", ["--user"]),
    ])
  func unitsAreValid(name: String, options: [String]) async throws {
    let folder = try Folder()
    // A socket starts the service of its name.
    if name.hasSuffix(".socket") { _ = try unit(name.replacing(".socket", with: ".service"), in: folder) }
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

  /// The next message; empty: none came in time.
  func next(within limit: Duration = .seconds(10)) async -> String {
    let deadline = ContinuousClock.now + limit
    var buffer = [UInt8](repeating: 0, count: 4096)
    while ContinuousClock.now < deadline {
      let count = recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT))
      if count > 0 { return String(decoding: buffer.prefix(count), as: UTF8.self) }
      try? await Task.sleep(for: .milliseconds(5))  // cancelled: the deadline still ends it
    }
    return ""
  }
}
