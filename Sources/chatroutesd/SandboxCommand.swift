import ArgumentParser
import Daemon
import Foundation
import LocalServer
import Sandbox

struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox",
    abstract: "Run a local ChatRoutes API for trying things out and for tests.",
    discussion: """
      Stateful, deterministic, in memory: every endpoint of the API, streams
      token by token, the documented errors, and faults on request (header
      X-Sandbox-Fault, or POST /sandbox/faults). Needs no account, no network.
      """)

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Where to listen; repeatable. Default: 127.0.0.1:8585.", valueName: "addr"))
  var listen: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("An accepted key, an account each; repeatable. Sandbox keys are no secrets.", valueName: "key"))
  var apiKey: [String] = []

  @Option(help: ArgumentHelp("Pause between two tokens of a stream.", valueName: "ms"))
  var tokenDelay = 20

  func validate() throws {
    guard (0...60_000).contains(tokenDelay) else { throw ValidationError("--token-delay: expected 0 to 60000 ms") }
  }

  func run() async throws {
    var configuration = SandboxConfiguration()
    configuration.tokenDelay = .milliseconds(tokenDelay)
    if !apiKey.isEmpty { configuration.apiKeys = apiKey }
    do {
      configuration.listen = try (listen.isEmpty ? ["127.0.0.1:8585"] : listen).map { try ListenAddress(parsing: $0) }
    } catch {
      Terminal.error("--listen: \(error)")
      throw ExitCode(64)
    }
    let sandbox = Sandbox(configuration: configuration)
    let places: String
    do { places = try sandbox.bind().map(Places.url).joined(separator: " ") } catch {
      Terminal.error("\(error)")
      throw ExitCode(69)
    }
    try await TerminationSignals.run(
      { await sandbox.run() }, stop: { sandbox.drain(deadline: .seconds(5)) },
      ready: { Terminal.note("chatroutesd sandbox ready: \(places)") })
  }
}
