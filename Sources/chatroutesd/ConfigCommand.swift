import ArgumentParser
import Daemon
import Foundation

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Print every setting, its value and where it came from.",
    discussion: """
      The values are those that `chatroutesd serve` with the same file and environment would have. Secrets are not shown. The \
      output can be used as a settings file.
      """)

  @OptionGroup var location: LocationOptions

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Print the reference of all settings, in Markdown.")
  var reference = false

  func run() throws {
    if reference { return Terminal.write(SettingsTable.reference) }
    let report = try location.report()
    if json { return try Terminal.print(json: report.lines) }
    Terminal.page(report.text)
  }
}

struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config", abstract: "Check the settings without starting.",
    discussion: "Exit code 0: they can be used. 78: they cannot; the text says where and why.")

  @OptionGroup var location: LocationOptions

  func run() throws {
    let set = try location.report().lines.filter { $0.origin != "default" }.count
    let file = location.file.map { "\($0) is fine" } ?? "there is no settings file, and none is needed"
    Terminal.print("\(file): \(count(set, "value is", "values are")) not the default. `chatroutesd config` shows all.")
  }
}

extension LocationOptions {
  /// The settings file that was named, or else the user's own; nil: none.
  var file: String? { config ?? Self.usualFile(ProcessInfo.processInfo.environment) }

  /// `$CHATROUTESD_CONFIG`, whether it is there or not; else `chatroutesd/chatroutesd.yaml` in the XDG configuration folder,
  /// if it is there.
  static func usualFile(_ environment: [String: String]) -> String? {
    if let named = environment["CHATROUTESD_CONFIG"] { return named }
    let home = environment["HOME"].map { $0 + "/.config" }
    // Relative ones are to be ignored (XDG Base Directory Specification).
    let folder = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home
    guard let file = folder.map({ $0 + "/chatroutesd/chatroutesd.yaml" }),
      FileManager.default.fileExists(atPath: file)
    else { return nil }
    return file
  }

  fileprivate func report() throws -> SettingsReport {
    do {
      return try SettingsReport(flags: flags, environment: ProcessInfo.processInfo.environment, file: file)
    } catch {
      Terminal.error("\(error)")
      throw ExitCode(error.isUsage ? 64 : 78)
    }
  }
}
