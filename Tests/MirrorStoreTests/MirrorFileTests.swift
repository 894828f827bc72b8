import Foundation
import GRDB
import Testing

@testable import MirrorStore

@Suite struct MirrorFileTests {
  private let scratch: ScratchDirectory
  private let path: String

  init() throws {
    scratch = try ScratchDirectory()
    path = scratch.path + "/state/mirror.sqlite"
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? NSNumber).intValue
  }

  @Test func filesAreTheOwnersOnly() async throws {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(mainMessages("c"), messages(message("m")))
    for suffix in ["", "-wal", "-shm"] { #expect(try mode(path + suffix) == 0o600, "\(suffix)") }
    #expect(try mode(scratch.path + "/state") == 0o700)
  }

  @Test func aFileThatOthersCouldReadIsClosedToThem() async throws {
    try await Mirror(.file(path)).store.close()
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    _ = try MirrorStore.open(.file(path))
    #expect(try mode(path) == 0o600)
  }

  @Test func reopeningKeepsEverything() async throws {
    let first = try await Mirror(.file(path))
    try await first.show(
      .conversation("c"), #"{"conversation":{"id":"c","messages":[\#(message("m"))],"branches":[]}}"#)
    try await first.show(.branches(conversation: "c"), #"{"branches":[{"id":"b","isMain":true}]}"#)
    try await first.show(.checkpoints(conversation: "c", branch: nil), #"{"checkpoints":[{"id":"k"}]}"#)
    try await first.show(allConversations, page(["c"], total: 1))
    try await first.doubt(.updateMessage("m"))
    var counts = try first.store.counts()
    let answers = try StalenessTests.reads.map { try first.answer($0) }
    try first.store.close()
    let again = try await Mirror(.file(path))
    #expect(again.account == first.account)
    let countsAgain = try again.store.counts()
    counts.bytes = countsAgain.bytes  // closing moves pages from the log into the file
    #expect(countsAgain == counts)
    #expect(try StalenessTests.reads.map { try again.answer($0) } == answers)
    #expect(try again.store.search("text", limit: 5).map(\.messageID) == ["m"])
  }

  /// The files as a killed process leaves them: nothing was closed, no checkpoint ran.
  @Test func whatWasStoredIsInTheFilesBeforeAnyClose() async throws {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(mainMessages("c"), messages(message("m")))
    let killed = scratch.path + "/killed.sqlite"
    for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: killed + suffix) }
    #expect(try MirrorStore.open(.file(killed)).answer(mainMessages("c"), account: mirror.account) != .unknown)
  }

  @Test func aSaveDoesNotEndWithItsTask() async throws {
    let mirror = try await Mirror(.file(path))
    let (store, account) = (mirror.store, mirror.account)
    let response = StoredResponse(
      status: 200, fields: [], body: Array(messages(message("m")).utf8), fetchedAt: mirror.tick())
    let save = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await store.save(mainMessages("c"), response, account: account)
    }
    save.cancel()
    #expect(try await save.value == .stored)
  }

  @Test func anotherProcessSeesACommitAtOnce() async throws {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(mainMessages("c"), messages(message("m")))
    let other = try MirrorStore.open(.file(path), readOnly: true)
    #expect(try other.counts().messages.count == 1)
  }

  @Test func aReadOnlyStoreReadsAndRefusesToWrite() async throws {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(mainMessages("c"), messages(message("m")))
    try mirror.store.close()
    let store = try MirrorStore.open(.file(path), readOnly: true)
    #expect(try store.answer(mainMessages("c"), account: mirror.account) != .unknown)
    await #expect {
      try await store.refuse(Mirror.key)
    } throws: { error in
      (error as? MirrorError)?.kind == .readOnly
    }
  }

  // MARK: For a daemon that forwards in any case

  @Test func aStoreWhoseMigrationFailsIsOpenedLater() async throws {
    try await Mirror(.file(path)).store.close()
    let queue = try DatabaseQueue(path: path)
    // It seems not to have run, and meets what it makes.
    try await queue.write { try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '7 recordings'") }
    let store = try MirrorStore.openForForwarding(path)
    #expect(store.access == .none && store.shortcoming != nil)
    #expect(throws: MirrorError.self) { try store.counts() }
    await #expect(throws: MirrorError.self) { try await store.refuse(Mirror.key) }
    await #expect(throws: MirrorError.self) { try await store.reopen() }
    try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('7 recordings')") }
    try queue.close()
    try await store.reopen()
    #expect(store.access == .writable && store.shortcoming == nil)
    try await store.refuse(Mirror.key)
    try store.close()
  }

  @Test func whatForwardingCannotDoWithoutIsAnError() async throws {
    #expect(throws: MirrorError.self) { try MirrorStore.openForForwarding("/proc/nowhere/mirror.sqlite") }
    #expect(throws: MirrorError.self) { try MirrorStore.openForForwarding(NSTemporaryDirectory()) }
    _ = try ScratchFile(path, Array(repeating: 7, count: 9000))
    #expect { try MirrorStore.openForForwarding(path) } throws: { ($0 as? MirrorError)?.kind == .corrupt }
    // Nobody's disk is at fault: somebody has to look.
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: scratch.path)
    #expect { try MirrorStore.openForForwarding(path) } throws: { ($0 as? MirrorError)?.kind == .cannotOpen }
  }

  @Test func aReadOnlyStoreIsNotCreated() {
    #expect { try MirrorStore.open(.file(path), readOnly: true) } throws: { ($0 as? MirrorError)?.kind == .cannotOpen }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func aNewerSchemaIsRefused() async throws {
    try await Mirror(.file(path)).store.close()
    let queue = try DatabaseQueue(path: path)
    try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')") }
    try queue.close()
    #expect { try MirrorStore.open(.file(path)) } throws: { error in
      let error = error as? MirrorError
      return error?.kind == .newerSchema && error?.description.contains("newer chatroutesd") == true
    }
  }

  @Test func anOlderSchemaIsNotReadHalfway() throws {
    _ = try ScratchFile(path, [])
    _ = try DatabaseQueue(path: path).close()
    #expect(throws: MirrorError.self) { try MirrorStore.open(.file(path), readOnly: true) }
  }

  @Test func aDamagedFileIsSetAsideAndNothingIsDeleted() throws {
    let damage =
      Array("this is not a database, but it is longer than a header of one hundred bytes".utf8)
      + Array(repeating: 7, count: 9000)
    _ = try ScratchFile(path, damage)
    _ = try ScratchFile(path + "-wal", [1, 2, 3])
    #expect { try MirrorStore.open(.file(path)) } throws: { ($0 as? MirrorError)?.kind == .corrupt }
    let time = UnixTime(milliseconds: 5)
    _ = try ScratchFile(path + ".damaged-5", [])
    let aside = try MirrorStore.setAside(path, at: time)
    #expect(aside == path + ".damaged-5-again")
    #expect(FileManager.default.contents(atPath: aside) == Data(damage))
    #expect(try MirrorStore.open(.file(path)).counts().messages.count == 0)
  }

  @Test func aStoreStartsAnewWhileItIsInUse() async throws {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(mainMessages("c"), messages(message("m")))
    let aside = try await mirror.store.startAnew(at: mirror.now)
    // What is still on its way under the old id belongs to nobody in the new database.
    await #expect(throws: MirrorError.self) { try await mirror.show(mainMessages("c"), messages(message("m"))) }
    #expect(try mirror.answer(mainMessages("c")) == .unknown)
    let account = try await mirror.store.admit(Mirror.key)
    #expect(account != mirror.account)
    #expect(try mirror.store.answer(mainMessages("c"), account: account) == .unknown)
    _ = try await mirror.store.save(
      mainMessages("c"),
      StoredResponse(status: 200, fields: [], body: Array(messages(message("n")).utf8), fetchedAt: .now),
      account: account)
    try mirror.store.close()
    #expect(try MirrorStore.open(.file(path)).counts().messages.count == 1)
    #expect(try MirrorStore.open(.file(aside)).counts().messages.count == 1, "nothing was deleted")
  }

  /// What is left half begun is not opened as if it were the old one: its account numbers would be given to others.
  @Test func aNewStoreThatCannotBeBegunIsBegunLater() async throws {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(mainMessages("c"), messages(message("m")))
    // A database begins with a journal, and no file can have this name now.
    try FileManager.default.createDirectory(atPath: path + "-journal", withIntermediateDirectories: false)
    for _ in 1...3 {
      await #expect(throws: MirrorError.self) { try await mirror.store.startAnew(at: mirror.tick()) }
    }
    #expect(mirror.store.access == .none)
    try FileManager.default.removeItem(atPath: path + "-journal")
    await #expect(throws: MirrorError.self) { try await mirror.store.reopen() }
    #expect(mirror.store.access == .none)
    let aside = try await mirror.store.startAnew(at: mirror.tick())
    #expect(mirror.store.access == .writable)
    // The one that was set aside is named, and no try left another file.
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let all = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains(".damaged-") }
    #expect(
      all.filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") } == [URL(fileURLWithPath: aside).lastPathComponent])
    #expect(try FileManager.default.attributesOfItem(atPath: aside)[.size] as? Int ?? 0 > 0)
    let stranger = try await mirror.store.admit(AccountKey(Array(repeating: 8, count: 32)))
    #expect(stranger != mirror.account)
  }

  /// Calls that meet the change fail; none of them meets a closed connection.
  @Test func aStoreStartsAnewUnderLoad() async throws {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(mainMessages("c"), messages(message("m")))
    let (store, account) = (mirror.store, mirror.account)
    await withDiscardingTaskGroup { group in
      for _ in 1...4 {
        group.addTask {
          while !Task.isCancelled {
            _ = try? store.answer(mainMessages("c"), account: account)  // interrupted: what is expected
            await Task.yield()
          }
        }
      }
      // Each waits for those that read.
      for _ in 1...10 { _ = try? await store.startAnew() }
      group.cancelAll()
    }
    #expect(try store.counts().messages.count == 0)
  }

  @Test func damageIsFoundAndSaid() async throws {
    let mirror = try await Mirror(.file(path))
    for number in 1...500 { try await mirror.show(mainMessages("c\(number)"), messages(message("m\(number)"))) }
    #expect(try await mirror.store.damage() == nil)
    try mirror.store.close()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    // Behind the first pages, which hold what is needed to open it.
    let size = try file.seekToEnd()
    for offset in stride(from: size / 5 * 4, to: size, by: 4096) {
      try file.seek(toOffset: offset / 4096 * 4096)
      try file.write(contentsOf: Data(repeating: 0xA5, count: 2048))
    }
    try file.close()
    let store = try MirrorStore.open(.file(path))
    #expect(try await store.damage() != nil)
    _ = try await store.startAnew()
    #expect(try await store.damage() == nil)
  }

  @Test func theSearchIndexIsRebuilt() async throws {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(mainMessages("c"), messages(message("m", "user", "findable")))
    try await mirror.store.write("damage the index") { db in
      try db.execute(sql: "DELETE FROM passage_index_data WHERE id > 10")
    }
    #expect { try mirror.store.search("findable", limit: 10) } throws: { ($0 as? MirrorError)?.kind == .corruptIndex }
    try await mirror.store.clearIndex()
    #expect(try mirror.store.search("findable", limit: 10).isEmpty)
    try await mirror.store.index()
    #expect(try mirror.store.search("findable", limit: 10).map(\.messageID) == ["m"])
  }

  /// Readers run on event loops.
  @Test func aReaderGivesUpSoonWhereAnotherProgramClaimsTheWholeFile() async throws {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(mainMessages("c"), messages(message("m")))
    try mirror.store.close()
    var configuration = Configuration()
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
    let other = try DatabaseQueue(path: path, configuration: configuration)
    try await other.write { try $0.execute(sql: "UPDATE account SET list_limit = 1") }
    let began = ContinuousClock.now
    #expect { try MirrorStore.open(.file(path), readOnly: true) } throws: { ($0 as? MirrorError)?.kind == .busy }
    #expect(began.duration(to: .now) < .seconds(4), "a write would wait for 5 s")
    try other.close()
  }

  @Test func aStoreWithoutTimeWaitsForNoOtherProgram() async throws {
    let mirror = try await Mirror(.file(path))
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: path, configuration: configuration)
    try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    let (store, account) = (mirror.store, mirror.account)
    let waiting = Task { try await store.invalidate(.createConversation, account: account) }
    store.stopWaiting()
    let began = ContinuousClock.now
    await #expect(throws: MirrorError.self) { try await waiting.value }
    for _ in 1...10 {
      await #expect { try await mirror.doubt(.createConversation) } throws: { ($0 as? MirrorError)?.kind == .busy }
    }
    #expect(began.duration(to: .now) < .seconds(4), "each would wait for 5 s")
    try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    try other.close()
  }

  @Test func aPlaceThatCannotBeIsNamed() throws {
    _ = try ScratchFile(path, [])
    #expect { try MirrorStore.open(.file(path + "/below/mirror.sqlite")) } throws: { error in
      let error = error as? MirrorError
      return error?.kind == .cannotOpen && error?.description.contains(path) == true
    }
  }

  @Test func readersAreNotBlockedByTheWriter() async throws {
    let mirror = try await Mirror(.file(path))
    try await mirror.show(mainMessages("c"), messages(message("m")))
    let store = mirror.store
    let account = mirror.account
    try await store.write("hold the writer") { db in
      try db.execute(sql: "DELETE FROM message")
      guard case .verbatim = try store.answer(mainMessages("c"), account: account) else {
        Issue.record("the reader saw the open transaction")
        return
      }
    }
  }

  @Test func aClosedStoreFailsAndDoesNotTrap() async throws {
    let mirror = try await Mirror(.file(path))
    try mirror.store.close()
    await #expect(throws: MirrorError.self) { try await mirror.doubt(.createConversation) }
    #expect(throws: MirrorError.self) { try mirror.answer(allConversations) }
  }

  @Test func anErrorNamesNoContent() async throws {
    let mirror = try await Mirror(.file(path))
    let error = await #expect(throws: MirrorError.self) {
      try await mirror.store.write("save an answer to the mirror") { db in
        try db.execute(sql: "INSERT INTO account (key) VALUES (?)", arguments: ["secret"])
      }
    }
    #expect(error?.description == "cannot save an answer to the mirror: SQLite code 3091, see sqlite.org/rescode.html.")
  }
}

/// A file with these bytes, its directory included.
private struct ScratchFile {
  init(_ path: String, _ bytes: [UInt8]) throws {
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
  }
}
