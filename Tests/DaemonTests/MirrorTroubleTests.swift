import ChatRoutes
import Foundation
import GRDB
import HTTPTypes
import Testing

@testable import Daemon

/// A mirror that is locked, full of errors, damaged or somebody else's: forwarding goes on, and nothing wrong is shown.
@Suite(.timeLimit(.minutes(2))) struct MirrorTroubleTests {
  static let list = "/api/v1/conversations/c1/messages"
  static let send = "/api/v1/conversations/c1/messages"

  static func messages(_ ids: String...) -> String {
    let entries = ids.map { #"{"id":"\#($0)","role":"user","content":"\#($0)"}"# }
    return #"{"success":true,"data":{"messages":[\#(entries.joined(separator: ","))]}}"#
  }

  static let sent = #"{"message":{"id":"m9","role":"assistant","content":"answer"},"model":"gpt-5"}"#

  /// Lists for GET, an answer to everything else.
  static let script: ScriptedUpstream.Script = { request in
    let text = request.method == "GET" ? messages("m1") : sent
    return TransportResponse(
      status: 200, fields: [.contentType: "application/json"], body: TransportBody(Array(text.utf8)))
  }

  /// A folder for a mirror, removed afterwards.
  final class Place {
    let folder = NSTemporaryDirectory() + "mirror-trouble-\(UUID())"
    var database: String { folder + "/mirror.sqlite" }
    deinit { try? FileManager.default.removeItem(atPath: folder) }  // it was never made

    /// What another program does to the database.
    func execute(_ sql: String) throws {
      let queue = try DatabaseQueue(path: database)
      try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
      try queue.close()
    }
  }

  // MARK: Locked

  @Test func aMirrorLockedByAnotherProgramHoldsNoAnswerUp() async throws {
    let place = Place()
    try await DaemonRig.run(ScriptedUpstream(Self.script), folder: place.folder) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.list)
      var configuration = Configuration()
      configuration.allowsUnsafeTransactions = true
      let other = try DatabaseQueue(path: place.database, configuration: configuration)
      try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
      let read = try await rig.ask("GET", Self.list)
      #expect(read.text == Self.messages("m1") && read.cacheStatus == "chatroutesd; fwd=uri-miss")
      let write = try await rig.ask("POST", Self.send, body: #"{"content":"question"}"#)
      #expect(write.text == Self.sent)
      // Both answers came while their records still wait: neither waited for the other program.
      #expect(try await rig.status().writerQueue.waiting == 2)
      // What takes longer than SQLite waits is recorded all the same.
      try await until { try await rig.status().lastRecordingFailure?.what == "a write" }
      #expect(try await rig.status().upstream.state == "online")
      try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
      try other.close()
      try await until { try await rig.status().writerQueue.waiting == 0 }
      rig.upstream.become(ScriptedUpstream.refused)
      let offline = try await rig.ask("GET", Self.list)
      #expect(offline.text.contains("question") && offline.text.contains("answer"))
    }
  }

  /// An unchanged answer needs the mirror's writer only to be renewed.
  @Test func aLockedMirrorHoldsNoUnchangedAnswerUp() async throws {
    let place = Place()
    try await DaemonRig.run(ScriptedUpstream(RevalidationTests.version("\"v1\"", "one")), folder: place.folder) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", RevalidationTests.path)
      var configuration = Configuration()
      configuration.allowsUnsafeTransactions = true
      let other = try DatabaseQueue(path: place.database, configuration: configuration)
      try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
      let answer = try await rig.ask("GET", RevalidationTests.path)
      #expect(answer.text == RevalidationTests.text("one") && answer.cacheStatus == RevalidationTests.revalidated)
      #expect(try await rig.status().writerQueue.waiting == 1, "it did not wait for the other program")
      #expect(rig.upstream.requests.count == 2)
      try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
      try other.close()
    }
  }

  // MARK: Failing

  @Test func aFailedRecordIsSaidUntilSomethingIsRecorded() async throws {
    let place = Place()
    try await DaemonRig.run(ScriptedUpstream(Self.script), folder: place.folder) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.list)
      try place.execute("CREATE TRIGGER trouble BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'no'); END")
      #expect(try await rig.ask("POST", Self.send, body: #"{"content":"q"}"#).text == Self.sent)
      #expect(try await rig.status().lastRecordingFailure?.what == "a write", "the invalidation behind it succeeds")
      try place.execute("DROP TRIGGER trouble")
      _ = try await rig.ask("GET", Self.list)
      #expect(try await rig.status().lastRecordingFailure == nil)
    }
  }

  @Test func whatCouldNotBeMadeStaleIsNotFreshUntilItIs() async throws {
    let place = Place()
    let settings = Settings.with(\.freshness, .cacheFirst)
    try await DaemonRig.run(ScriptedUpstream(Self.script), settings, folder: place.folder) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.list)
      _ = try await rig.ask("GET", "/api/v1/conversations/c2/messages")
      #expect(try await rig.ask("GET", Self.list).cacheStatus.hasPrefix("chatroutesd; hit; ttl="))
      try place.execute(
        """
        CREATE TRIGGER trouble1 BEFORE UPDATE ON response BEGIN SELECT RAISE(ABORT, 'no'); END;
        CREATE TRIGGER trouble2 BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'no'); END
        """)
      _ = try await rig.ask("POST", Self.send, body: #"{"content":"q"}"#)
      for _ in 1...2 { #expect(try await rig.ask("GET", Self.list).cacheStatus.hasPrefix("chatroutesd; fwd=")) }
      // A write that succeeds does not clear what another left.
      _ = try await rig.ask("DELETE", "/api/v1/conversations/c2")
      #expect(try await rig.ask("GET", Self.list).cacheStatus.hasPrefix("chatroutesd; fwd="))
      try place.execute("DROP TRIGGER trouble1; DROP TRIGGER trouble2")
      _ = try await rig.ask("GET", Self.list)
      try await until { try await rig.ask("GET", Self.list).cacheStatus.hasPrefix("chatroutesd; hit") }
      #expect(try await rig.ask("GET", Self.list).cacheStatus.hasPrefix("chatroutesd; hit; ttl="))
    }
  }

  /// What memory took from the store while a write could not be recorded does not become fresh when it is outdated there.
  @Test func whatWasReadBackIntoMemoryMeanwhileIsNotFreshEither() async throws {
    let place = Place()
    let settings = Settings.with(\.freshness, .cacheFirst)
    try await DaemonRig.run(ScriptedUpstream(Self.script), settings, folder: place.folder) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.list)
      try place.execute(
        """
        CREATE TRIGGER trouble1 BEFORE UPDATE ON response BEGIN SELECT RAISE(ABORT, 'no'); END;
        CREATE TRIGGER trouble2 BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'no'); END
        """)
      _ = try await rig.ask("POST", Self.send, body: #"{"content":"q"}"#)
      _ = try await rig.ask("GET", Self.list, [("Cache-Control", "only-if-cached")])  // into memory
      try place.execute("DROP TRIGGER trouble1; DROP TRIGGER trouble2")
      // Another conversation's record settles what failed.
      while try await rig.ask("GET", "/api/v1/conversations/c3/messages").cacheStatus.hasPrefix("chatroutesd; fwd=") {
        try Task.checkCancellation()
      }
      #expect(try await rig.ask("GET", Self.list).cacheStatus.hasPrefix("chatroutesd; fwd="))
    }
  }

  /// Not at the first start after it, and not at any later one.
  @Test(arguments: [true, false])
  func startsAfterAnUncleanEndTrustNoOldAnswer(wasClean: Bool) async throws {
    let place = Place()
    let settings = Settings.with(\.freshness, .cacheFirst)
    let upstream = ScriptedUpstream(Self.script)
    try await DaemonRig.run(upstream, settings, folder: place.folder) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.list)
    }
    if !wasClean { try Data().write(to: URL(fileURLWithPath: place.database + ".lock")) }
    try await DaemonRig.run(upstream, settings, folder: place.folder) { _ in }
    try await DaemonRig.run(upstream, settings, folder: place.folder) { (rig: DaemonRig) async throws in
      let first = try await rig.ask("GET", Self.list)
      #expect(first.cacheStatus.hasPrefix(wasClean ? "chatroutesd; hit; ttl=" : "chatroutesd; fwd="))
      #expect(try await rig.ask("GET", Self.list).cacheStatus.hasPrefix("chatroutesd; hit; ttl="))
    }
  }

  // MARK: Damaged

  @Test func aMirrorDamagedWhileRunningIsSetAsideAndANewOneIsBegun() async throws {
    let place = Place()
    try await DaemonRig.run(ScriptedUpstream(Self.script), folder: place.folder) { (rig: DaemonRig) async throws in
      for number in 1...300 { _ = try await rig.ask("GET", "/api/v1/conversations/c\(number)/messages") }
      try place.execute("PRAGMA wal_checkpoint(TRUNCATE)")
      try Self.damage(place.database)
      var number = 0
      while try await rig.status().mirror?.setAside == nil {
        number = number % 300 + 1
        let answer = try await rig.ask("GET", "/api/v1/conversations/c\(number)/messages")
        #expect(answer.text == Self.messages("m1"), "forwarding goes on")
      }
      let aside = try #require(try await rig.status().mirror?.setAside)
      #expect(FileManager.default.fileExists(atPath: aside))
      let again = try await rig.ask("GET", Self.list)
      #expect(again.cacheStatus == "chatroutesd; fwd=uri-miss; stored")
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.list).text == Self.messages("m1"))
      #expect(try await rig.ask("GET", Self.list, key: "bob").status == 504, "nobody sees another's")
    }
  }

  /// What a flipped bit makes of a column, which SQLite itself does not notice when it is read.
  private static func putTextForNumber(_ place: Place) throws {
    try place.execute(
      """
      PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '/* */') WHERE name = 'response';
      PRAGMA writable_schema = RESET;
      UPDATE response SET status = 'text';
      PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = replace(sql, '/* */', 'STRICT') WHERE name = 'response';
      PRAGMA writable_schema = RESET;
      """)
  }

  /// After an end at any moment the mirror is looked at although nothing has shown; otherwise when something does.
  @Test(arguments: [true, false])
  func aValueOfTheWrongTypeCostsTheMirrorNeverTheDaemon(wasClean: Bool) async throws {
    let place = Place()
    try await DaemonRig.run(ScriptedUpstream(Self.script), folder: place.folder) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.list)
    }
    try Self.putTextForNumber(place)
    if !wasClean { try Data().write(to: URL(fileURLWithPath: place.database + ".lock")) }
    try await DaemonRig.run(ScriptedUpstream(Self.script), folder: place.folder) { (rig: DaemonRig) async throws in
      if wasClean {
        #expect(try await rig.ask("GET", Self.list, [("Cache-Control", "only-if-cached")]).status == 504)
        #expect(try await rig.ask("GET", Self.list).text == Self.messages("m1"), "forwarding goes on")
      }
      try await until { try await rig.status().mirror?.setAside != nil }
      _ = try await rig.ask("GET", Self.list)
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.list).text == Self.messages("m1"))
    }
  }

  @Test func aSoundMirrorIsKeptAfterAnEndAtAnyMoment() async throws {
    let place = Place()
    try await DaemonRig.run(ScriptedUpstream(Self.script), folder: place.folder) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.list)
    }
    try Data().write(to: URL(fileURLWithPath: place.database + ".lock"))
    let log = Log()
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.refused), folder: place.folder, log: log) {
      (rig: DaemonRig) async throws in
      try await until { log.text.contains("the mirror is sound") }
      #expect(try await rig.ask("GET", Self.list).text == Self.messages("m1"))
      #expect(try await rig.status().mirror?.setAside == nil)
    }
  }

  /// Overwrites what lies behind the pages that are needed to open the database.
  private static func damage(_ path: String) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let size = try file.seekToEnd()
    for offset in stride(from: size / 5 / 4096 * 4096, to: size, by: 4096) {
      try file.seek(toOffset: offset)
      try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
    }
    try file.close()
  }

  /// The damaged one is set aside, the new one cannot be begun, and then it can.
  @Test func aNewMirrorThatCannotBeBegunIsTriedAgain() async throws {
    let place = Place()
    try await DaemonRig.run(ScriptedUpstream(Self.script), folder: place.folder) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.list)
    }
    try Self.putTextForNumber(place)
    try await DaemonRig.run(ScriptedUpstream(Self.script), folder: place.folder) { (rig: DaemonRig) async throws in
      let journal = place.database + "-journal"
      try FileManager.default.createDirectory(atPath: journal, withIntermediateDirectories: false)
      _ = try await rig.ask("GET", Self.list, [("Cache-Control", "only-if-cached")])  // meets the damage
      try await until { try await rig.status().mirrorAccess == "none" }
      #expect(try await rig.ask("GET", Self.list).text == Self.messages("m1"), "forwarding goes on")
      try FileManager.default.removeItem(atPath: journal)
      try await until { try await rig.status().mirrorAccess == "writable" }
      #expect(try await rig.ask("GET", Self.list, key: "bob").text == Self.messages("m1"))
      rig.upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", Self.list, key: "bob").status == 200)
      #expect(try await rig.ask("GET", Self.list).status == 504, "nobody sees another's")
    }
  }

  @Test func aDamagedMirrorOfARunningDaemonIsLeftToIt() async throws {
    let place = Place()
    try await DaemonRig.run(ScriptedUpstream(Self.script), folder: place.folder) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", Self.list)
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: place.database))
      try file.write(contentsOf: Data("garbage".utf8))
      try file.close()
      await #expect(throws: StartError.self) {
        try await DaemonRig.run(ScriptedUpstream(Self.script), folder: place.folder) { _ in }
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: place.folder)
      #expect(!names.contains { $0.contains("damaged") }, "\(names)")
    }
  }

  // MARK: Limits

  @Test func theMirrorIsKeptWithinItsLimits() async throws {
    let upstream = ScriptedUpstream { request in
      let long = String(repeating: "long ", count: 4000)
      let text = #"{"messages":[{"id":"\#(request.target)","role":"user","content":"\#(long)"}]}"#
      return TransportResponse(
        status: 200, fields: [.contentType: "application/json"], body: TransportBody(Array(text.utf8)))
    }
    let place = Place()
    try await DaemonRig.run(upstream, folder: place.folder) { (rig: DaemonRig) async throws in
      for number in 1...20 { _ = try await rig.ask("GET", "/api/v1/conversations/c\(number)/messages") }
    }
    // The first look comes with the start.
    try await DaemonRig.run(upstream, Settings.with(\.maxMessagesSize, 100_000), folder: place.folder) {
      (rig: DaemonRig) async throws in
      try await until { try await rig.status().counters["evictedConversations"] == 16 }
      #expect(try await rig.status().mirror?.messages == 4)
      upstream.become(ScriptedUpstream.refused)
      #expect(try await rig.ask("GET", "/api/v1/conversations/c20/messages").status == 200)
      let gone = try await rig.ask("GET", "/api/v1/conversations/c1/messages")
      #expect(gone.status == 504 && gone.text.contains("not in the local mirror"))
    }
  }
}

extension DaemonRig {
  /// `/status`, taken apart.
  func status() async throws -> Report.Snapshot {
    try JSONDecoder().decode(Report.Snapshot.self, from: Data(try await ask("GET", "/status", key: nil).text.utf8))
  }
}
