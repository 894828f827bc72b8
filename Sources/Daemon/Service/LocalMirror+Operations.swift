internal import Foundation
internal import MirrorStore

extension LocalMirror {
  /// Writes a copy of the mirror, all of one moment, whether a daemon runs or not.
  public func backUp(to path: String) throws(StartError) {
    try reading { () throws(MirrorError) in try store.backUp(to: path) }
  }

  /// Reads the mirror through.
  /// - Returns: SQLite's words for the first damage; nil: it is sound.
  public func damage() async throws(StartError) -> String? {
    do { return try await store.damage() } catch { throw StartError("\(error)") }
  }
}
