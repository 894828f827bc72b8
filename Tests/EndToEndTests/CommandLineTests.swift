import Foundation
import Testing

/// The command line's contract: exit codes, one line that says what, where and what to do.
@Suite struct CommandLineTests {
  @Test(arguments: [
    (["serve", "--listen", "nonsense"], Int32(64), "--listen: expected addresses"),
    (["serve", "--upstream", "https://x.test/api"], 64, "--upstream: expected an origin without a path"),
    (["serve", "--mode", "fast"], 64, "--mode: expected auto, offline or bypass, found \"fast\""),
    (["serve", "--fresh-for", "soon"], 64, "--fresh-for: expected seconds"),
    (["serve", "--config", "/does/not/exist"], 78, "cannot read /does/not/exist"),
    (["serve", "--listen", "0.0.0.0:0"], 78, "local-token-file"),
    (["serve", "--frobnicate"], 64, "--frobnicate"),
    (
      ["serve", "--listen", "127.0.0.1:0", "--database", "/proc/nowhere/mirror.sqlite"], 69,
      "cannot create /proc/nowhere"
    ),
    (["sandbox", "--listen", "nonsense"], 64, "--listen"),
    (["sandbox", "--token-delay", "-5"], 64, "--token-delay"),
  ])
  func badInputEndsWithItsCodeAndOneClearLine(arguments: [String], code: Int32, text: String) async throws {
    let run = try await Program.run(arguments, environment: ["HOME": "/nonexistent", "XDG_DATA_HOME": "/nonexistent"])
    #expect(run.code == code, "\(run.errors)")
    #expect(run.errors.contains(text), "\(run.errors)")
    if !run.errors.contains("Usage:") { #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)") }
  }

  @Test func aPortInUseIsSaidWithWhatToDo() async throws {
    let folder = try Folder()
    let first = try await Program(["serve", "--listen", "127.0.0.1:0", "--database", folder.file("a.sqlite")])
    let run = try await Program.run(["serve", "--listen", first.addresses[0], "--database", folder.file("b/b.sqlite")])
    #expect(run.code == 69)
    #expect(run.errors.contains("cannot listen on \(first.addresses[0]): address in use"), "\(run.errors)")
    #expect(run.errors.contains("--listen"))
  }

  @Test func oneDaemonHasOneMirror() async throws {
    let folder = try Folder()
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--database", folder.file("a.sqlite")]
    let first = try await Program(arguments)
    let second = try await Program.run(arguments)
    #expect(second.code == 69 && second.errors.contains("another chatroutesd"), "\(second.errors)")
    let status = try await Program.run(["status", "--database", folder.file("a.sqlite")])
    #expect(status.code == 0 && status.output.contains("mode auto"), "\(status.errors)")
    #expect(await first.terminate() == 0)
  }

  @Test func onlyAnUncleanEndIsCalledOne() async throws {
    let folder = try Folder()
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--database", folder.file("a.sqlite")]
    let first = try await Program(arguments)
    await first.killHard()
    #expect(!first.standardError.contains("unclean end"), "there was nothing before it")
    let second = try await Program(arguments)
    #expect(await second.says("read through after an unclean end"))
    #expect(await second.terminate() == 0)
    let third = try await Program(arguments)
    #expect(await third.terminate() == 0)
    #expect(!third.standardError.contains("unclean end"))
  }

  @Test func theModeIsSwitchedByACommand() async throws {
    let folder = try Folder()
    let place = ["--database", folder.file("a.sqlite")]
    let daemon = try await Program(["serve", "--listen", "127.0.0.1:0"] + place)
    for (arguments, output) in [(["mode"], "auto\n"), (["mode", "offline"], "offline\n"), (["mode"], "offline\n")] {
      let run = try await Program.run(arguments + place)
      #expect(run.code == 0 && run.output == output, "\(run.errors)")
    }
    let wrong = try await Program.run(["mode", "fast"] + place)
    #expect(wrong.code == 64 && wrong.errors.contains("expected auto, offline or bypass, found \"fast\""))
    #expect(await daemon.terminate() == 0)
    let nobody = try await Program.run(["mode"] + place)
    #expect(nobody.code == 69 && nobody.errors.contains("no daemon answers at"), "\(nobody.errors)")
  }

  @Test func settingsAreShownAndCheckedWithoutAStart() async throws {
    let folder = try Folder()
    try "mode: offline\napi-key-file: \(folder.file("key"))\n".write(
      toFile: folder.file("good.yaml"), atomically: true, encoding: .utf8)
    try "cr_prod_sk_canary".write(toFile: folder.file("key"), atomically: true, encoding: .utf8)
    try "mode: offline\nmodus: fast\n".write(toFile: folder.file("bad.yaml"), atomically: true, encoding: .utf8)
    let shown = try await Program.run(["config", "--config", folder.file("good.yaml")])
    #expect(shown.code == 0 && shown.output.contains(/mode: offline +# .*good\.yaml:1:7/), "\(shown)")
    #expect(shown.output.contains("# api-key: <redacted>") && !shown.output.contains("canary"))
    let checked = try await Program.run(["check-config", "--config", folder.file("good.yaml")])
    #expect(
      checked.code == 0 && checked.output.contains("good.yaml is fine: 3 values are not the default"), "\(checked)")
    let wrong = try await Program.run(["check-config", "--config", folder.file("bad.yaml")])
    #expect(wrong.code == 78 && wrong.errors.contains("bad.yaml:2:1: unknown setting modus."), "\(wrong)")
  }

  /// The user's own file is used where none is named; one that is named must be there.
  @Test func theUsersOwnSettingsAreFound() async throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: folder.file("config/chatroutesd"), withIntermediateDirectories: true)
    let file = folder.file("config/chatroutesd/chatroutesd.yaml")
    try "mode: offline\n".write(toFile: file, atomically: true, encoding: .utf8)
    let home = ["HOME": folder.path, "XDG_CONFIG_HOME": folder.file("config")]
    let found = try await Program.run(["config"], environment: home)
    #expect(found.output.contains(/mode: offline +# .*config\/chatroutesd\/chatroutesd\.yaml:1:7/), "\(found)")
    let named = try await Program.run(["config", "--config", "/dev/null"], environment: home)
    #expect(named.output.contains("mode: auto"), "\(named)")
    let other = try await Program.run(["config"], environment: home.merging(["CHATROUTESD_CONFIG": "/nowhere"]) { $1 })
    #expect(other.code == 78 && other.errors.contains("cannot read /nowhere"), "\(other)")
    let none = try await Program.run(["config"], environment: ["HOME": folder.path, "XDG_CONFIG_HOME": ""])
    #expect(none.code == 0 && none.output.contains("mode: auto"), "\(none)")
  }

  @Test(arguments: [["list", "--limit", "0"], ["search", "--limit=-1", "x"]])
  func aLimitMustBeAboveZero(arguments: [String]) async throws {
    let run = try await Program.run(arguments)
    #expect(run.code == 64 && run.errors.contains("expected a number above 0"))
  }

  @Test func theEnvironmentMirrorsTheFlags() async throws {
    let folder = try Folder()
    let daemon = try await Program(
      [],
      environment: [
        "CHATROUTESD_LISTEN": "127.0.0.1:0,[::1]:0", "CHATROUTESD_DATABASE": folder.file("deep/er/mirror.sqlite"),
        "CHATROUTESD_UPSTREAM": "http://127.0.0.1:9",
      ])
    #expect(daemon.addresses.count == 2)
    #expect(daemon.standardError.contains("http://127.0.0.1:9"))
    #expect(await daemon.terminate() == 0)
    #expect(try mode(folder.file("deep/er")) == 0o700)
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.file("deep/er")) {
      #expect(try mode(folder.file("deep/er/" + file)) == 0o600, "\(file)")
    }
  }

  private func mode(_ path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test(arguments: [
    "--help", "serve --help", "sandbox --help", "demo --help", "list --help", "show --help", "search --help",
    "replay --help", "status --help", "mode --help", "env --help", "open --help", "--version",
    "config --help", "check-config --help", "usage --help", "export --help", "tree --help",
    "backup --help", "check --help", "purge --help",
  ])
  func helpFitsTheTerminal(arguments: String) async throws {
    let run = try await Program.run(arguments.split(separator: " ").map(String.init), environment: ["COLUMNS": "80"])
    #expect(run.code == 0 && !run.output.isEmpty)
  }

  /// The version's number, and the commit that is checked out (the build looks again when that changes).
  @Test func theVersionNamesTheCommit() async throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let git = try await Program.run(
      URL(fileURLWithPath: "/usr/bin/env"),
      ["git", "-c", "safe.directory=*", "-C", root.path, "rev-parse", "--short=12", "HEAD"])
    let commit = git.code == 0 ? "+" + git.output.trimmingCharacters(in: .whitespacesAndNewlines) : ""
    let run = try await Program.run(["--version"])
    #expect(run.code == 0 && run.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+(\+[0-9a-f]{12})?\n/) != nil, "\(run)")
    #expect(run.output.hasSuffix("\(commit)\n"), "\(run)")
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func everyShellGetsCompletions(_ shell: String) async throws {
    let run = try await Program.run(["--generate-completion-script", shell])
    #expect(run.code == 0)
    for word in ["serve", "export", "usage", "partial"] { #expect(run.output.contains(word), "\(shell): \(word)") }
    guard shell == "bash" else { return }
    let folder = try Folder()
    try run.output.write(toFile: folder.file("completion"), atomically: true, encoding: .utf8)
    let parsed = try await Program.run(URL(fileURLWithPath: "/bin/bash"), ["-n", folder.file("completion")])
    #expect(parsed.code == 0, "\(parsed.errors)")
  }
}

/// What the commands show of a mirror that a real conversation filled.
@Suite(.timeLimit(.minutes(1))) struct BrowseCommandTests {
  /// A branch of a branch, each with a message; the commands run while the daemon does, and after it.
  @Test func theTreeIsDrawnWithItsForks() async throws {
    let (folder, key) = (try Folder(), "cr_prod_sk_" + String(repeating: "be7c4a11", count: 8))
    let sandbox = try await Program(["sandbox", "--listen", "127.0.0.1:0", "--api-key", key, "--token-delay", "0"])
    let daemon = try await Program.daemon(in: folder, upstream: sandbox.port)
    func post(_ path: String, _ body: String) async throws -> String {
      let client = try await RawClient(port: daemon.port)
      try await client.send(
        "POST /api/v1/conversations\(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ApiKey \(key)\r\n"
          + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      let answer = try await client.answer()
      #expect((200..<300).contains(answer.status), "\(path): \(answer.text)")
      return answer.text
    }
    func id(_ prefix: String, in text: String) throws -> String {
      String(try #require(text.firstMatch(of: try Regex("\"id\":\\s*\"(\(prefix)_[0-9a-f]+)\""))?.output[1].substring))
    }
    let conversation = try id("conv", in: try await post("", #"{"title":"Cats"}"#))
    var fork = try id("msg", in: try await post("/\(conversation)/messages", #"{"content":"hello"}"#))
    for title in ["Idea", "Deeper"] {
      let branch = try id(
        "branch", in: try await post("/\(conversation)/fork", #"{"title":"\#(title)","forkPointMessageId":"\#(fork)"}"#)
      )
      fork = try id(
        "msg",
        in: try await post("/\(conversation)/messages", #"{"content":"go on","branchId":"\#(branch)"}"#))
    }
    let arguments = ["tree", conversation, "--database", folder.file("mirror.sqlite")]
    let drawn = try await Program.run(arguments)
    #expect(drawn.code == 0 && drawn.output.hasPrefix("Cats\nMain  branch_"), "\(drawn)")
    #expect(drawn.output.contains("\n└─ Idea  branch_") && drawn.output.contains("\n   └─ Deeper  branch_"), "\(drawn)")
    #expect(drawn.output.contains("\n   │ behind “") && drawn.output.contains("2 messages"), "\(drawn)")
    #expect(await daemon.terminate() == 0)
    let json = try await Program.run(arguments + ["--json"])
    #expect(json.output.contains("\"depth\" : 2") && json.output.contains("\"forkPointMessageId\" : \"msg_"), "\(json)")
    let usage = try await Program.run(["usage", "--json"] + arguments.suffix(2))
    #expect(
      usage.code == 0 && usage.output.contains("\"answers\" : 3") && usage.output.contains("\"promptTokens\" : "),
      "\(usage)")
    let table = try await Program.run(["usage"] + arguments.suffix(2))
    #expect(table.output.hasPrefix("day         model") && table.output.split(separator: "\n").count == 2, "\(table)")
    let calls = try await Program.run(["usage", "--calls", "--json"] + arguments.suffix(2))
    #expect(calls.output.contains("\"calls\" : 6"), "a daemon that ends has written down what it did: \(calls)")
    try await expectExports(of: conversation, in: folder, json)
    try await expectBackup(of: conversation, in: folder)
    try await expectStylesAndPagesOnATerminalOnly(conversation, in: folder)
    try await expectCompletions(conversation, in: folder)
    let unknown = try await Program.run(["tree", "nope", "--database", folder.file("mirror.sqlite")])
    #expect(unknown.code == 1 && unknown.errors.contains("`chatroutesd list` shows what it holds"))
    #expect(await sandbox.terminate() == 0)
  }

  /// What a shell could read is not offered: bash expands what it is offered.
  private func expectBackup(of conversation: String, in folder: Folder) async throws {
    let (place, copy) = (["--database", folder.file("mirror.sqlite")], folder.file("copy.sqlite"))
    let made = try await Program.run(["backup", copy] + place)
    #expect(made.code == 0 && made.errors.contains("account-key"), "\(made)")
    #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o600)
    let (old, new) = try await (
      Program.run(["show", conversation, "--json"] + place),
      Program.run(["show", conversation, "--json", "--database", copy])
    )
    #expect(old.output == new.output && old.code == 0)
    let again = try await Program.run(["backup", copy] + place)
    #expect(again.code == 69 && again.errors.contains("there is a file of that name"), "\(again)")
    let sound = try await Program.run(["check", "--database", copy])
    #expect(sound.code == 0 && sound.output.contains("is sound"), "\(sound)")
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: copy))
    let size = try file.seekToEnd()
    for offset in stride(from: 40 * 1024, to: size, by: 4096) {
      try file.seek(toOffset: offset / 4096 * 4096)
      try file.write(contentsOf: Data(repeating: 0xA5, count: 2048))
    }
    try file.close()
    let damaged = try await Program.run(["check", "--database", copy])
    #expect(damaged.code != 0 && damaged.errors.contains(copy), "\(damaged)")
  }

  private func expectCompletions(_ conversation: String, in folder: Folder) async throws {
    let inserting = """
      import sqlite3, sys
      database = sqlite3.connect(sys.argv[1])
      for number, id in enumerate(["conv_$(id)", "`id`", "a b", "a\\nb", "-x", "a;b", "'", ""]):
          database.execute("INSERT INTO conversation (account, cid, text, saved_at, sort_at) VALUES (1, ?, x'7B7D', 1, ?)", (id, number))
      database.commit()
      """
    let inserted = try await Program.run(
      URL(fileURLWithPath: "/usr/bin/env"), ["python3", "-c", inserting, folder.file("mirror.sqlite")])
    #expect(inserted.code == 0, "\(inserted.errors)")
    let place = ["chatroutesd", "show", "--database", folder.file("mirror.sqlite")]
    let ids = try await Program.run(
      ["---completion", "show", "--", "positional@0", "4", "0"] + place, environment: ["SAP_SHELL": "bash"])
    #expect(ids.output.split(separator: "\n").map(String.init) == [conversation], "\(ids)")
  }

  /// Through a terminal of 6 lines, as `script` gives one.
  private func expectStylesAndPagesOnATerminalOnly(_ conversation: String, in folder: Folder) async throws {
    func onTerminal(_ command: String, _ environment: [String: String]) async throws -> String {
      let line = "stty rows 6 cols 80; \(Program.binary.path) \(command) --database \(folder.file("mirror.sqlite"))"
      let run = try await Program.run(
        URL(fileURLWithPath: "/usr/bin/script"), ["-qec", line, "/dev/null"],
        environment: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 })
      return run.output.replacing("\r\n", with: "\n")
    }
    let plain = try await Program.run(["show", conversation, "--database", folder.file("mirror.sqlite")])
    #expect(!plain.output.contains("\u{1B}"))
    let paged = try await onTerminal("show \(conversation)", ["PAGER": "sed 's/^/| /'"])
    #expect(paged.hasPrefix("| \u{1B}[1mCats\u{1B}[0m\n"), "\(paged)")
    #expect(paged.split(separator: "\n").allSatisfy { $0.hasPrefix("| ") })
    // What fits needs no pager; a pager that is not there loses nothing.
    let short = try await onTerminal("list", ["PAGER": "sed 's/^/| /'"])
    #expect(!short.contains("|") && short.contains("\u{1B}[1mCats"), "\(short)")
    // The usual one reads the terminal itself: it must be allowed to.
    let less = try await Program.run(
      URL(fileURLWithPath: "/bin/sh"),
      [
        "-c",
        "printf q | script -qec 'stty rows 6 cols 80; \(Program.binary.path) show \(conversation) --database \(folder.file("mirror.sqlite")); echo ended' /dev/null",
      ], environment: ["TERM": "xterm", "PAGER": "less"], seconds: 20)
    #expect(less.output.contains("Cats") && less.output.contains("ended"), "\(less)")
    let unstyled = try await onTerminal("show \(conversation)", ["PAGER": "no-such-pager", "NO_COLOR": "1"])
    #expect(unstyled.contains(plain.output), "\(unstyled)")
  }

  private struct Archive: Decodable {
    struct Message: Decodable {
      var id: String
      var content: String
      var branchId: String
    }
    struct Branch: Decodable { var id: String }
    var format: Int
    var conversation: Branch
    var branches: [Branch]
    var messages: [Message]
    var order: [String: [String]]
    var isComplete: Bool
  }

  private struct Thread: Decodable {
    struct Message: Decodable {
      var id: String
      var content: String
    }
    var branch: String
    var messages: [Message]
  }

  /// What was exported, read again, has the messages that the mirror shows, branch by branch and in order.
  private func expectExports(
    of conversation: String, in folder: Folder, _ tree: (code: Int32, output: String, errors: String)
  ) async throws {
    let place = ["--database", folder.file("mirror.sqlite")]
    let out = folder.file("out")
    for format in ["json", "md", "html"] {
      let run = try await Program.run(["export", "--all", "--format", format, "--output", out] + place)
      #expect(run.code == 0 && run.output.isEmpty && run.errors.isEmpty, "\(run)")
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: out).sorted() == [
        "\(conversation).html", "\(conversation).json", "\(conversation).md",
      ])
    let file = URL(fileURLWithPath: "\(out)/\(conversation).json")
    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let archive = try JSONDecoder().decode(Archive.self, from: try Data(contentsOf: file))
    #expect(archive.format == 1 && archive.conversation.id == conversation && archive.branches.count == 3)
    #expect(tree.output.contains(archive.branches[2].id))
    let contents = Dictionary(uniqueKeysWithValues: archive.messages.map { ($0.id, $0.content) })
    let markdown = try String(contentsOfFile: "\(out)/\(conversation).md", encoding: .utf8)
    #expect(markdown.hasPrefix("# Cats\n\n") && markdown.contains("\n## Main\n") && markdown.contains("\n## Deeper\n"))
    let html = try String(contentsOfFile: "\(out)/\(conversation).html", encoding: .utf8)
    for message in archive.messages {
      #expect(html.components(separatedBy: "id=\"message-\(message.id)\"").count == 2, "each message once")
    }
    for branch in archive.branches {
      let shown = try await Program.run(["show", conversation, "--branch", branch.id, "--json"] + place)
      let thread = try JSONDecoder().decode(Thread.self, from: Data(shown.output.utf8))
      #expect(!thread.messages.isEmpty)
      for message in thread.messages {
        #expect(contents[message.id] == message.content)
        #expect(markdown.contains(message.content))
      }
      if let order = archive.order[branch.id] { #expect(order == thread.messages.map(\.id)) }
    }
    #expect(archive.order.count >= 2)
    // Every message once.
    for message in archive.messages {
      #expect(
        markdown.components(separatedBy: message.content).count - 1
          == archive.messages.count { $0.content == message.content })
    }
    let one = try await Program.run(["export", conversation, "--format", "json"] + place)
    #expect(Data(one.output.utf8) == (try Data(contentsOf: file)))
    let some = try await Program.run(["export", conversation, "nope", "--output", out] + place)
    #expect(some.code == 1 && some.errors.contains("holds no conversation nope"), "\(some)")
    for (arguments, text) in [
      ([], "expected ids of conversations, or --all"), (["a", "b"], "--output: expected a folder"),
      (["a", "--format", "pdf"], "expected md, html or json, found \"pdf\""),
    ] {
      let wrong = try await Program.run(["export"] + arguments + place)
      #expect(wrong.code == 64 && wrong.errors.contains(text), "\(wrong)")
    }
  }
}
