import Foundation
import Testing

/// Keys and tokens are where their owner put them and in requests to upstream, and nowhere else; nobody but the user can open
/// what the daemon writes.
@Suite(.timeLimit(.minutes(2))) struct SecretsTests {
  private let appKey = "cr_prod_sk_" + String(repeating: "a9c4de01", count: 8)
  private let daemonKey = "cr_prod_sk_" + String(repeating: "da3b0f22", count: 8)
  private let token = "local-token-" + String(repeating: "70ce4a33", count: 4)

  private let proxyPassword = "proxy-" + String(repeating: "bb5e0744", count: 3)

  /// Every command, run beside the daemon and after it.
  private func commands(_ id: String, _ folder: Folder) -> [[String]] {
    [
      ["list"], ["list", "--json"], ["show", id], ["show", id, "--json"], ["tree", id], ["search", "train"],
      ["export", id], ["export", "--all", "--format", "html", "--output", folder.file("out")],
      ["export", "--all", "--format", "json", "--output", folder.file("out")], ["usage"],
      ["usage", "--calls", "--json"],
      ["replay"], ["status"], ["status", "--json"], ["mode"], ["mode", "fast"], ["env"], ["config"],
      ["config", "--json"],
      ["check-config"], ["backup", folder.file("copy.sqlite")], ["check"], ["purge"],
      ["purge", "--dry-run", "--account", "1"],
      ["open", "--print"], ["serve", "--listen", "127.0.0.1:0"],
    ]
  }

  @Test func secretsAreNowhereAndFilesArePrivate() async throws {
    let folder = try Folder()
    let secrets = try Folder()
    try appKeyAndTokenFiles(in: secrets)
    let sandbox = try await Program([
      "sandbox", "--listen", "127.0.0.1:0", "--api-key", appKey, "--api-key", daemonKey, "--token-delay", "0",
    ])
    let settings = [
      "CHATROUTESD_DATABASE": folder.file("state/mirror.sqlite"), "CHATROUTESD_API_KEY_FILE": secrets.file("key"),
      "CHATROUTESD_LOCAL_TOKEN_FILE": secrets.file("token"), "CHATROUTESD_LOG_LEVEL": "trace",
      "HTTPS_PROXY": "http://corp:\(proxyPassword)@127.0.0.1:9", "CHATROUTESD_ACCESS_LOG": "true",
      "CHATROUTESD_UPSTREAM": sandbox.url,
    ]
    let daemon = try await Program(["serve", "--listen", "127.0.0.1:0"], environment: settings)
    let id = try await traffic(to: daemon)
    var said = ""
    for command in commands(id, folder) {
      let run = try await Program.run(command, environment: settings)
      said += "\(command): \(run.output)\(run.errors)\n"
    }
    for page in ["/status", "/metrics", "/readyz", "/nowhere", "/api/v1/nothing"] {
      said += try await ask(daemon, "GET", page, fields: ["X-Chatroutesd-Token": token]).text
    }
    let arguments = FileManager.default.contents(atPath: "/proc/\(daemon.pid)/cmdline").map {
      String(decoding: $0, as: UTF8.self)
    }
    said += try #require(arguments)
    try expectPrivate(folder.file("state"), isRunning: true)
    try expectPrivate(folder.file("out"), isRunning: false)
    #expect(try mode(folder.file("copy.sqlite")) == 0o600)
    try expectNoSecret(in: said, folder)

    // An end that nobody prepared, and one that was.
    await daemon.killHard()
    try expectNoSecret(in: daemon.standardError, folder)
    let second = try await Program(["serve", "--listen", "127.0.0.1:0"], environment: settings)
    try expectPrivate(folder.file("state"), isRunning: true)
    #expect(await second.terminate() == 0)
    #expect(await sandbox.terminate() == 0)
    try expectPrivate(folder.file("state"), isRunning: false)
    try expectNoSecret(in: second.standardError, folder)
    for command in [["list"], ["show", id], ["status"], ["purge", "--account", "1", "--yes"], ["check"]] {
      let run = try await Program.run(command, environment: settings)
      try expectNoSecret(in: run.output + run.errors, folder)
    }
  }

  private func appKeyAndTokenFiles(in secrets: Folder) throws {
    for (name, text) in [("key", daemonKey), ("token", token)] {
      try (text + "\n").write(toFile: secrets.file(name), atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secrets.file(name))
    }
  }

  /// A conversation by each key, with answers that come whole and as a stream, and requests that are refused.
  private func traffic(to daemon: Program) async throws -> String {
    var id = ""
    for key in [appKey, nil] {
      var fields = ["X-Chatroutesd-Token": token]
      if let key { fields["Authorization"] = "ApiKey \(key)" }
      let created = try await ask(
        daemon, "POST", "/api/v1/conversations", #"{"title":"A train"}"#, fields: fields)
      #expect(created.status == 201, "\(created.text)")
      id = String(try #require(created.text.firstMatch(of: /"id":\s*"(conv_[0-9a-f]+)"/)).output.1)
      let path = "/api/v1/conversations/\(id)/messages"
      #expect(try await ask(daemon, "POST", path, #"{"content":"train"}"#, fields: fields).status < 300)
      #expect(try await ask(daemon, "POST", path + "/stream", #"{"content":"train"}"#, fields: fields).status == 200)
      #expect(try await ask(daemon, "GET", path, fields: fields).text.contains("train"))
      let wrong = ["X-Chatroutesd-Token": "wrong", "Authorization": "ApiKey \(key ?? "")"]
      #expect(try await ask(daemon, "GET", path, fields: wrong).status == 403)
      fields["Authorization"] = "Bearer \(key ?? daemonKey)-refused"
      #expect(try await ask(daemon, "GET", path, fields: fields).status == 401)
    }
    return id
  }

  private func ask(
    _ daemon: Program, _ method: String, _ target: String, _ body: String = "", fields: [String: String]
  ) async throws -> RawMessage {
    let client = try await RawClient(port: daemon.port)
    let lines = fields.map { "\($0): \($1)\r\n" }.joined()
    try await client.send(
      "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\(lines)"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    return try await client.answer()
  }

  private func expectNoSecret(in said: String, _ folder: Folder) throws {
    for secret in [appKey, daemonKey, token, proxyPassword] {
      let places = said.split(separator: "\n").filter { $0.contains(secret) }
      #expect(places.isEmpty, "\(places)")
      let files = try folder.everything().filter { $0.bytes.range(of: Data(secret.utf8)) != nil }.map(\.name)
      #expect(files.isEmpty, "\(files)")
    }
  }

  /// - Parameter isRunning: whether the log of SQLite and the control socket must be there.
  private func expectPrivate(_ path: String, isRunning: Bool) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    for name in names { #expect(try mode(path + "/" + name) == 0o600, "\(name)") }
    #expect(!names.isEmpty)
    guard isRunning else { return }
    #expect(try mode(path) == 0o700)
    for name in [
      "mirror.sqlite", "mirror.sqlite-wal", "mirror.sqlite-shm", "control.sock", "account-key", "page-secret",
    ] {
      #expect(names.contains(name), "\(name)")
    }
  }

  private func mode(_ path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }
}
