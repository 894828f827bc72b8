import Foundation
import Logging
import MirrorStore
import Testing

@testable import Daemon

@Suite struct LiveSettingsTests {
  @Test func whatCannotBeReadChangesNothing() throws {
    let live = try LiveSettings(.with(\.allowedHosts, ["a.test"]))
    var new = Settings()
    new.softDeadline = .seconds(1)
    new.localTokenFile = "/does/not/exist"
    #expect(throws: StartError.self) { try live.replace(with: new) }
    #expect(live.reading.current.softDeadline == .seconds(5))
    #expect(live.gate.current.refusal(of: RequestGateTests.head("Host: a.test")) == nil)
  }

  @Test func everythingIsTakenOver() throws {
    let live = try LiveSettings(Settings())
    var new = Settings()
    new.freshness = .cacheFirst
    new.freshFor.lists = .seconds(1)
    new.apiKey = Secret("k")
    new.accessLog = true
    new.maxAge = 9
    new.allowedHosts = ["b.test"]
    try live.replace(with: new)
    #expect(live.reading.current.freshness == .cacheFirst && live.reading.current.freshFor.lists == .seconds(1))
    #expect(live.apiKey.current == Secret("k") && live.accessLog.current)
    #expect(live.retention.current.ageMax == .seconds(9))
    #expect(live.gate.current.refusal(of: RequestGateTests.head("Host: b.test")) == nil)
  }

  /// A name that no row has would be a promise that nothing keeps.
  @Test func liveSettingsAreSettings() {
    #expect(SettingsTable.live.subtracting(SettingsTable.all.map(\.name)).isEmpty)
  }

  @Test func loggersThatShareALevelFollowIt() {
    let level = LogLevel(.info)
    let first = JournalLogHandler(label: "a", level: level, hasPriority: false)
    var second = first
    second.logLevel = .error
    level.current = .debug
    #expect(first.logLevel == .debug && second.logLevel == .error)
  }
}
