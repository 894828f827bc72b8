internal import Foundation
internal import Logging
internal import MirrorStore

/// Opens the mirror for the daemon; a damaged one is set aside, never deleted.
enum MirrorFile {
  static func open(_ path: String, _ logger: Logger) throws(StartError) -> MirrorStore {
    do throws(MirrorError) { return try MirrorStore.open(.file(path)) } catch {
      guard error.kind == .corrupt else { throw StartError("\(error) See --database.") }
      return try replace(path, error, logger)
    }
  }

  private static func replace(_ path: String, _ damage: MirrorError, _ logger: Logger) throws(StartError) -> MirrorStore
  {
    do throws(MirrorError) {
      let aside = try MirrorStore.setAside(path)
      logger.error(
        "the mirror is damaged and was set aside; a new one is begun",
        metadata: ["cause": "\(damage)", "set-aside": "\(aside)"])
      return try MirrorStore.open(.file(path))
    } catch {
      throw StartError("\(error)")
    }
  }
}
