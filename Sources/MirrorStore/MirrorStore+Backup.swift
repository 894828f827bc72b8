internal import Foundation
internal import GRDB
internal import Glibc

extension MirrorStore {
  /// Writes a copy of the database, all of one moment, while others go on reading and writing.
  /// - Parameter path: there must be nothing yet; the file is made with mode 0600, and is whole or not there.
  public func backUp(to path: String) throws(MirrorError) {
    let doing = "back the mirror up to \(path)"
    guard !FileManager.default.fileExists(atPath: path) else {
      throw MirrorError(.cannotOpen, "cannot \(doing): there is a file of that name. Give another one.")
    }
    let draft = path + ".part"
    do {
      defer {
        for end in ["", "-wal", "-shm", "-journal"] { try? FileManager.default.removeItem(atPath: draft + end) }
      }
      try Self.makePrivateFile(draft)
      let copy = try DatabaseQueue(path: draft)
      // In one step: what is written meanwhile cannot make it begin again.
      try using { try $0.backup(to: copy) }
      try copy.close()
      guard rename(draft, path) == 0 else {
        throw MirrorError(.cannotOpen, "cannot \(doing): \(String(cString: strerror(errno))).")
      }
    } catch {
      throw MirrorError(error, doing: doing)
    }
  }
}
