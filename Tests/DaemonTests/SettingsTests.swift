import Foundation
import LocalServer
import Testing

@testable import Daemon

@Suite struct SettingsTests {
  private func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID()).yaml").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func error(_ text: String) throws -> String {
    let path = try file(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = #expect(throws: SettingError.self) { try Settings.load(flags: [], environment: [:], file: path) }
    return (error?.description ?? "").replacing(path, with: "FILE")
  }

  @Test func flagsWinOverEnvironmentAndThatOverTheFile() throws {
    let path = try file("upstream: http://file.test\nmode: offline\nsoft-deadline: 1\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let settings = try Settings.load(
      flags: [("upstream", ["http://flag.test"])],
      environment: ["CHATROUTESD_UPSTREAM": "http://env.test", "CHATROUTESD_MODE": "bypass"], file: path)
    #expect(settings.upstream == "http://flag.test")
    #expect(settings.mode == .bypass)
    #expect(settings.softDeadline == .seconds(1))
  }

  @Test func listsComeFromSequencesAndCommas() throws {
    let path = try file("listen:\n  - 127.0.0.1:1\n  - unix:/run/x\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try Settings.load(flags: [], environment: [:], file: path).listen.count == 2)
    let fromEnvironment = try Settings.load(
      flags: [], environment: ["CHATROUTESD_ALLOWED_HOSTS": "a.test, b.test"], file: nil)
    #expect(fromEnvironment.allowedHosts == ["a.test", "b.test"])
  }

  @Test func freshForSetsAllUnlessOneIsMoreExact() throws {
    let path = try file("fresh-for-lists: 7\nfresh-for: 9\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let fresh = try Settings.load(flags: [], environment: [:], file: path).freshFor
    #expect(fresh == FreshFor(lists: .seconds(7), conversations: .seconds(9), checkpoints: .seconds(9)))
  }

  @Test(arguments: [
    ("upstrem: x\n", "FILE:1:1: unknown setting upstrem. Did you mean upstream?"),
    ("\nmode: fast\n", "FILE:2:7: mode: expected auto, offline or bypass, found \"fast\""),
    ("soft-deadline: -1\n", "FILE:1:16: soft-deadline: expected seconds, found \"-1\""),
    (
      "upstream: https://x.test/api\n",
      "FILE:1:11: upstream: expected an origin without a path, such as https://api.chatroutes.com, found \"https://x.test/api\""
    ),
    (
      "allowed-hosts: [devbox.lan:8484]\n",
      "FILE:1:16: allowed-hosts: expected host names or addresses without a port, found \"devbox.lan:8484\""
    ),
    (
      "allowed-origins: [\"http://localhost:3000/\"]\n",
      "FILE:1:18: allowed-origins: expected origins such as http://localhost:3000, without a path, found \"http://localhost:3000/\""
    ),
    ("memory-cache: [1, 2]\n", "FILE:1:15: memory-cache: expected bytes, found a nested value"),
  ])
  func aWrongFileSaysWhereAndWhat(text: String, message: String) throws {
    #expect(try error(text) == message)
  }

  @Test(arguments: [
    "", "*", "http://devbox.lan", "devbox.lan/x", "a b", "[fe80::1", "devbox.lan:80", "a@b", "[]", "a.b:1:2",
    "fe80::1%eth0", ".lan", "a..b", "bücher.de",
  ])
  func aHostThatCannotMatchIsAnError(host: String) {
    #expect(throws: SettingError.self) {
      try Settings.load(flags: [("allowed-hosts", [host])], environment: [:], file: nil)
    }
  }

  @Test(arguments: [
    "", "*", "localhost:3000", "http://a.test/", "http://a.test:80", "https://a.test:443", "http://u@a.test",
    "http://localhost:", "HTTP://localhost:80", "http://bücher.de",
  ])
  func anOriginThatCannotMatchIsAnError(origin: String) {
    #expect(throws: SettingError.self) {
      try Settings.load(flags: [("allowed-origins", [origin])], environment: [:], file: nil)
    }
  }

  @Test func hostsAndOriginsMayHaveManyForms() throws {
    let hosts = ["devbox.lan", "192.168.0.2", "fe80::1", "[fe80::1]"]
    let origins = ["http://localhost:3000", "https://a.test", "chrome-extension://abc", "null", "http://a.test:443"]
    let settings = try Settings.load(
      flags: [("allowed-hosts", hosts), ("allowed-origins", origins)], environment: [:], file: nil)
    #expect(settings.allowedHosts == hosts && settings.allowedOrigins == origins)
  }

  /// Two values of every setting, the first of them not the default.
  static let twoValues: [String: (String, String)] = {
    var values: [String: (String, String)] = [
      "listen": ("127.0.0.1:1", "[::1]:2"), "upstream": ("http://a.test", "https://b.test:1"),
      "database": ("/a.sqlite", "/b.sqlite"), "freshness": ("cache-first", "network-first"),
      "mode": ("offline", "bypass"),
      "log-level": ("debug", "error"), "access-log": ("true", "false"), "absorb-retries": ("false", "true"),
      "keep-deleted": ("false", "true"), "on-client-gone": ("cancel", "grace=7"), "fresh-for": ("7", "8"),
      "allowed-hosts": ("a.test", "b.test"), "allowed-origins": ("http://a.test", "http://b.test"),
      "local-token-file": ("/a", "/b"), "event-loops": ("3", "5"), "proxy": ("http://a.test:1", "none"),
    ]
    for row in SettingsTable.all where values[row.name] == nil { values[row.name] = ("771", "772") }
    return values
  }()

  /// Flag over environment over file over default, each place in each setting.
  @Test(arguments: SettingsTable.all.map(\.name).filter { !["api-key-file", "ca-file"].contains($0) })
  func everySettingIsReadFromEveryPlace(name: String) throws {
    let row = try #require(SettingsTable.row(name))
    let (one, two) = try #require(Self.twoValues[name])
    // `fresh-for` shows in the three that it sets.
    let shown = name == "fresh-for" ? try #require(SettingsTable.row("fresh-for-lists")) : row
    func text(_ value: String) -> String { row.isList ? "[\"\(value)\"]" : value }
    let path = try file("\(name): \(row.isList ? "[\"\(one)\"]" : one)\n")
    defer { try? FileManager.default.removeItem(atPath: path) }

    #expect(shown.defaultText != text(one))
    let fromFile = try Settings.load(flags: [], environment: [:], file: path)
    #expect(shown.text(in: fromFile) == text(one))
    let fromEnvironment = try Settings.load(flags: [], environment: [row.environmentName: two], file: path)
    #expect(shown.text(in: fromEnvironment) == text(two))
    let fromFlag = try Settings.load(flags: [(name, [one])], environment: [row.environmentName: two], file: path)
    #expect(shown.text(in: fromFlag) == text(one))
  }

  @Test func theProxyIsTheSettingsThenTheEnvironments() throws {
    let environment = ["HTTPS_PROXY": "http://name:pa%40ss@proxy.test:3128", "NO_PROXY": "inside.test"]
    func proxy(_ flags: [(name: String, values: [String])]) throws -> String? {
      try Settings.load(flags: flags, environment: environment, file: nil).proxy.map { "\($0)" }
    }
    #expect(try proxy([]) == "http://proxy.test:3128", "without name and password")
    #expect(try proxy([("proxy", ["http://other.test:1"])]) == "http://other.test:1")
    #expect(try proxy([("proxy", ["none"])]) == nil)
    #expect(try proxy([("upstream", ["https://api.inside.test"])]) == nil)
    #expect(try proxy([("upstream", ["http://api.test"])]) == nil, "only https goes through it")
    let (report, _) = try report("", environment: environment)
    let line = report.lines.first { $0.name == "proxy" }
    #expect(line?.value == "http://proxy.test:3128" && line?.origin == "HTTPS_PROXY")
  }

  /// What only the daemon needs stops no command that reads the mirror.
  @Test func commandsNeedNoProxyCertificatesOrKeys() throws {
    let environment = ["HTTPS_PROXY": "socks5://p.test:1", "CHATROUTESD_API_KEY_FILE": "/does/not/exist"]
    let path = try file("ca-file: /does/not/exist.pem\ndatabase: /here.sqlite\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let settings = try Settings.load(flags: [], environment: environment, file: path, isForDaemon: false)
    #expect(settings.database == "/here.sqlite")
    #expect(throws: SettingError.self) { try Settings.load(flags: [], environment: environment, file: path) }
  }

  /// Nobody's password stands in an error text.
  @Test func aWrongProxyIsNotQuoted() throws {
    let message = try error("proxy: http://name:canary@proxy.test:3128\n")
    #expect(message.hasPrefix("FILE:1:8: proxy: expected http://host:port") && !message.contains("canary"))
    for proxy in ["socks5://u:canary@p.test:1", "http://u:canary@p.test:x", "http://u:canary@:1"] {
      let error = #expect(throws: SettingError.self) {
        try Settings.load(flags: [], environment: ["HTTPS_PROXY": proxy], file: nil)
      }
      #expect(error?.description.hasPrefix("HTTPS_PROXY: not an HTTP proxy") == true && !"\(error!)".contains("canary"))
    }
  }

  @Test func certificatesThatCannotBeReadAreFoundBeforeTheStart() throws {
    #expect(
      try error("ca-file: /does/not/exist.pem\n").hasPrefix(
        "ca-file: /does/not/exist.pem cannot be read as certificates"))
    let path = try file("no certificate")
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try error("ca-file: \(path)\n").contains("cannot be read as certificates"))
  }

  @Test func aSettingGivenTwiceIsAnError() throws {
    #expect(try error("mode: auto\nmode: offline\n").contains("mode is set twice"))
  }

  @Test func brokenYAMLSaysWhere() throws {
    #expect(try error("mode: [auto\n").hasPrefix("FILE:2:1: not valid YAML"))
  }

  @Test func aMissingFileIsAnError() {
    let error = #expect(throws: SettingError.self) {
      try Settings.load(flags: [], environment: [:], file: "/does/not/exist.yaml")
    }
    #expect(error?.description.contains("cannot read /does/not/exist.yaml: no such file") == true)
  }

  @Test func listeningBeyondLoopbackNeedsAToken() {
    let error = #expect(throws: SettingError.self) {
      try Settings.load(flags: [("listen", ["0.0.0.0:8484"])], environment: [:], file: nil)
    }
    #expect(error?.description.contains("local-token-file") == true)
  }

  @Test func secretsNeverPrint() {
    var settings = Settings()
    settings.apiKey = Secret("cr_prod_sk_canary")
    var dumped = ""
    dump(settings, to: &dumped)
    #expect(!"\(settings) \(String(reflecting: settings)) \(dumped)".contains("canary"))
  }

  @Test func theKeyComesFromFileThenCredentialThenEnvironment() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "credentials-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try "from-credential\n".write(to: directory.appending(path: "api-key"), atomically: true, encoding: .utf8)
    try "\n".write(to: directory.appending(path: "local-token"), atomically: true, encoding: .utf8)
    let environment = ["CREDENTIALS_DIRECTORY": directory.path, "CHATROUTESD_API_KEY": "from-environment"]
    let settings = try Settings.load(flags: [], environment: environment, file: nil)
    #expect(settings.apiKey?.revealed == "from-credential")
    #expect(settings.localTokenFile == nil, "a credential of white space means none")
    let withoutCredential = try Settings.load(
      flags: [], environment: ["CHATROUTESD_API_KEY": "from-environment"], file: nil)
    #expect(withoutCredential.apiKey?.revealed == "from-environment")
  }

  /// The file is the manual: every setting of the table stands in it, and nothing else does.
  @Test func theManualNamesEverySetting() throws {
    let manual = try String(
      contentsOf: ArchitectureTests.root.appending(path: "Config/chatroutesd.yaml"), encoding: .utf8)
    let named = manual.matches(of: /(?m)^# ([a-z-]+):(?: |$)/).map { String($0.output.1) }
    #expect(Set(named) == Set(SettingsTable.all.map(\.name)))
  }

  /// What the manual shows as defaults is what the code has.
  @Test func theManualsDefaultsAreTheDefaults() throws {
    let manual = try String(
      contentsOf: ArchitectureTests.root.appending(path: "Config/chatroutesd.yaml"), encoding: .utf8)
    let examples: Set = [
      "database", "api-key-file", "local-token-file", "fresh-for", "event-loops", "ca-file", "proxy",
    ]
    var lines: [String] = []
    var isExample = false
    for line in manual.split(separator: "\n") where line.hasPrefix("# ") || line.hasPrefix("#   - ") {
      if let name = line.firstMatch(of: /^# ([a-z-]+):(?: |$)/)?.output.1 {
        isExample = examples.contains(String(name))
      }
      let isSetting = line.firstMatch(of: /^# (?:[a-z-]+:(?: |$)|  - )/) != nil
      if isSetting && !isExample { lines.append(String(line.dropFirst(2))) }
    }
    #expect(lines.count >= SettingsTable.all.count - examples.count)
    let path = try file(lines.joined(separator: "\n"))
    defer { try? FileManager.default.removeItem(atPath: path) }
    var settings = try Settings.load(flags: [], environment: [:], file: path)
    settings.listenIsExplicit = false
    #expect("\(settings)" == "\(Settings())")
  }

  // MARK: What `config` says

  private func report(
    _ text: String, flags: [(name: String, values: [String])] = [], environment: [String: String] = [:]
  ) throws -> (SettingsReport, path: String) {
    let path = try file(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return (try SettingsReport(flags: flags, environment: environment, file: path), path)
  }

  @Test func eachValueSaysWhereItCameFrom() throws {
    let (report, path) = try report(
      "mode: offline\nsoft-deadline: 0.25\nallowed-hosts: [a.test]\nupstream: http://file.test\n",
      flags: [("upstream", ["http://flag.test"])], environment: ["CHATROUTESD_MODE": "bypass"])
    func line(_ name: String) -> String? {
      report.lines.first { $0.name == name }.map { "\($0.value ?? "-") \($0.origin.replacing(path, with: "FILE"))" }
    }
    #expect(line("mode") == "bypass CHATROUTESD_MODE" && line("upstream") == "http://flag.test --upstream")
    #expect(line("soft-deadline") == "0.25 FILE:2:16" && line("allowed-hosts") == "[\"a.test\"] FILE:3:16")
    #expect(line("max-age") == "0 default" && line("database") == "- default" && line("api-key") == "- default")
    #expect(report.lines.count == SettingsTable.all.count + 1)
  }

  /// What it prints is a file that gives the same settings, whatever the values hold.
  @Test func whatIsPrintedCanBeReadAgain() throws {
    let odd = "/tmp/a b: \"c\" #d'é"
    let environment = [
      "CHATROUTESD_DATABASE": odd, "CHATROUTESD_ON_CLIENT_GONE": "grace=5", "CHATROUTESD_LISTEN": "[::1]:1,unix:/x y",
      "CHATROUTESD_ALLOWED_ORIGINS": "http://a:1,null", "CHATROUTESD_EVENT_LOOPS": "3", "CHATROUTESD_MAX_AGE": "7",
      "CHATROUTESD_SOFT_DEADLINE": "0.001",
    ]
    let (first, _) = try report("", environment: environment)
    let (second, _) = try report(first.text)
    #expect(second.lines.map(\.value) == first.lines.map(\.value))
    #expect(second.lines.first { $0.name == "database" }?.value == JSONText.quoted(odd))
  }

  @Test func theKeyIsNotPrinted() throws {
    let (report, _) = try report("", environment: ["CHATROUTESD_API_KEY": "cr_prod_sk_canary"])
    #expect(!report.text.contains("canary") && report.text.contains("# api-key: <redacted>"))
    #expect(!String(decoding: try JSONEncoder().encode(report.lines), as: UTF8.self).contains("canary"))
  }

  @Test func aTokenThatCannotBeReadIsFoundBeforeTheStart() throws {
    let error = #expect(throws: SettingError.self) { try report("local-token-file: /does/not/exist\n") }
    #expect(error?.description.contains("local-token-file: cannot read /does/not/exist: no such file") == true)
  }

  @Test func theReferenceIsTheTable() throws {
    let reference = try String(
      contentsOf: ArchitectureTests.root.appending(path: "docs/settings.md"), encoding: .utf8)
    #expect(reference == SettingsTable.reference, "chatroutesd config --reference > docs/settings.md")
  }

  @Test func everyRowShowsItsDefaultAsItIsRead() throws {
    for row in SettingsTable.all {
      guard let text = row.defaultText, row.name != "listen" else { continue }
      let (report, _) = try report("\(row.name): \(text)\n")
      #expect(report.lines.first { $0.name == row.name }?.value == text, "\(row.name)")
    }
  }
}
