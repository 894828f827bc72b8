import ArgumentParser
import Daemon
import Foundation

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say how the running daemon is doing.")

  @OptionGroup var location: LocationOptions

  @Option(help: ArgumentHelp("The daemon's URL, when it cannot be found by itself.", valueName: "url"))
  var url: String?

  @Flag(help: "Print what /status says, as JSON.")
  var json = false

  func run() async throws {
    guard let origin = try url ?? DaemonAddress.find(location)?.url else {
      Terminal.error(
        "no daemon runs on \(try location.databasePath()). Start one with `chatroutesd serve`, or give --url.")
      throw ExitCode(69)
    }
    let tokenFile = try location.settings().localTokenFile
    do {
      let report = try await StatusReport.fetch(from: origin, tokenFile: tokenFile)
      Terminal.print(json ? report.json : report.text)
    } catch {
      Terminal.error("\(error)")
      throw ExitCode(69)
    }
  }
}
