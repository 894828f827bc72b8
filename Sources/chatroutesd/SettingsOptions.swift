import ArgumentParser
import Daemon
import Foundation

/// Where the settings and the mirror are; shared by all commands.
struct LocationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Settings file, see man chatroutesd.yaml. Default: ~/.config/chatroutesd/chatroutesd.yaml if it is there.",
      valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "The mirror's SQLite file. Default: $STATE_DIRECTORY or the XDG data directory.", valueName: "file"),
    completion: .file())
  var database: String?

  /// Settings from these flags, the environment and the file; ends the process with 64 or 78 when they cannot be used.
  /// - Parameter isForDaemon: see `Settings.load`.
  func settings(flags: [(name: String, values: [String])] = [], isForDaemon: Bool = false) throws -> Settings {
    let environment = ProcessInfo.processInfo.environment
    do {
      return try Settings.load(
        flags: flags + self.flags, environment: environment, file: file, isForDaemon: isForDaemon)
    } catch {
      Terminal.error("\(error)")
      throw ExitCode(error.isUsage ? 64 : 78)
    }
  }

  /// What these options set.
  var flags: [(name: String, values: [String])] { database.map { [("database", [$0])] } ?? [] }

  /// The mirror's path as the settings have it.
  func databasePath() throws -> String {
    DatabaseLocation.path(try settings().database, environment: ProcessInfo.processInfo.environment)
  }
}
