import ArgumentParser
import Daemon
import Foundation

struct UsageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "usage", abstract: "Say what answers cost, by day and model.",
    discussion: """
      Counts the answers that went through the daemon, with the tokens that ChatRoutes named for them. Reads the mirror \
      directly: no daemon and no network are needed.
      """)

  @OptionGroup var location: LocationOptions

  @Option(help: ArgumentHelp("How many days, today included.", valueName: "number"))
  var days = 30

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (1...36_500).contains(days) else { throw ValidationError("--days: expected 1 to 36500, found \(days)") }
  }

  func run() throws {
    let found = try location.reading { mirror throws(StartError) in try mirror.usage(days: days) }
    if json { return try Terminal.print(json: found) }
    if found.isEmpty { return Terminal.note("nothing counted in the last \(days) days.") }
    let width = max(10, min(40, Terminal.width - 46))
    Terminal.print(Self.line("day", "model", ["answers", "sent", "answered"], width))
    for one in found {
      let numbers = [Int64(one.answers), one.promptTokens, one.completionTokens].map { String($0) }
      Terminal.print(Self.line(one.day, one.model ?? "not said", numbers, width))
    }
  }

  private static func line(_ day: String, _ model: String, _ numbers: [String], _ width: Int) -> String {
    let model = Terminal.line(model, columns: width)
    let columns = numbers.map { String(repeating: " ", count: max(0, 11 - $0.count)) + $0 }.joined()
    return day.padding(toLength: 10, withPad: " ", startingAt: 0) + "  "
      + model + String(repeating: " ", count: max(0, width - model.count)) + columns
  }
}
