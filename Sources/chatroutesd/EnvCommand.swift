import ArgumentParser
import Daemon
import Foundation

struct EnvCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "env",
    abstract: "Print paste-ready client settings for Python, TypeScript and curl.",
    discussion: "The address is that of the running daemon, else the default one.")

  enum Client: String, ExpressibleByArgument, CaseIterable {
    case python, typescript, curl, all
  }

  @OptionGroup var location: LocationOptions

  @Argument(help: "python, typescript, curl or all.")
  var client: Client = .all

  @Option(help: ArgumentHelp("The daemon's URL, when it cannot be found by itself.", valueName: "url"))
  var url: String?

  func run() throws {
    let origin = try url ?? DaemonAddress.find(location)?.url ?? "http://127.0.0.1:8484"
    let texts: [(Client, String)] = [
      (
        .python,
        """
        # Python (pip install chatroutes)
        from chatroutes import ChatRoutes
        client = ChatRoutes(api_key="YOUR_KEY", base_url="\(origin)/api/v1")
        """
      ),
      (
        .typescript,
        """
        // TypeScript
        import { ChatRoutes } from "chatroutes";
        const client = new ChatRoutes({ apiKey: "YOUR_KEY", baseUrl: "\(origin)" });
        """
      ),
      (
        .curl,
        """
        # curl (the key comes from the environment, not from the command line)
        curl -s "\(origin)/api/v1/conversations" -H @- <<< "Authorization: ApiKey $CHATROUTES_API_KEY"
        """
      ),
    ]
    Terminal.print(texts.filter { client == .all || $0.0 == client }.map(\.1).joined(separator: "\n\n"))
  }
}

/// How the commands find the running daemon.
struct DaemonAddress {
  var url: String

  /// The running daemon's first TCP address; `nil`: none runs on this mirror.
  static func find(_ location: LocationOptions) throws -> DaemonAddress? {
    let directory = (try location.databasePath() as NSString).deletingLastPathComponent
    guard let places = RunFile.read(in: directory)?.listen else { return nil }
    guard let place = places.first(where: { !$0.hasPrefix("unix:") }) else {
      Terminal.error(
        "the daemon listens on \(places.joined(separator: ", ")) only. Add a TCP address to `listen` for this.")
      throw ExitCode(69)
    }
    return DaemonAddress(url: "http://\(place)")
  }
}
