internal import Foundation
internal import GRDB
internal import Glibc
internal import Synchronization

/// The local copy of what the API showed: entities as the JSON text that was received, lists, and whole answers.
///
/// Reads are synchronous and see one state each. Every observation is one transaction. With WAL and `synchronous = NORMAL`
/// a commit survives the death of the process at any moment; a power cut may lose the newest commits, never the database.
public final class MirrorStore: Sendable {
  public enum Location: Sendable, Hashable {
    /// Created when missing, mode 0600; its directory 0700.
    case file(String)
    /// Gone with the store.
    case memory
  }

  private let location: Location
  private let use: Mutex<Use>
  private let patience: Patience
  private let reads = Atomic<UInt64>(0)
  private let writes = Atomic<UInt64>(0)
  private let documents = Atomic<UInt64>(0)

  private init(_ database: any DatabaseWriter, at location: Location, _ patience: Patience) {
    (self.location, self.patience) = (location, patience)
    use = Mutex(Use(database: database))
  }

  /// The database in use; `startAnew` puts another in its place.
  var writer: any DatabaseWriter { use.withLock { $0.database } }

  private struct Use {
    var database: any DatabaseWriter
    var userCount = 0
    /// Nobody may begin to use the database: it is about to be closed. GRDB hands out closed connections otherwise.
    var isClosing = false
  }

  private func enter() throws -> any DatabaseWriter {
    try use.withLock { use in
      guard !use.isClosing else { throw MirrorError(.interrupted, "the mirror is being replaced by a new one.") }
      use.userCount += 1
      return use.database
    }
  }

  private func leave() {
    use.withLock { $0.userCount -= 1 }
  }

  private func waitUntilUnused() async {
    use.withLock { $0.isClosing = true }
    // Cancelled or not: what is under way has to end first.
    while use.withLock({ $0.userCount > 0 }) { try? await Task.sleep(for: .milliseconds(1)) }
  }

  /// Opens the mirror and brings its schema up to date.
  /// - Parameter readOnly: nothing is created or migrated; every save fails with `.readOnly`.
  /// - Throws: `.corrupt` (see `setAside`), `.newerSchema`, `.cannotOpen` and whatever SQLite says.
  public static func open(_ location: Location, readOnly: Bool = false) throws(MirrorError) -> MirrorStore {
    let doing = "open the mirror\(location.text)"
    do {
      if case .file(let path) = location, !readOnly { try makePrivateFile(path) }
      let patience = Patience()
      let database = try database(location, readOnly: readOnly, patience)
      try prepareSchema(database, readOnly: readOnly, doing)
      return MirrorStore(database, at: location, patience)
    } catch {
      throw MirrorError(error, doing: doing)
    }
  }

  /// Moves a damaged database out of the way, with its `-wal` and `-shm`; nothing is deleted.
  /// - Returns: the new path of the database.
  public static func setAside(_ path: String, at time: UnixTime = .now) throws(MirrorError) -> String {
    var target = "\(path).damaged-\(time.milliseconds)"
    while FileManager.default.fileExists(atPath: target) { target += "-again" }
    for suffix in ["-wal", "-shm", ""] where rename(path + suffix, target + suffix) != 0 {
      let code = errno
      if code == ENOENT, !suffix.isEmpty { continue }
      throw MirrorError(
        .cannotOpen, "cannot set \(path)\(suffix) aside: \(String(cString: strerror(code))). Move it by hand.")
    }
    return target
  }

  /// Looks whether the database is damaged. Reads all of it, seconds for a large one; others go on reading and writing.
  /// - Returns: SQLite's words for the first damage; nil: none.
  public func damage() async throws(MirrorError) -> String? {
    do {
      let writer = try enter()
      defer { leave() }
      return try await writer.read { db in
        let found = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
        return found == "ok" ? nil : found ?? "no answer"
      }
    } catch {
      let error = MirrorError(error, doing: "check the mirror")
      guard error.kind == .corrupt else { throw error }
      return error.description
    }
  }

  /// Puts what was saved into the search index, as far as it is not there: the words of a save are found after this.
  ///
  /// - Parameter slice: how many messages a transaction takes; a save that comes meanwhile waits for one of them.
  ///   The task's cancellation ends it between two of them.
  public func index(slice: Int = 16) async throws(MirrorError) {
    while try await write("index what was saved", { try Self.index(slice, $0) }), !Task.isCancelled {}
  }

  /// - Returns: whether there may be more.
  private static func index(_ slice: Int, _ db: Database) throws -> Bool {
    let rows = try Int64.fetchAll(
      db.cachedStatement(sql: "SELECT passage FROM unindexed ORDER BY passage LIMIT ?"), arguments: [slice])
    guard let last = rows.last else { return false }
    try db.execute(
      sql: """
        INSERT INTO passage_index (rowid, words)
        SELECT id, words FROM passage WHERE id IN (SELECT passage FROM unindexed WHERE passage <= ?)
        """, arguments: [last])
    try db.execute(sql: "DELETE FROM unindexed WHERE passage <= ?", arguments: [last])
    return rows.count == slice
  }

  /// Empties the search index; `index` then fills it from the passages.
  public func clearIndex() async throws(MirrorError) {
    try await write("clear the search index") { db in
      try db.execute(
        sql: """
          INSERT INTO passage_index (passage_index) VALUES ('delete-all');
          INSERT OR IGNORE INTO unindexed (passage) SELECT id FROM passage
          """)
    }
  }

  /// Sets the damaged database aside while the store is in use and goes on with an empty one. Calls that meet the change
  /// fail with `.interrupted`. Accounts that were known are not: those of the new database have other ids, so nothing that
  /// is still on its way can reach another account.
  /// - Returns: where the damaged one is now.
  /// - Precondition: The store is a file that may be written, and nobody else does this at the same time.
  public func startAnew(at time: UnixTime = .now) async throws(MirrorError) -> String {
    guard case .file(let path) = location else { preconditionFailure("a mirror in memory cannot be set aside") }
    let doing = "begin a new mirror\(location.text)"
    await waitUntilUnused()
    do {
      // Before it is moved: closing it later would remove the log of the new one, which has its name.
      try writer.close()
      // Gone when an earlier try got no further than this.
      let aside = FileManager.default.fileExists(atPath: path) ? try Self.setAside(path, at: time) : path
      try Self.makePrivateFile(path)
      let new = try Self.database(location, readOnly: false, patience)
      try Self.prepareSchema(new, readOnly: false, doing)
      try await new.write { db in
        try db.execute(
          sql: "INSERT INTO account (id, key, refused) VALUES (?, x'', 1)", arguments: [time.milliseconds])
      }
      use.withLock { $0 = Use(database: new) }
      return aside
    } catch {
      throw MirrorError(error, doing: doing)
    }
  }

  /// What the store has done since it was opened.
  public var workCounters: WorkCounters {
    WorkCounters(
      storeReads: reads.load(ordering: .relaxed), storeWrites: writes.load(ordering: .relaxed),
      documentsScanned: documents.load(ordering: .relaxed))
  }

  /// Ends all work with the database; every call after it fails.
  public func close() throws(MirrorError) {
    do {
      let writer = writer
      try writer.writeWithoutTransaction { db in
        // Everything into the one file. In memory, or for reading only, there is no log to fold in.
        if writer is DatabasePool, !db.configuration.readonly { _ = try db.checkpoint(.truncate) }
      }
      try writer.close()
    } catch {
      throw MirrorError(error, doing: "close the mirror")
    }
  }

  // MARK: Opening

  /// From now on a write that meets another program's lock fails at once: there is no time left.
  public func stopWaiting() { patience.isOver.store(true, ordering: .relaxed) }

  /// How long a write waits for another program that is writing.
  private final class Patience: Sendable {
    static let tries = 500
    static let pauseMicroseconds: UInt32 = 10_000

    let isOver = Atomic(false)

    func waits(again tries: Int) -> Bool {
      guard tries < Self.tries, !isOver.load(ordering: .relaxed) else { return false }
      usleep(Self.pauseMicroseconds)
      return true
    }
  }
  private static let readerPatienceMilliseconds = 100

  private static func makePrivateFile(_ path: String) throws {
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if !FileManager.default.fileExists(atPath: directory) {
      do {
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch {
        throw MirrorError(.cannotOpen, "cannot create \(directory) for the mirror. Check that its parent is yours.")
      }
    }
    // SQLite gives -wal and -shm the mode of the database.
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw MirrorError(.cannotOpen, "cannot open the mirror \(path): \(String(cString: strerror(errno))).")
    }
    defer { Glibc.close(descriptor) }
    guard fchmod(descriptor, 0o600) == 0 else {
      throw MirrorError(.cannotOpen, "cannot make \(path) private (mode 0600): \(String(cString: strerror(errno))).")
    }
  }

  private static func database(
    _ location: Location, readOnly: Bool, _ patience: Patience
  ) throws -> any DatabaseWriter {
    var configuration = Configuration()
    configuration.readonly = readOnly
    configuration.busyMode = .callback { patience.waits(again: $0) }
    configuration.label = "mirror"
    configuration.prepareDatabase { db in
      if db.configuration.readonly {
        // A reader meets a lock only where another program claims the whole file: it must not keep an event loop waiting.
        try db.execute(sql: "PRAGMA busy_timeout = \(readerPatienceMilliseconds)")
      } else {
        try db.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA auto_vacuum = INCREMENTAL")
      }
    }
    return switch location {
    case .file(let path): try DatabasePool(path: path, configuration: configuration)
    case .memory: try DatabaseQueue(configuration: configuration)
    }
  }

  private static func prepareSchema(_ writer: any DatabaseWriter, readOnly: Bool, _ doing: String) throws {
    let migrator = Schema.migrator
    let isNewer = try writer.read { try migrator.hasBeenSuperseded($0) }
    if isNewer {
      throw MirrorError(
        .newerSchema, "cannot \(doing): a newer chatroutesd has written it. Use that version, or another file.")
    }
    if readOnly {
      let isReady = try writer.read { try migrator.hasCompletedMigrations($0) }
      if !isReady {
        throw MirrorError(
          .failed, "cannot \(doing): an older chatroutesd has written it. Start the daemon once to update it.")
      }
    } else {
      try migrator.migrate(writer)
    }
  }

  // MARK: Work

  func read<Value>(_ doing: String, _ body: (Database) throws -> Value) throws(MirrorError) -> Value {
    reads.add(1, ordering: .relaxed)
    do {
      let writer = try enter()
      defer { leave() }
      return try writer.read(body)
    } catch {
      throw MirrorError(error, doing: doing)
    }
  }

  func write<Value: Sendable>(
    _ doing: String, _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(MirrorError) -> Value {
    do { return try await transaction(body) } catch { throw MirrorError(error, doing: doing) }
  }

  /// One transaction on the one writer. It does not end with the task that asked for it: what it records has happened
  /// upstream, whether the client is still there or not.
  func transaction<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    writes.add(1, ordering: .relaxed)
    let writer = try enter()
    defer { leave() }
    return try await withCheckedThrowingContinuation { continuation in
      writer.asyncWrite(body) { _, result in continuation.resume(with: result) }
    }
  }

  func countDocuments(_ count: UInt64) {
    documents.add(count, ordering: .relaxed)
  }
}

extension MirrorStore.Location {
  fileprivate var text: String {
    switch self {
    case .file(let path): " \(path)"
    case .memory: " in memory"
    }
  }
}
