import ArgumentParser
import Daemon
import Foundation
import Logging

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run the daemon (the default).",
    discussion: """
      Flags win over CHATROUTESD_… environment variables, those over the settings
      file, that over the defaults. An API key for apps that send none comes from
      api-key-file, a systemd credential or CHATROUTESD_API_KEY: never a flag.

      SIGHUP reads the settings again; docs/settings.md tells which take effect
      at once, the log tells which do not. From a terminal it ends the daemon.

      Exit codes: 0 after SIGTERM, 64 usage, 78 configuration, 69 cannot listen,
      or no mirror can be made, or another daemon has it. A mirror that cannot be
      written is read, and forwarding goes on.
      """)

  @OptionGroup var location: LocationOptions

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Where to listen: 127.0.0.1:8484, [::1]:8484 or unix:/path; repeatable. Port 0 picks one.", valueName: "addr"))
  var listen: [String] = []

  @Option(help: ArgumentHelp("The API, without a path. Default: https://api.chatroutes.com.", valueName: "origin"))
  var upstream: String?

  @Option(help: ArgumentHelp("network-first (default) or cache-first.", valueName: "policy"))
  var freshness: String?

  @Option(help: ArgumentHelp("How long a copy counts as fresh under cache-first.", valueName: "seconds"))
  var freshFor: String?

  @Option(
    help: ArgumentHelp("How long a read waits for the API when there is a copy. Default: 5.", valueName: "seconds"))
  var softDeadline: String?

  @Option(
    help: ArgumentHelp("auto (default), offline (nothing is dialled) or bypass (a plain relay).", valueName: "mode"))
  var mode: String?

  @Option(help: ArgumentHelp("trace, debug, info (default), notice, warning, error or critical.", valueName: "level"))
  var logLevel: String?

  func run() async throws {
    let settings = try location.settings(flags: flags, isForDaemon: true)
    let environment = ProcessInfo.processInfo.environment
    let level = LogLevel(settings.logLevel)
    let logger = Log.make(level: level, environment: environment)
    let (flags, file) = (flags + location.flags, location.file)
    do {
      try await ProxyDaemon.serve(
        settings, environment: environment, version: Version.text, logger: logger, level: level,
        reload: { () throws(SettingError) in
          try Settings.load(flags: flags, environment: environment, file: file)
        },
        ready: { bound, database in
          let places = bound.map(Places.url).joined(separator: " ")
          Terminal.note("chatroutesd ready: \(places) -> \(settings.upstream), mirror \(database)")
        })
    } catch let error as StartError {
      Terminal.error("\(error)")
      throw ExitCode(69)
    }
  }

  private var flags: [(name: String, values: [String])] {
    let single: [(String, String?)] = [
      ("upstream", upstream), ("freshness", freshness), ("fresh-for", freshFor), ("soft-deadline", softDeadline),
      ("mode", mode), ("log-level", logLevel),
    ]
    let given = single.compactMap { name, value in value.map { (name: name, values: [$0]) } }
    return listen.isEmpty ? given : given + [("listen", listen)]
  }
}

/// Makes the program's loggers.
enum Log {
  /// A logger on standard error, with priorities when that is the journal.
  static func make(level: LogLevel, environment: [String: String]) -> Logger {
    Logger(label: "chatroutesd") { label in
      JournalLogHandler(label: label, level: level, hasPriority: environment["JOURNAL_STREAM"] != nil)
    }
  }
}
