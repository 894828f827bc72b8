import ArgumentParser
import Daemon
import Foundation

struct PurgeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge", abstract: "Remove conversations from the mirror for good, by id, account or age.",
    discussion: """
      Nothing is deleted at ChatRoutes, and what is read from there again comes back. What was purged is overwritten in the \
      mirror's file; backups, exports and mirrors that were set aside stay, and calls that are under way are recorded after it. Without an option the accounts are listed.

      Several options narrow each other. A daemon that runs purges its mirror itself.
      """)

  @OptionGroup var location: LocationOptions

  @Option(
    parsing: .singleValue, help: ArgumentHelp("Id of a conversation; repeatable.", valueName: "id"),
    completion: .conversations)
  var conversation: [String] = []

  @Option(help: ArgumentHelp("Number of an account, as `purge` alone lists them.", valueName: "number"))
  var account: Int64?

  @Option(
    help: ArgumentHelp("What was neither changed nor read from ChatRoutes for so many days.", valueName: "days"))
  var unusedFor: Int?

  @Flag(help: "Only say how much would go.")
  var dryRun = false

  @Flag(name: .shortAndLong, help: "Do not ask.")
  var yes = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if let unusedFor, !(0...36_500).contains(unusedFor) {
      throw ValidationError("--unused-for: expected days from 0 to 36500, found \(unusedFor)")
    }
  }

  func run() async throws {
    guard let order else { return try listAccounts() }
    let promised = try location.reading { mirror throws(StartError) in try mirror.purgeable(order) }
    if dryRun { return try say(promised, "would go") }
    if promised.conversations > 0 {
      try confirm(promised)
    } else if !yes {
      // What belongs to no conversation, such as what answers cost, must not go unasked either.
      return try tell(promised)
    }
    let path = try location.databasePath()
    let purged: LocalMirror.Purged
    // With --yes also where nothing is like that: an earlier purge may have left remains.
    do throws(StartError) { purged = try await Self.purge(order, path) } catch {
      Terminal.error("\(error)")
      throw ExitCode(69)
    }
    try tell(purged)
  }

  private func tell(_ purged: LocalMirror.Purged) throws {
    if json || purged.conversations > 0 {
      try say(purged, "are gone")
    } else {
      Terminal.note("nothing in the mirror is like that.")
    }
    if let remains = purged.remains {
      Terminal.error("words of what is gone still stand in the mirror's file: \(remains) Then purge again.")
      throw ExitCode(69)
    }
    // Being named and not there is worth a code; being young is not.
    if purged.conversations == 0, !conversation.isEmpty || account != nil { throw ExitCode(1) }
  }

  private var order: LocalMirror.Purge? {
    guard !conversation.isEmpty || account != nil || unusedFor != nil else { return nil }
    return LocalMirror.Purge(
      conversations: conversation.isEmpty ? nil : conversation, account: account,
      unusedFor: unusedFor.map { .seconds($0 * 86_400) })
  }

  private static func purge(_ order: LocalMirror.Purge, _ path: String) async throws(StartError) -> LocalMirror.Purged {
    let control = DaemonControl(directory: (path as NSString).deletingLastPathComponent)
    if await control.isThere() {
      Terminal.progress("the daemon is purging its mirror; a large one takes minutes", isLast: false)
      defer { Terminal.progress("", isLast: true) }
      return try await control.purge(order)
    }
    return try await LocalMirror.purge(order, path: path) { done, all in
      let rest = done == all ? ", making the file smaller" : ""
      Terminal.progress("purged \(done) of \(all)\(rest)", isLast: done == all)
    }
  }

  private func say(_ purged: LocalMirror.Purged, _ verb: String) throws {
    if json { return try Terminal.print(json: purged) }
    Terminal.print("\(Self.text(purged)) \(verb).")
  }

  private static func text(_ purged: LocalMirror.Purged) -> String {
    count(purged.conversations, "conversation", "conversations") + " with "
      + count(purged.messages, "message", "messages")
  }

  /// These answers were paid for: nobody loses them by a slip.
  private func confirm(_ promised: LocalMirror.Purged) throws {
    guard !yes else { return }
    guard isatty(STDIN_FILENO) == 1 else {
      Terminal.error("\(Self.text(promised)) would go. Say --yes to remove them, or --dry-run to only look.")
      throw ExitCode(64)
    }
    Terminal.note("\(Self.text(promised)) will be gone from the mirror for good (`chatroutesd backup` keeps a copy).")
    Terminal.prompt("Remove them? [y/N] ")
    guard ["y", "yes"].contains(readLine()?.lowercased()) else {
      Terminal.note("nothing was removed.")
      throw ExitCode(1)
    }
  }

  private func listAccounts() throws {
    let accounts = try location.reading { mirror throws(StartError) in try mirror.accounts() }
    if json { return try Terminal.print(json: accounts) }
    guard !accounts.isEmpty else { return Terminal.note("the mirror is empty.") }
    for account in accounts {
      let facts = [
        count(account.conversations, "conversation", "conversations"), count(account.messages, "message", "messages"),
      ]
      let titles = account.titles.map { "\u{201C}\($0)\u{201D}" }.joined(separator: ", ")
      Terminal.print(
        Terminal.line("account \(account.number)  \(facts.joined(separator: ", "))", columns: Terminal.width))
      if !titles.isEmpty { Terminal.print(Terminal.line("    such as \(titles)", columns: Terminal.width)) }
    }
    Terminal.note("Nothing was removed: say what, see `chatroutesd purge --help`.")
  }
}
