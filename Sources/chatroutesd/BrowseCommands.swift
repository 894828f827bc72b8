import ArgumentParser
import Daemon
import Foundation

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the conversations of the mirror.",
    discussion: "Reads the mirror directly: no daemon and no network are needed.")

  @OptionGroup var location: LocationOptions

  @Option(help: ArgumentHelp("Only titles that contain this.", valueName: "text"))
  var title: String?

  @Option(help: ArgumentHelp("Only models whose name contains this.", valueName: "text"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "any, drafts (an answer broke off) or partial (not held in full). Default: any.", valueName: "state"))
  var state = LocalMirror.ListState.any

  @Option(help: ArgumentHelp("newest, oldest, title or longest. Default: newest.", valueName: "order"))
  var sort = LocalMirror.ListOrder.newest

  @Option(help: ArgumentHelp("How many at most.", valueName: "number"))
  var limit = 50

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws { try checkLimit(limit) }

  func run() throws {
    let found = try location.reading { mirror throws(StartError) in
      try mirror.conversations(title: title, model: model, state: state, order: sort, limit: limit)
    }
    if json { return try Terminal.print(json: found) }
    if found.isEmpty {
      let isFiltered = title != nil || model != nil || state != .any
      return Terminal.note(
        isFiltered ? "no conversation is like that." : "nothing here yet. Point an app at the daemon: chatroutesd env")
    }
    Terminal.page(found.flatMap(Self.lines).joined(separator: "\n"))
  }

  private static func lines(_ one: LocalMirror.Conversation) -> [String] {
    var facts = [count(one.messages, "message", "messages"), count(one.branches, "branch", "branches")]
    if one.drafts > 0 { facts.append(count(one.drafts, "draft", "drafts")) }
    let day = String((one.updatedAt ?? "").prefix(10)).padding(toLength: 10, withPad: " ", startingAt: 0)
    let mark = (one.isComplete ? "" : "  (in part)") + (one.isStale ? "  (changed elsewhere since)" : "")
    let columns = max(20, Terminal.width - 12)
    return [
      "\(day)  \(Terminal.bold(Terminal.line(one.title.isEmpty ? "(no title seen)" : one.title, columns: columns)))",
      "            "
        + Terminal.dim(
          Terminal.line("\(one.id)  \(facts.joined(separator: ", "))\(mark)", columns: columns)),
    ]
  }
}

private func checkLimit(_ limit: Int) throws {
  guard limit > 0 else { throw ValidationError("--limit: expected a number above 0, found \(limit)") }
}

func count(_ number: Int, _ one: String, _ many: String) -> String {
  "\(number) \(number == 1 ? one : many)"
}

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the messages of a conversation's branch.",
    discussion: "Reads the mirror directly: no daemon and no network are needed.")

  @OptionGroup var location: LocationOptions

  @Argument(help: "The conversation's id, as `list` prints it.", completion: .conversations)
  var id: String

  @Option(help: ArgumentHelp("The branch's id. Default: the main branch.", valueName: "id"))
  var branch: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let found = try location.reading { mirror throws(StartError) in try mirror.thread(id, branch: branch) }
    guard let thread = found else {
      let what = branch.map { "branch \($0) of conversation \(id)" } ?? "conversation \(id)"
      Terminal.error("the mirror holds no \(what). `chatroutesd list` shows what it holds.")
      throw ExitCode(1)
    }
    if json { return try Terminal.print(json: thread) }
    Terminal.page(Self.lines(thread).joined(separator: "\n"))
    if !thread.isComplete { Terminal.note("\nThe mirror holds this branch in part: read it once while online.") }
  }

  private static func lines(_ thread: LocalMirror.Thread) -> [String] {
    var lines = [Terminal.bold(Terminal.harmless(thread.conversation.title))]
    for branch in thread.branches where thread.branches.count > 1 {
      let mark = branch.id == thread.branch ? "*" : " "
      lines.append(
        Terminal.line("\(mark) \(branch.id)  \(branch.title)  \(branch.messages) messages", columns: Terminal.width))
    }
    for message in thread.messages + thread.drafts {
      let state = message.state.map { " [\($0)]" } ?? ""
      let facts = [message.model, message.createdAt].compactMap { $0 }.joined(separator: ", ")
      let head = Terminal.line("\(message.role)\(state)  \(facts)", columns: Terminal.width - 3)
      lines += ["", Terminal.bold("── \(head)"), Terminal.harmless(message.content)]
    }
    return lines
  }
}

struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Search messages and titles, newest first.",
    discussion: """
      All words must occur; the last may be the beginning of one. Also understood:
        "exact words"  begin*  role:user  model:gpt  in:"a title"  in:ID
        after:2026-11  before:2026-11-26  after:yesterday
      Filters can stand without words. Quote for the shell: chatroutesd search 'role:user "night train"'

      Reads the mirror directly: no daemon and no network are needed.
      """)

  @OptionGroup var location: LocationOptions

  @Argument(help: "Words, phrases and filters.")
  var words: [String]

  @Option(help: ArgumentHelp("How many at most.", valueName: "number"))
  var limit = 20

  @Flag(help: "What is about the words most comes first, not what is newest.")
  var best = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws { try checkLimit(limit) }

  func run() throws {
    let text = words.joined(separator: " ")
    let (found, hints) = try location.reading { mirror throws(StartError) in
      try mirror.search(text, bestFirst: best, limit: limit)
    }
    for hint in hints { Terminal.note("chatroutesd: \(Terminal.line(hint, columns: 300))") }
    if json { return try Terminal.print(json: found) }
    guard !found.isEmpty else { return Terminal.note("nothing found.") }
    Terminal.page(found.flatMap(Self.lines).joined(separator: "\n"))
  }

  private static func lines(_ hit: LocalMirror.Hit) -> [String] {
    let what = [hit.role, hit.createdAt].compactMap { $0 }.joined(separator: ", ")
    let snippet = hit.parts.map { part in
      let text = Terminal.line(part.text, columns: .max)
      return part.isMatch ? Terminal.bold(text) : text
    }
    return [
      Terminal.line("\(hit.title)  \(hit.conversationId)  \(what)", columns: Terminal.width),
      "    " + snippet.joined(),
    ]
  }
}

extension LocationOptions {
  /// Opens the mirror and reads; ends the process with 69 when it cannot be read.
  func reading<Value>(_ work: (LocalMirror) throws(StartError) -> Value) throws -> Value {
    let path = try databasePath()
    do throws(StartError) { return try work(try LocalMirror(path: path)) } catch {
      Terminal.error("\(error)")
      throw ExitCode(69)
    }
  }
}

extension Terminal {
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
