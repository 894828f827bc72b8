internal import Foundation
internal import GRDB
internal import Glibc
internal import Synchronization

extension MirrorStore {
  /// Opens the mirror and brings its schema up to date.
  /// - Parameter readOnly: nothing is created or migrated; every save fails with `.readOnly`.
  /// - Throws: `.corrupt` (see `setAside`), `.newerSchema`, `.cannotOpen` and whatever SQLite says.
  public static func open(_ location: Location, readOnly: Bool = false) throws(MirrorError) -> MirrorStore {
    let patience = Patience()
    let database = try readOnly ? openForReading(location, patience) : openForWriting(location, patience)
    return MirrorStore(Opening(database: database), at: location, patience)
  }

  /// Opens the mirror of a daemon that forwards in any case. One that cannot be written (`shortcoming`) is read; one that
  /// cannot be read either (`access` is `.none`) fails every call; `reopen` tries again.
  /// - Throws: `.corrupt`, `.newerSchema`; `.cannotOpen` when it may not even be read; and what keeps it from being created
  ///   where there is no file yet.
  public static func openForForwarding(_ path: String) throws(MirrorError) -> MirrorStore {
    let location = Location.file(path)
    let patience = Patience()
    let isThere = FileManager.default.fileExists(atPath: path)
    do throws(MirrorError) {
      return MirrorStore(Opening(database: try openForWriting(location, patience)), at: location, patience)
    } catch {
      var isDirectory: ObjCBool = false
      guard ![.corrupt, .newerSchema].contains(error.kind), isThere,
        FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), !isDirectory.boolValue
      else { throw error }
      // Why it cannot be read does not matter: the reason why it cannot be written is the one to mend.
      let database = try? openForReading(location, patience)
      // Not the disk's fault, which passes: a wrong owner or mode, which somebody has to mend.
      if database == nil, error.kind == .cannotOpen { throw error }
      return MirrorStore(Opening(database: database, shortcoming: error), at: location, patience)
    }
  }

  /// Tries again to open for writing what could not be.
  /// - Throws: why it still cannot be; the mirror is then used as before.
  public func reopen() async throws(MirrorError) {
    guard let shortcoming else { return }
    // `startAnew` begins a new one, whose accounts have other numbers.
    guard !mustStartAnew else { throw shortcoming }
    if case .file(let path) = location, !FileManager.default.fileExists(atPath: path) { throw shortcoming }
    guard location.seemsWritable else { throw shortcoming }
    do {
      patience.isShort.store(true, ordering: .relaxed)
      defer { patience.isShort.store(false, ordering: .relaxed) }
      var stillShort: MirrorError?
      try await replaceDatabase { [location, patience] old in
        // First of all: what this process has open for reading only, SQLite shares with what it opens beside it.
        try old.database?.close()
        do throws(MirrorError) { return Opening(database: try Self.openForWriting(location, patience)) } catch {
          stillShort = error
          let database = try? Self.openForReading(location, patience)  // as before
          return Opening(database: database, shortcoming: error)
        }
      }
      if let stillShort { throw stillShort }
    } catch {
      throw MirrorError(error, doing: "open the mirror\(location.text) for writing")
    }
  }

  static func openForWriting(_ location: Location, _ patience: Patience) throws(MirrorError) -> any DatabaseWriter {
    let doing = "open the mirror\(location.text)"
    do {
      if case .file(let path) = location { try makePrivateFile(path) }
      let database = try database(location, readOnly: false, patience)
      try prepareSchema(database, readOnly: false, doing)
      return database
    } catch {
      throw MirrorError(error, doing: doing)
    }
  }

  private static func openForReading(_ location: Location, _ patience: Patience) throws(MirrorError)
    -> any DatabaseWriter
  {
    let doing = "open the mirror\(location.text)"
    do {
      do {
        let database = try database(location, readOnly: true, patience)
        try prepareSchema(database, readOnly: true, doing)
        return database
      } catch {
        // Who holds a lock is writing: what the file alone says then is neither the old nor the new.
        guard MirrorError(error, doing: doing).kind != .busy, case .file(let path) = location,
          let alone = fileThatNobodyWrites(path)
        else { throw error }
        let database = try database(.file(alone), readOnly: true, patience)
        try prepareSchema(database, readOnly: true, doing)
        return database
      }
    } catch {
      throw MirrorError(error, doing: doing)
    }
  }

  /// A database with a log needs files beside it to be read, which cannot be made where nothing can be written. One without
  /// a log is whole, and SQLite reads it by itself when it is told that nobody writes (`immutable`).
  /// - Returns: nil: there is a log, and what the file alone says is not the newest.
  private static func fileThatNobodyWrites(_ path: String) -> String? {
    let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int  // there is none
    guard log ?? 0 == 0, FileManager.default.fileExists(atPath: path),
      !FileManager.default.fileExists(atPath: path + "-journal")
    else { return nil }
    let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed)
    return escaped.map { "file:\($0)?immutable=1" }
  }

  /// From now on a write that meets another program's lock fails at once: there is no time left.
  public func stopWaiting() { patience.isOver.store(true, ordering: .relaxed) }

  /// How long a write waits for another program that is writing.
  final class Patience: Sendable {
    static let tries = 500
    static let pauseMicroseconds: UInt32 = 10_000

    let isOver = Atomic(false)
    /// Others wait for this write: it is not worth waiting.
    let isShort = Atomic(false)

    func waits(again tries: Int) -> Bool {
      guard tries < Self.tries, !isOver.load(ordering: .relaxed), !isShort.load(ordering: .relaxed) else {
        return false
      }
      usleep(Self.pauseMicroseconds)
      return true
    }
  }
  private static let readerPatienceMilliseconds = 100

  static func makePrivateFile(_ path: String) throws {
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if !FileManager.default.fileExists(atPath: directory) {
      do {
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch {
        throw MirrorError(.cannotOpen, "cannot create \(directory) for the mirror. Check that its parent is yours.")
      }
    }
    // SQLite gives -wal and -shm the mode of the database. What is there is not opened: closing it again would let go of
    // the locks of whoever in this process has it open (POSIX).
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor >= 0 {
      Glibc.close(descriptor)
    } else if errno != EEXIST {
      throw systemError("cannot create the mirror \(path)")
    }
    guard chmod(path, 0o600) == 0 else { throw systemError("cannot make \(path) private (mode 0600)") }
  }

  private static func systemError(_ what: String) -> MirrorError {
    let code = errno
    let kind: MirrorError.Kind =
      switch code {
      case EROFS: .readOnly
      case ENOSPC, EDQUOT: .diskFull
      default: .cannotOpen
      }
    return MirrorError(kind, "\(what): \(String(cString: strerror(code))).")
  }

  private static func database(
    _ location: Location, readOnly: Bool, _ patience: Patience
  ) throws -> any DatabaseWriter {
    var configuration = Configuration()
    configuration.readonly = readOnly
    configuration.busyMode = .callback { patience.waits(again: $0) }
    configuration.label = "mirror"
    // The default asks for a higher priority than a daemon may have, which Dispatch then complains of in the system log.
    configuration.qos = .default
    configuration.prepareDatabase { db in
      if db.configuration.readonly {
        // A reader meets a lock only where another program claims the whole file: it must not keep an event loop waiting.
        try db.execute(sql: "PRAGMA busy_timeout = \(readerPatienceMilliseconds)")
      } else {
        try db.execute(
          sql:
            """
            PRAGMA synchronous = NORMAL; PRAGMA auto_vacuum = INCREMENTAL;
            -- what is deleted, or rewritten elsewhere, is overwritten with zeros; it is Debian's default
            PRAGMA secure_delete = ON
            """)
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
}

extension MirrorStore.Location {
  var text: String {
    switch self {
    case .file(let path): " \(path)"
    case .memory: " in memory"
    }
  }

  /// Less room than that is not worth a try: SQLite's files beside the database need some of it at once.
  private static let roomMin: UInt64 = 1 << 20

  /// Whether it is worth trying: the file system may be written and has some room.
  var seemsWritable: Bool {
    guard case .file(let path) = self else { return true }
    var about = statvfs()
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard access(path, F_OK) != 0 || access(path, W_OK) == 0, access(folder, W_OK) == 0, statvfs(folder, &about) == 0
    else { return false }
    return UInt64(about.f_bavail) * UInt64(about.f_frsize) >= Self.roomMin
  }
}
