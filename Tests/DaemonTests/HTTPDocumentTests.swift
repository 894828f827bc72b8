import Foundation
import LocalServer
import Testing
import WireFormats

@testable import Daemon

/// `docs/http.md` names tests, settings and limits: all of them exist, and no limit is missing.
@Suite struct HTTPDocumentTests {
  static func text(_ path: String) throws -> String {
    try String(contentsOf: ArchitectureTests.root.appending(path: path), encoding: .utf8)
  }

  /// `Suite.test` for every test function below Tests.
  static func tests() throws -> Set<String> {
    let folder = ArchitectureTests.root.appending(path: "Tests")
    var found: Set<String> = []
    for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)!
    where file.pathExtension == "swift" && !file.path.contains("/Fuzzing/") {
      var suite = ""
      var isTest = false
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        if let name = line.firstMatch(of: /^(?:@Suite.* )?(?:struct|extension) (\w+)/)?.output.1 {
          suite = String(name)
        }
        if line.contains("@Test") { isTest = true }
        if isTest, let name = line.firstMatch(of: /func (\w+)\(/)?.output.1 {
          found.insert("\(suite).\(name)")
          isTest = false
        }
      }
    }
    return found
  }

  @Test func everyTestThatIsNamedExists() throws {
    let named = try Self.text("docs/http.md").matches(of: /`(\w+Tests\.\w+)`/).map { String($0.output.1) }
    let tests = try Self.tests()
    #expect(named.count > 50 && tests.count > 300, "the search finds nothing: the check would pass for nothing")
    #expect(Set(named).subtracting(tests).sorted() == [])
  }

  /// Rows of the table of limits: property, setting, default, beyond.
  static func limits() throws -> [[String]] {
    let section = try text("docs/http.md").split(separator: "## Limits and waits")[1].split(separator: "\n## ")[0]
    return section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: [" ", "`"]) }
    }
  }

  @Test func everyLimitIsListed() throws {
    let sources =
      try Self.text("Sources/WireFormats/HTTPLimits.swift")
      + Self.text("Sources/LocalServer/ServerConfiguration.swift")
    let properties = sources.matches(of: /public var (\w+)/).map { String($0.output.1) }
    let listed = try Self.limits().map { $0[0] }
    #expect(Set(properties).subtracting(["name", "limits", "serverFailure", "logger"]) == Set(listed))
  }

  @Test func settingsAndDefaultsAreAsListed() throws {
    let (limits, server) = (HTTPLimits(), ServerConfiguration())
    let bytes: [String: Int] = [
      "targetBytesMax": limits.targetBytesMax, "fieldBytesMax": limits.fieldBytesMax,
      "headBytesMax": limits.headBytesMax, "fieldCountMax": limits.fieldCountMax,
      "bodyBytesMax": Int(limits.bodyBytesMax), "chunkLineBytesMax": limits.chunkLineBytesMax,
      "chunkOverheadBytesMax": limits.chunkOverheadBytesMax, "trailerBytesMax": limits.trailerBytesMax,
      "methodBytesMax": limits.methodBytesMax, "emptyLineCountMax": limits.emptyLineCountMax,
      "requestsPerConnectionMax": server.requestsPerConnectionMax, "connectionsMax": server.connectionsMax,
      "drainBytesMax": server.drainBytesMax, "descriptorsReserved": server.descriptorsReserved,
      "listenBacklog": Int(server.listenBacklog),
      "headTimeout": Int(server.headTimeout.components.seconds),
      "bodyProgressTimeout": Int(server.bodyProgressTimeout.components.seconds),
      "writeStallTimeout": Int(server.writeStallTimeout.components.seconds),
      "keepAliveIdle": Int(server.keepAliveIdle.components.seconds),
      "lingerTimeout": Int(server.lingerTimeout.components.seconds),
    ]
    for row in try Self.limits() where row[0] != "loops" {
      #expect(row[2].split(separator: " ").first.map(String.init) == bytes[row[0]].map(String.init), "\(row[0])")
      if row[1] != "library" { #expect(SettingsTable.row(row[1]) != nil, "\(row[1])") }
    }
  }

  /// The daemon's defaults are the library's.
  @Test func theDaemonKeepsTheLibrarysDefaults() {
    let (settings, limits, server) = (Settings(), HTTPLimits(), ServerConfiguration())
    #expect(settings.targetLimit == limits.targetBytesMax && settings.fieldLimit == limits.fieldBytesMax)
    #expect(settings.headLimit == limits.headBytesMax && settings.fieldsMax == limits.fieldCountMax)
    #expect(settings.requestBodyLimit == Int(limits.bodyBytesMax))
    #expect(settings.connectionsMax == server.connectionsMax)
    #expect(settings.requestsPerConnection == server.requestsPerConnectionMax)
    #expect(settings.headTimeout == server.headTimeout && settings.bodyTimeout == server.bodyProgressTimeout)
    #expect(settings.writeStallTimeout == server.writeStallTimeout && settings.lingerTimeout == server.lingerTimeout)
    #expect(settings.keepAliveTimeout == server.keepAliveIdle)
  }
}
