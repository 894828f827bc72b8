internal import Foundation
internal import LocalServer
internal import Logging
internal import MirrorStore

/// Opens the mirror for the daemon: a damaged one is set aside, never deleted; one that cannot be written keeps nobody from
/// being served.
enum MirrorFile {
  /// Claims the mirror for this process, until the lock is let go of. Makes its folder.
  static func lock(_ path: String) throws(StartError) -> ProcessLock {
    let folder = (path as NSString).deletingLastPathComponent
    do {
      try FileManager.default.createDirectory(
        atPath: folder.isEmpty ? "." : folder, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch { throw StartError("cannot create \(folder) for the mirror: \(reason(error)). See --database.") }
    do throws(ProcessLock.Failure) { return try ProcessLock(path: path + ".lock") } catch {
      switch error {
      case .held:
        throw StartError("cannot use the mirror \(path): another chatroutesd has it. End that one, or give --database.")
      case .cannotOpen(let why): throw StartError("cannot open \(path).lock: \(why). See --database.")
      }
    }
  }

  static func open(_ path: String, _ logger: Logger) throws(StartError) -> MirrorStore {
    let store: MirrorStore
    do throws(MirrorError) { store = try MirrorStore.openForForwarding(path) } catch {
      guard error.kind == .corrupt else { throw StartError("\(error) See --database.") }
      store = replace(path, error, logger)
    }
    if let shortcoming = store.shortcoming {
      logger.error(
        "nothing is recorded: the mirror cannot be written. Forwarding goes on; it is tried again",
        metadata: ["access": "\(store.access.rawValue)", "cause": "\(shortcoming)"])
    }
    return store
  }

  private static func replace(_ path: String, _ damage: MirrorError, _ logger: Logger) -> MirrorStore {
    let (store, aside) = MirrorStore.openInPlaceOfDamaged(path)
    logger.error(
      "the mirror is damaged and \(aside == nil ? "cannot be set aside" : "was set aside; a new one is begun")",
      metadata: ["cause": "\(damage)", "set-aside": "\(aside ?? "")"])
    return store
  }
}
