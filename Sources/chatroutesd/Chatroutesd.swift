import ArgumentParser

/// The command line: parsing, then one call.
@main
struct Chatroutesd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chatroutesd",
    abstract: "A local caching proxy for the ChatRoutes API: apps keep working when the network does not.",
    discussion: """
      Point an app's base URL at http://127.0.0.1:8484 (`chatroutesd env` prints
      how) and change nothing else. Every answer that passes is kept in a local
      mirror, which answers reads when the API cannot be reached.

      Try it without an account or a network: chatroutesd demo
      """,
    version: Version.text,
    subcommands: [
      ServeCommand.self, SandboxCommand.self, DemoCommand.self, ListCommand.self, ShowCommand.self, TreeCommand.self,
      SearchCommand.self, ExportCommand.self, UsageCommand.self, ReplayCommand.self, StatusCommand.self,
      ModeCommand.self,
      OpenCommand.self, EnvCommand.self, ConfigCommand.self, CheckConfigCommand.self, BackupCommand.self,
      CheckCommand.self, PurgeCommand.self,
    ],
    defaultSubcommand: ServeCommand.self)
}

/// The version of the command and the daemon.
enum Version {
  static let number = "0.1.0"
  /// With the commit as build metadata (https://semver.org/#spec-item-10), where it is known.
  static let text = number + (Commit.text.map { "+" + $0 } ?? "")
}
