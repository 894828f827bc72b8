import ArgumentParser
import Daemon
import LocalServer

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Serve a recorded stream again, byte for byte and at its pace.",
    discussion: """
      Streams that came to their end are kept as they came. Every request to the
      address that is printed gets the stream: for tests of an app, and demos.

        chatroutesd replay                 what there is, newest first
        chatroutesd replay msg_123         at the pace at which it came
        chatroutesd replay msg_123 --speed 0    as fast as it is read

      Reads the mirror directly: no daemon and no network are needed.
      """)

  @OptionGroup var location: LocationOptions

  @Argument(help: "The id of the message that the stream brought. Without it, recorded streams are listed.")
  var id: String?

  @Option(help: ArgumentHelp("Where to listen. Default: 127.0.0.1:0, which picks a port.", valueName: "addr"))
  var listen = "127.0.0.1:0"

  @Option(help: ArgumentHelp("2 is twice as fast, 0 without any pause.", valueName: "factor"))
  var speed = 1.0

  @Option(help: ArgumentHelp("How many are listed at most.", valueName: "number"))
  var limit = 50

  @Flag(help: "Print the list as JSON.")
  var json = false

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit: expected a number above 0, found \(limit)") }
    guard speed >= 0, speed.isFinite else { throw ValidationError("--speed: expected 0 or more, found \(speed)") }
  }

  func run() async throws {
    guard let id else { return try list() }
    let address: ListenAddress
    do { address = try ListenAddress(parsing: listen) } catch {
      Terminal.error("--listen: \(error)")
      throw ExitCode(64)
    }
    guard address.isLoopback else {
      Terminal.error("--listen: \(listen) can be reached from other machines. Use 127.0.0.1, [::1] or unix:/path.")
      throw ExitCode(64)
    }
    let found = try location.reading { mirror throws(StartError) in try mirror.replay(ofMessage: id, speed: speed) }
    guard let server = found else {
      Terminal.error("no stream of \(id) is kept. `chatroutesd replay` lists those that are.")
      throw ExitCode(1)
    }
    let places: String
    do { places = try server.bind([address]).map(Places.url).joined(separator: " ") } catch {
      Terminal.error("\(error)")
      throw ExitCode(69)
    }
    try await TerminationSignals.run(
      { await server.run() }, stop: { server.drain(deadline: .seconds(5)) },
      ready: { Terminal.note("chatroutesd replay ready: \(places)") })
  }

  private func list() throws {
    let found = try location.reading { mirror throws(StartError) in try mirror.recordings(limit: limit) }
    if json { return try Terminal.print(json: found) }
    if found.isEmpty { Terminal.note("no stream is recorded yet.") }
    for one in found {
      let facts = "\(one.startedAt ?? "")  \(one.bytes) bytes in \(Double(one.milliseconds) / 1000) s"
      Terminal.print(Terminal.line(facts, columns: Terminal.width))
      Terminal.print(Terminal.line("    \(one.id)  of \(one.conversationId)", columns: Terminal.width))
    }
  }
}
