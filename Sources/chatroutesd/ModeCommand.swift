import ArgumentParser
import Daemon
import Foundation

struct ModeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mode",
    abstract: "Say or switch who answers, while the daemon runs.",
    discussion: """
      auto      upstream and the mirror
      offline   the mirror only: no name is looked up, nothing is dialled
      bypass    upstream only: a plain relay

      The switch lasts until the daemon ends; the setting `mode` says how it starts.
      What is under way when it goes offline is finished.
      """)

  @OptionGroup var location: LocationOptions

  @Argument(help: ArgumentHelp("auto, offline or bypass; without it, the mode is printed.", valueName: "mode"))
  var mode: String?

  func run() async throws {
    let wanted = try mode.map { text in
      guard let mode = Mode(rawValue: text) else {
        throw ValidationError("expected auto, offline or bypass, found \"\(text)\"")
      }
      return mode
    }
    let path = try location.databasePath()
    let control = DaemonControl(directory: (path as NSString).deletingLastPathComponent)
    do throws(StartError) {
      let mode = if let wanted { try await control.change(to: wanted) } else { try await control.mode() }
      Terminal.print(mode.rawValue)
    } catch {
      Terminal.error("\(error)")
      throw ExitCode(69)
    }
  }
}
