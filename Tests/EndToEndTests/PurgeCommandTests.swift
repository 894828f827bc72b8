import Foundation
import Testing

/// What a user purges is gone from the disk and from memory, whether the daemon runs or not.
@Suite(.timeLimit(.minutes(1))) struct PurgeCommandTests {
  private let key = "cr_prod_sk_" + String(repeating: "9e12ab07", count: 8)

  private func post(_ path: String, _ body: String, to daemon: Program) async throws -> String {
    let client = try await RawClient(port: daemon.port)
    try await client.send(
      "POST /api/v1/conversations\(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ApiKey \(key)\r\n"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    let answer = try await client.answer()
    #expect((200..<300).contains(answer.status), "\(path): \(answer.text)")
    let id = try #require(answer.text.firstMatch(of: /"id":\s*"(conv_[0-9a-f]+|msg_[0-9a-f]+)"/))
    return String(id.output.1)
  }

  private func get(_ path: String, from daemon: Program) async throws -> (status: Int, text: String) {
    let client = try await RawClient(port: daemon.port)
    try await client.send(
      "GET /api/v1/conversations\(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ApiKey \(key)\r\n\r\n")
    let answer = try await client.answer()
    return (answer.status, answer.text)
  }

  private func diskHolds(_ word: String, _ folder: Folder) throws -> Bool {
    try folder.everything().contains { $0.bytes.range(of: Data(word.utf8)) != nil }
  }

  @Test func whatIsPurgedIsGoneFromDiskAndMemory() async throws {
    let folder = try Folder()
    let sandbox = try await Program(["sandbox", "--listen", "127.0.0.1:0", "--api-key", key, "--token-delay", "0"])
    let daemon = try await Program.daemon(in: folder, upstream: sandbox.port)
    let place = ["--database", folder.file("mirror.sqlite")]
    var ids: [String] = []
    for word in ["Zanzibar", "Lisbon", "Oslo"] {
      let id = try await post("", #"{"title":"\#(word)"}"#, to: daemon)
      _ = try await post("/\(id)/messages", #"{"content":"on the way to \#(word)"}"#, to: daemon)
      _ = try await get("/\(id)/messages", from: daemon)
      ids.append(id)
    }
    let mode = try await Program.run(["mode", "offline"] + place)
    #expect(mode.code == 0)
    for _ in 0..<2 { #expect(try await get("/\(ids[0])/messages", from: daemon).status == 200) }

    let accounts = try await Program.run(["purge"] + place)
    #expect(accounts.code == 0 && accounts.output.contains("account 1  3 conversations, 6 messages"), "\(accounts)")
    #expect(accounts.output.contains("such as “Oslo”, “Lisbon”, “Zanzibar”"), "\(accounts)")
    let looked = try await Program.run(["purge", "--conversation", ids[0], "--dry-run"] + place)
    #expect(looked.code == 0 && looked.output == "1 conversation with 2 messages would go.\n", "\(looked)")
    let unasked = try await Program.run(["purge", "--conversation", ids[0]] + place)
    #expect(unasked.code == 64 && unasked.errors.contains("Say --yes to remove them"), "\(unasked)")
    #expect(try diskHolds("Zanzibar", folder))

    // The daemon has the mirror and does it.
    let done = try await Program.run(["purge", "--conversation", ids[0], "--yes"] + place)
    #expect(done.code == 0 && done.output == "1 conversation with 2 messages are gone.\n", "\(done)")
    #expect(try !diskHolds("Zanzibar", folder))
    #expect(try await get("/\(ids[0])/messages", from: daemon).status == 504, "unknown, not absent")
    #expect(try await get("/\(ids[1])/messages", from: daemon).text.contains("Lisbon"))
    #expect(try await !get("", from: daemon).text.contains("Zanzibar"))
    #expect(daemon.standardError.contains("the mirror was purged conversations=1 messages=2"))

    // What was read from the API again is back.
    #expect(try await Program.run(["mode", "auto"] + place).code == 0)
    #expect(try await get("/\(ids[0])/messages", from: daemon).text.contains("Zanzibar"))
    #expect(try diskHolds("Zanzibar", folder))
    #expect(await daemon.terminate() == 0)

    // Without a daemon, the command does it.
    let young = try await Program.run(["purge", "--unused-for", "1", "--yes"] + place)
    #expect(young.code == 0 && young.errors.contains("nothing in the mirror is like that"), "\(young)")
    try await expectNothingGoesUnasked(folder)
    let unknown = try await Program.run(["purge", "--conversation", "nosuch", "--yes"] + place)
    #expect(unknown.code == 1 && unknown.errors.contains("nothing in the mirror is like that"), "\(unknown)")
    let alone = try await Program.run(["purge", "--account", "1", "--yes", "--json"] + place)
    #expect(alone.code == 0 && alone.output.contains("\"conversations\" : 3"), "\(alone)")
    for word in ["Zanzibar", "Lisbon", "Oslo"] { #expect(try !diskHolds(word, folder)) }
    let empty = try await Program.run(["purge"] + place)
    #expect(empty.code == 0 && empty.errors.contains("the mirror is empty"), "\(empty)")
    #expect(try await Program.run(["check"] + place).code == 0)

    let again = try await Program.daemon(in: folder, upstream: sandbox.port)
    #expect(try await get("/\(ids[2])/messages", from: again).text.contains("Oslo"))
    #expect(await again.terminate() == 0)
    #expect(!again.standardError.contains("unclean end"), "the purge left the last daemon's note")
    #expect(await sandbox.terminate() == 0)
  }

  /// What belongs to no conversation that is held, such as an old cost, goes with --yes only.
  private func expectNothingGoesUnasked(_ folder: Folder) async throws {
    let adding = """
      import sqlite3, sys
      database = sqlite3.connect(sys.argv[1])
      if len(sys.argv) > 2:
          database.execute("INSERT INTO usage (account, conversation, message, said_at) VALUES (1, 'long gone', 'm', 1)")
          database.commit()
      print(database.execute("SELECT count(*) FROM usage WHERE conversation = 'long gone'").fetchone()[0])
      """
    func costs(_ arguments: String...) async throws -> String {
      try await Program.run(
        URL(fileURLWithPath: "/usr/bin/env"),
        ["python3", "-c", adding, folder.file("mirror.sqlite")] + arguments
      ).output
    }
    #expect(try await costs("add") == "1\n")
    let place = ["--database", folder.file("mirror.sqlite")]
    let idle = try await Program.run(["purge", "--unused-for", "1"] + place)
    #expect(idle.code == 0 && idle.errors.contains("nothing in the mirror is like that"), "\(idle)")
    #expect(try await costs() == "1\n")
    #expect(try await Program.run(["purge", "--unused-for", "1", "--yes"] + place).code == 0)
    #expect(try await costs() == "0\n")
  }

  @Test(arguments: [["--unused-for", "-1"], ["--unused-for", "soon"], ["--account", "x"]])
  func aWrongSelectionIsAUsageError(arguments: [String]) async throws {
    let run = try await Program.run(["purge", "--yes"] + arguments)
    #expect(run.code == 64, "\(run)")
  }
}
