internal import GRDB

/// Why the mirror could not do something. Never holds message text, titles or keys.
public struct MirrorError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// The file or its directory cannot be opened or created.
    case cannotOpen
    /// The file is not a database or is damaged.
    case corrupt
    /// The search index is damaged; the rest is not (see `rebuildIndex`).
    case corruptIndex
    /// A newer chatroutesd has written the file.
    case newerSchema
    /// Another process kept the database locked for longer than the store waits (5 s).
    case busy
    /// The disk is full.
    case diskFull
    /// The database was opened for reading only, or its file system is read-only.
    case readOnly
    /// The store was closed meanwhile.
    case interrupted
    /// SQLite refused for another reason; the description gives its code.
    case failed
  }

  public let kind: Kind
  public let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// - Parameter doing: what failed, on what, as in "save to the mirror".
  init(_ error: any Error, doing: String) {
    switch error {
    case let error as MirrorError:
      self = error
    case let error as DatabaseError:
      let (kind, reason) = Self.reason(error)
      self.init(kind, "cannot \(doing): \(reason)")
    // Every table is STRICT and every read knows what it asks for: only damage puts something else there.
    case is RowDecodingError:
      self.init(.corrupt, "cannot \(doing): a value has the wrong type. \(Self.afterDamage)")
    default:
      self.init(.failed, "cannot \(doing): \(type(of: error))")
    }
  }

  private static let afterDamage = "Set it aside and start with a new one."

  private static func reason(_ error: DatabaseError) -> (Kind, String) {
    let code = "SQLite code \(error.extendedResultCode.rawValue)"
    return switch error.resultCode {
    case .SQLITE_CORRUPT where error.extendedResultCode == .SQLITE_CORRUPT_VTAB:
      (.corruptIndex, "the search index is damaged (\(code)). It is made anew.")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      (.corrupt, "the database is damaged (\(code)). \(afterDamage)")
    case .SQLITE_FULL: (.diskFull, "the disk is full (\(code)). Free space; forwarding goes on meanwhile.")
    case .SQLITE_BUSY, .SQLITE_LOCKED: (.busy, "the database is locked (\(code)). Is another process using it?")
    case .SQLITE_READONLY: (.readOnly, "the database cannot be written (\(code)). Check its owner and mode.")
    case .SQLITE_CANTOPEN:
      (.cannotOpen, "the file cannot be opened (\(code)). Check that its directory exists and is yours.")
    case .SQLITE_INTERRUPT, .SQLITE_ABORT, .SQLITE_MISUSE:
      (.interrupted, "it was interrupted (\(code)). Nothing was written.")
    default: (.failed, "\(code), see sqlite.org/rescode.html.")
    }
  }
}
