import ArgumentParser
import ChatRoutes
import Daemon
import Foundation
import LocalServer
import Logging
import Sandbox

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Show it all in half a minute: a sandbox API, the daemon in front of it, an outage.",
    discussion: """
      Starts an embedded sandbox API and the daemon in front of it, sends real
      traffic through with the SDK, stops the sandbox, and reads the same
      conversations offline. Needs no account and no network.
      """)

  @Flag(inversion: .prefixedNo, help: "Keep the daemon running at the end. Default: when this is a terminal.")
  var stay: Bool?

  @Option(help: ArgumentHelp("Pause between two tokens of a stream.", valueName: "ms"))
  var tokenDelay = 15

  func run() async throws {
    let demo = try Demo(tokenDelay: .milliseconds(tokenDelay))
    try await demo.run(stays: stay ?? Terminal.outputIsTerminal)
  }
}
