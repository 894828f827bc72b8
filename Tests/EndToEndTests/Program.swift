import Foundation

/// The real binary, started by a test and ended by its process id.
///
/// What it prints goes to files: pipes would be inherited by whatever another test starts at the same moment. Nothing here
/// blocks a thread, since the tests share as many as there are cores.
final class Program: Sendable {
  /// The ready line's addresses, `127.0.0.1:1234`.
  let addresses: [String]
  private let running: Running

  struct DidNotStart: Error, CustomStringConvertible {
    let description: String
  }

  /// Starts `chatroutesd` and waits for its ready line.
  /// - Parameter prefix: a program, and its arguments, that becomes the daemon.
  init(_ arguments: [String], environment: [String: String] = [:], behind prefix: [String] = []) async throws {
    let command = prefix + [Self.binary.path] + arguments
    let running = try Running(
      URL(fileURLWithPath: command[0]), Array(command.dropFirst()), Self.environment.merging(environment) { $1 })
    self.running = running
    let isReady = await running.wait(seconds: 30) { $0.errors.contains("ready: ") && $0.errors.hasSuffix("\n") }
    let line = running.errors.split(separator: "\n").first { $0.contains("ready: ") }
    guard isReady, let line else { throw DidNotStart(description: "no ready line; standard error: \(running.errors)") }
    let places = line.prefix(upTo: line.range(of: " -> ")?.lowerBound ?? line.endIndex)
    addresses = places.matches(of: /http:\/\/(\S+)/).map { String($0.output.1) }
  }

  var pid: Int32 { running.process.processIdentifier }
  var url: String { "http://" + addresses[0] }
  var port: UInt16 { UInt16(addresses[0].split(separator: ":").last!)! }
  var standardError: String { running.errors }

  /// Whether it says this on standard error in time.
  func says(_ text: String, seconds: Int = 20) async -> Bool {
    await running.wait(seconds: seconds) { $0.errors.contains(text) }
  }

  func signal(_ number: CInt) { kill(running.process.processIdentifier, number) }

  /// Ends it as a machine crash would.
  func killHard() async { _ = await running.end(SIGKILL) }

  /// Asks it to end and waits.
  /// - Returns: the exit code; -1: it did not end.
  func terminate() async -> Int32 { await running.end(SIGTERM) }

  /// Runs a program to its end.
  static func run(
    _ executable: URL, _ arguments: [String], environment: [String: String] = [:], seconds: Int = 120
  ) async throws -> (code: Int32, output: String, errors: String) {
    let running = try Running(executable, arguments, Self.environment.merging(environment) { $1 })
    guard await running.wait(seconds: seconds, until: { !$0.process.isRunning }) else {
      throw DidNotStart(description: "did not end: \(running.output)\(running.errors)")
    }
    return (running.process.terminationStatus, running.output, running.errors)
  }

  /// Runs `chatroutesd` to its end.
  static func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> (code: Int32, output: String, errors: String) {
    try await run(binary, arguments, environment: environment)
  }

  /// Beside the test bundle in the build folder.
  static var binary: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "chatroutesd")
  }

  /// The test's own environment without settings that would reach the daemon.
  private static var environment: [String: String] {
    ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CHATROUTESD_") && $0.key != "NOTIFY_SOCKET" }
      .merging(["XDG_CONFIG_HOME": FileManager.default.temporaryDirectory.path + "/chatroutesd-test-config"]) { $1 }
  }
}

/// A process whose output is in files.
final class Running: @unchecked Sendable {
  // @unchecked: set up once in init; Process guards its own state.
  let process = Process()
  private let folder: Folder

  init(_ executable: URL, _ arguments: [String], _ environment: [String: String]) throws {
    folder = try Folder()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Self.file(folder.file("out"))
    process.standardError = try Self.file(folder.file("err"))
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var output: String { text("out") }
  var errors: String { text("err") }

  func end(_ signal: Int32) async -> Int32 {
    kill(process.processIdentifier, signal)
    return await wait(seconds: 60) { !$0.process.isRunning } ? process.terminationStatus : -1
  }

  /// Looks again and again until something holds; another process gives no event to wait for.
  func wait(seconds: Int, until holds: (Running) -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !holds(self) {
      if ContinuousClock.now > deadline { return false }
      try? await Task.sleep(for: .milliseconds(5))  // cancelled: the deadline still ends it
    }
    return true
  }

  private func text(_ name: String) -> String {
    FileManager.default.contents(atPath: folder.file(name)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private static func file(_ path: String) throws -> FileHandle {
    guard FileManager.default.createFile(atPath: path, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }
}

/// A folder of one test, removed at its end.
final class Folder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "chatroutesd-test-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  /// Every byte of every file below.
  func everything() throws -> [(name: String, bytes: Data)] {
    let names = FileManager.default.enumerator(atPath: path)!.compactMap { $0 as? String }
    return names.compactMap { name in
      FileManager.default.contents(atPath: file(name)).map { (name, $0) }
    }
  }
}
