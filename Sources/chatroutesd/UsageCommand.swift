import ArgumentParser
import Daemon
import Foundation

struct UsageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "usage", abstract: "Say what answers cost, by day and model, or how many calls went out.",
    discussion: """
      Counts the answers that went through the daemon, with the tokens and the cost in US dollars that ChatRoutes named for \
      them; with --calls the calls that were sent, that failed and that were saved, day by day. Reads the mirror directly: no \
      daemon and no network are needed.
      """)

  @OptionGroup var location: LocationOptions

  @Option(help: ArgumentHelp("How many days, today included.", valueName: "number"))
  var days = 30

  @Flag(help: "Calls and streams by day, not tokens.")
  var calls = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (1...36_500).contains(days) else { throw ValidationError("--days: expected 1 to 36500, found \(days)") }
  }

  func run() throws {
    if calls { return try showCalls() }
    let found = try location.reading { mirror throws(StartError) in try mirror.usage(days: days) }
    if json { return try Terminal.print(json: found) }
    if found.isEmpty { return Terminal.note("nothing counted in the last \(days) days.") }
    let width = max(10, min(40, Terminal.width - 56))
    Terminal.print(Self.line(["day", Self.padded("model", width)], ["answers", "sent", "answered", "cost"]))
    for one in found {
      let numbers = [Int64(one.answers), one.promptTokens, one.completionTokens].map { String($0) }
      let cost = one.cost.map { String(format: "%.4f", $0) } ?? "-"
      Terminal.print(Self.line([one.day, Self.padded(one.model ?? "not said", width)], numbers + [cost]))
    }
  }

  private func showCalls() throws {
    let found = try location.reading { mirror throws(StartError) in try mirror.calls(days: days) }
    if json { return try Terminal.print(json: found) }
    if found.isEmpty { return Terminal.note("nothing counted in the last \(days) days.") }
    Terminal.print(Self.line(["day       "], ["sent", "failed", "saved", "streams", "broken off", "mirror"]))
    for one in found {
      let broken = [one.streamsInterrupted, one.streamsAbandoned, one.streamsTruncated].reduce(0, &+)
      let numbers = [one.calls, one.failedCalls, one.savedCalls, one.streamsComplete, broken].map { String($0) }
      Terminal.print(Self.line([one.day], numbers + ["\(one.mirrorBytes / 1024) KiB"]))
    }
  }

  private static func line(_ texts: [String], _ numbers: [String]) -> String {
    texts.enumerated().map { $0 == 0 ? padded($1, 10) : $1 }.joined(separator: "  ")
      + numbers.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }.joined()
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    let line = Terminal.line(text, columns: width)
    return line + String(repeating: " ", count: max(0, width - line.count))
  }
}
