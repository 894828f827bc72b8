import ArgumentParser
import Daemon
import Foundation

struct OpenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Open the pages in a browser, or print the link.",
    discussion:
      "The link is good once and for a minute. Web pages of others cannot get one: it comes from this command.")

  @OptionGroup var location: LocationOptions

  @Option(help: ArgumentHelp("The daemon's URL, when it cannot be found by itself.", valueName: "url"))
  var url: String?

  @Flag(help: "Only print the link.")
  var print = false

  func run() throws {
    let directory = (try location.databasePath() as NSString).deletingLastPathComponent
    do {
      guard let secret = try SecretFile.pageSecret.load(in: directory),
        let origin = try url ?? DaemonAddress.find(location)?.url
      else { throw StartError("no daemon runs on \(directory). Start one with `chatroutesd serve`, or give --url.") }
      let link = "\(origin)/open?ticket=\(PageAccess(secret: secret).ticket())"
      Terminal.print(link)
      if !print { Self.launchBrowser(link) }
    } catch let error as StartError {
      Terminal.error("\(error)")
      throw ExitCode(69)
    }
  }

  /// Best effort: where there is no desktop, the printed link is the answer.
  private static func launchBrowser(_ link: String) {
    let environment = ProcessInfo.processInfo.environment
    guard environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil else { return }
    let opener = Process()
    opener.executableURL = URL(fileURLWithPath: "/usr/bin/xdg-open")
    opener.arguments = [link]
    do { try opener.run() } catch {
      Terminal.note("cannot start xdg-open; open the link above in a browser.")
    }
  }
}
