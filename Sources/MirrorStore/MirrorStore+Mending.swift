internal import Foundation
internal import GRDB
internal import Glibc

extension MirrorStore {
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

  /// Sets a damaged mirror aside that is not open, and opens a new one, for a daemon that forwards in any case. What cannot
  /// be done now (a full disk, a folder of somebody else's) is left to `startAnew`: the store then has no database, and
  /// `shortcoming` says why.
  /// - Returns: the mirror, and where the damaged one is; nil: where it was.
  public static func openInPlaceOfDamaged(_ path: String) -> (store: MirrorStore, aside: String?) {
    let location = Location.file(path)
    let patience = Patience()
    let aside: String
    do { aside = try setAside(path) } catch {
      return (MirrorStore(Opening(shortcoming: error, isDamaged: true), at: location, patience), nil)
    }
    do throws(MirrorError) {
      return (MirrorStore(Opening(database: try openForWriting(location, patience)), at: location, patience), aside)
    } catch {
      return (MirrorStore(Opening(shortcoming: error, aside: aside), at: location, patience), aside)
    }
  }

  /// Looks whether the database is damaged. Reads all of it, seconds for a large one; others go on reading and writing.
  /// - Returns: SQLite's words for the first damage; nil: none.
  public func damage() async throws(MirrorError) -> String? {
    do {
      return try await readBeside { db in
        let found = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
        return found == "ok" ? nil : found ?? "no answer"
      }
    } catch {
      let error = MirrorError(error, doing: "check the mirror")
      guard error.kind == .corrupt else { throw error }
      return error.description
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
    guard location.seemsWritable else {
      throw shortcoming ?? MirrorError(.readOnly, "cannot \(doing): its disk is full or cannot be written.")
    }
    let earlier = self.aside
    var aside = earlier
    var failure: MirrorError?
    do {
      try await replaceDatabase { [location, patience] old in
        do {
          // Before it is moved: closing it later would remove the log of the new one, which has its name.
          try old.database?.close()
          // An earlier try may have got no further than an empty file; or somebody put one there, which is kept too.
          if earlier != nil, Self.isEmpty(path) {
            try FileManager.default.removeItem(atPath: path)
          } else if FileManager.default.fileExists(atPath: path) {
            let place = try Self.setAside(path, at: time)
            if earlier == nil { aside = place }
          }
          return Opening(database: try await Self.begin(location, patience, at: time))
        } catch {
          let error = MirrorError(error, doing: doing)
          failure = error
          // Where it could not be moved it is still in its place.
          return Opening(database: nil, shortcoming: error, aside: aside, isDamaged: aside == nil)
        }
      }
    } catch {
      throw MirrorError(error, doing: doing)
    }
    if let failure { throw failure }
    return aside ?? path
  }

  private static func isEmpty(_ path: String) -> Bool {
    // There is none: it is not empty either.
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) == 0
  }

  /// A new database that numbers its accounts from the time on, so that no number of the old one's is given again.
  private static func begin(_ location: Location, _ patience: Patience, at time: UnixTime) async throws
    -> any DatabaseWriter
  {
    let new = try openForWriting(location, patience)
    try await new.write { db in
      try db.execute(sql: "INSERT INTO account (id, key, refused) VALUES (?, x'', 1)", arguments: [time.milliseconds])
    }
    return new
  }
}
