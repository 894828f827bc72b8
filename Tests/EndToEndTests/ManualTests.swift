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

  static var mandoc: URL? {
    let path = "/usr/bin/mandoc"
    return FileManager.default.isExecutableFile(atPath: path) ? URL(fileURLWithPath: path) : nil
  }

  @Test(.enabled(if: mandoc != nil, "mandoc is not installed"), arguments: ["chatroutesd.1", "chatroutesd.yaml.5"])
  func mandocHasNoWarning(page: String) async throws {
    let run = try await Program.run(
      try #require(Self.mandoc), ["-T", "lint", "-W", "warning", Self.root.appending(path: "docs/man/\(page)").path])
    #expect(run.code == 0 && run.output.isEmpty, "\(run.output)")
  }

  private struct Help: Decodable {
    struct Command: Decodable {
      struct Argument: Decodable {
        struct Name: Decodable { var name: String }
        var kind: String
        var names: [Name]?
        var abstract: String?
      }
      var commandName: String
      var subcommands: [Command]?
      var arguments: [Argument]?
    }
    var command: Command
  }

  /// Each flag of the daemon is a setting, and says the setting's default where it says one.
  @Test func theDaemonsFlagsAreSettings() async throws {
    let dump = try await Program.run(["--experimental-dump-help"])
    let help = try JSONDecoder().decode(Help.self, from: Data(dump.output.utf8))
    let serve = try #require(help.command.subcommands?.first { $0.commandName == "serve" })
    let reference = try await Program.run(["config", "--reference"])
    var settings: [String: String] = [:]
    for row in reference.output.matches(of: /\n\| `([a-z-]+)` \| [^|]* \| `?([^|`]*)`? \|/) {
      settings[String(row.output.1)] = String(row.output.2)
    }
    let flags = (serve.arguments ?? []).filter { $0.kind == "option" }
    #expect(flags.count >= 9)
    for flag in flags {
      let name = try #require(flag.names?.first?.name)
      guard name != "config" else { continue }
      let standard = try #require(settings[name], "--\(name) is no setting")
      let words = try #require(flag.abstract)
      if let said = words.firstMatch(of: /Default: ([^ ,]+)\./), !said.output.1.hasPrefix("$") {
        #expect(said.output.1 == standard, "--\(name)")
      }
      if let said = words.firstMatch(of: /([a-z-]+) \(default\)/) { #expect(said.output.1 == standard, "--\(name)") }
    }
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
