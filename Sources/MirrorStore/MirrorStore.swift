internal import GRDB
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

  let location: Location
  let patience: Patience
  private let use: Mutex<Use>
  private let reads = Atomic<UInt64>(0)
  private let writes = Atomic<UInt64>(0)
  private let documents = Atomic<UInt64>(0)

  init(_ opening: Opening, at location: Location, _ patience: Patience) {
    (self.location, self.patience) = (location, patience)
    use = Mutex(Use(opening: opening))
  }

  /// A database as far as it could be opened.
  struct Opening {
    /// nil: not even for reading.
    var database: (any DatabaseWriter)?
    /// Why it cannot be written; nil: it can.
    var shortcoming: MirrorError?
    /// The damaged one is out of the way and none is begun in its place: whatever file is there, it is not the old one.
    var isSetAside: Bool { aside != nil }
    /// Where the old one is then.
    var aside: String?
    /// What is there is damaged, and could not be set aside.
    var isDamaged = false
  }

  private struct Use {
    var opening: Opening
    var userCount = 0
    /// Nobody may begin to use the database: it is about to be closed. GRDB hands out closed connections otherwise.
    var isClosing = false
  }

  /// How far the mirror can be used.
  public enum Access: String, Sendable {
    case writable
    case readOnly = "read-only"
    case none
  }

  public var access: Access {
    use.withLock { use in
      if use.opening.shortcoming == nil { return .writable }
      return use.opening.database == nil ? .none : .readOnly
    }
  }

  /// Why the mirror cannot be written, since it was opened; nil: it can. See `openForForwarding` and `reopen`.
  public var shortcoming: MirrorError? { use.withLock { $0.opening.shortcoming } }

  var aside: String? { use.withLock { $0.opening.aside } }

  /// Whether only `startAnew` helps: `reopen` would find a damaged mirror, or half a new one.
  public var mustStartAnew: Bool { use.withLock { $0.opening.isSetAside || $0.opening.isDamaged } }

  private func enter() throws -> any DatabaseWriter {
    try use.withLock { use in
      guard !use.isClosing else { throw MirrorError(.interrupted, "the mirror is being replaced by a new one.") }
      guard let database = use.opening.database else {
        throw use.opening.shortcoming ?? MirrorError(.interrupted, "the mirror is closed.")
      }
      use.userCount += 1
      return database
    }
  }

  /// Lends the database to work that is neither a read nor a write of rows.
  func using<Value>(_ work: (any DatabaseWriter) throws -> Value) throws -> Value {
    let database = try enter()
    defer { leave() }
    return try work(database)
  }

  private func leave() {
    use.withLock { $0.userCount -= 1 }
  }

  /// How long `replaceDatabase` waits for those that are using the database: a check of a large one takes so long.
  private static let closingPatience = Duration.seconds(60)
  private static let closingPause = Duration.milliseconds(1)

  /// Puts another database in the place of the one in use, when nobody uses that any more. Calls that meet the change
  /// fail with `.interrupted`.
  /// - Parameter replace: gets the one in use and closes it; what it gives is used from now on. When it throws, the store has
  ///   no database.
  func replaceDatabase(_ replace: (Opening) async throws -> Opening) async throws {
    use.withLock { $0.isClosing = true }
    // In a task of its own: what is under way has to end first, whether the caller is cancelled or not.
    let isUnused = await Task { await becomesUnused() }.value
    guard isUnused else {
      use.withLock { $0.isClosing = false }
      throw MirrorError(.busy, "cannot replace the mirror: it is in use. It is tried again.")
    }
    do {
      let new = try await replace(use.withLock { $0.opening })
      use.withLock { $0 = Use(opening: new) }
    } catch {
      use.withLock {
        $0 = Use(opening: Opening(database: nil, shortcoming: MirrorError(error, doing: "use the mirror")))
      }
      throw error
    }
  }

  /// - Returns: false: it took too long.
  private func becomesUnused() async -> Bool {
    let giveUpAt = ContinuousClock.now + Self.closingPatience
    while use.withLock({ $0.userCount > 0 }) {
      guard .now < giveUpAt, (try? await Task.sleep(for: Self.closingPause)) != nil else { return false }
    }
    return true
  }

  /// What the store has done since it was opened.
  public var workCounters: WorkCounters {
    WorkCounters(
      storeReads: reads.load(ordering: .relaxed), storeWrites: writes.load(ordering: .relaxed),
      documentsScanned: documents.load(ordering: .relaxed))
  }

  /// Puts everything that is in the log into the one file, and empties the log. Waits for readers as a write waits for
  /// other programs.
  func foldLogIn() async throws(MirrorError) {
    do {
      let database = try enter()
      defer { leave() }
      try await Self.foldLogIn(database)
    } catch {
      throw MirrorError(error, doing: "fold the mirror's log in")
    }
  }

  private static func foldLogIn(_ database: any DatabaseWriter) async throws {
    // In memory, or for reading only, there is no log.
    guard database is DatabasePool, !database.configuration.readonly else { return }
    try await database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
  }

  /// Ends all work with the database; every call after it fails.
  public func close() throws(MirrorError) {
    guard let database = use.withLock({ $0.opening.database }) else { return }
    do {
      try database.writeWithoutTransaction { db in
        // Everything into the one file. In memory, or for reading only, there is no log to fold in.
        if database is DatabasePool, !db.configuration.readonly { _ = try db.checkpoint(.truncate) }
      }
      try database.close()
    } catch {
      throw MirrorError(error, doing: "close the mirror")
    }
  }

  // MARK: Work

  func read<Value>(_ doing: String, _ body: (Database) throws -> Value) throws(MirrorError) -> Value {
    reads.add(1, ordering: .relaxed)
    do {
      let database = try enter()
      defer { leave() }
      return try database.read(body)
    } catch {
      throw MirrorError(error, doing: doing)
    }
  }

  /// As `read`, without keeping the caller's thread: for what takes long.
  func readBeside<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    let database = try enter()
    defer { leave() }
    return try await database.read(body)
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
    let database = try enter()
    defer { leave() }
    return try await withCheckedThrowingContinuation { continuation in
      database.asyncWrite(body) { _, result in continuation.resume(with: result) }
    }
  }

  func countDocuments(_ count: UInt64) {
    documents.add(count, ordering: .relaxed)
  }
}
