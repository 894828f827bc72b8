internal import Foundation
internal import LocalServer
internal import Logging
internal import MirrorStore

extension LocalMirror {
  /// What is to be purged: conversations that fit all that is said.
  public struct Purge: Codable, Sendable, Equatable {
    /// Ids; nil: whatever their id.
    public var conversations: [String]?
    /// Number of an account; nil: whosesoever.
    public var account: Int64?
    /// Only what was neither changed nor read from the API since, in milliseconds of Unix time; nil: whatever its age.
    public var unusedSince: Int64?

    /// - Parameter unusedFor: only what was neither changed nor read from the API for so long; nil: whatever its age.
    public init(conversations: [String]? = nil, account: Int64? = nil, unusedFor: Duration? = nil) {
      (self.conversations, self.account) = (conversations, account)
      unusedSince = unusedFor.map { UnixTime.now.milliseconds - $0.components.seconds * 1000 }
    }

    var selection: PurgeSelection {
      PurgeSelection(
        conversations: conversations, account: account, unusedSince: unusedSince.map { UnixTime(milliseconds: $0) })
    }
  }

  /// How much a purge takes.
  public struct Purged: Codable, Sendable, Equatable {
    public var conversations: Int
    /// Those that are held, deleted ones included.
    public var messages: Int
    /// Why words of what is gone still stand in the file or its log; nil: they do not. Another purge looks again.
    public var remains: String?

    init(_ outcome: PurgeOutcome) {
      (conversations, messages, remains) = (outcome.conversations, outcome.messages, outcome.remains)
    }
  }

  /// One account of the mirror. It is known by a keyed hash of its credential: a number is all the name it has.
  public struct Account: Codable, Sendable {
    public var number: Int64
    public var conversations: Int
    public var messages: Int
    /// Titles of the newest conversations, to tell accounts apart.
    public var titles: [String]
  }

  /// The accounts that hold something.
  public func accounts() throws(StartError) -> [Account] {
    try reading { () throws(MirrorError) in
      try store.accountSummaries().map {
        Account(number: $0.number, conversations: $0.conversations, messages: $0.messages, titles: $0.titles)
      }
    }
  }

  /// What a purge would take.
  public func purgeable(_ purge: Purge) throws(StartError) -> Purged {
    try reading { () throws(MirrorError) in Purged(try store.purgeable(purge.selection)) }
  }

  /// Purges a mirror that no daemon has; see `DaemonControl.purge` for one that is in use.
  /// - Parameter progress: is called now and then with how many conversations are gone, of how many.
  /// - Throws: `StartError`, also when a daemon has it.
  public static func purge(
    _ purge: Purge, path: String, progress: @Sendable (Int, Int) -> Void
  ) async throws(StartError) -> Purged {
    let lock = try MirrorFile.lock(path)
    let outcome: PurgeOutcome
    do throws(MirrorError) {
      let store = try MirrorStore.open(.file(path))
      outcome = try await store.purge(purge.selection, progress: progress)
      try store.close()
    } catch { throw StartError("\(error)") }
    // What the last daemon said of its end holds as before.
    if !lock.note.isEmpty { lock.leave(lock.note) }
    return Purged(outcome)
  }
}

extension Mirror {
  /// Purges the mirror that this daemon has, whether the one who asked stays or not. Reads that were under way are not stored;
  /// what a write or a stream under way brings is new, and is.
  func purge(_ selection: PurgeSelection, _ logger: Logger) async throws(MirrorError) -> PurgeOutcome {
    let result: Result<PurgeOutcome, MirrorError> = await Task { [self] in
      // Nothing that is gone is shown, and nothing that was read before comes back, from each step on.
      @Sendable func forget() {
        epochs.moveAll()
        hot.removeAll()
      }
      forget()
      defer { forget() }
      do throws(MirrorError) {
        let outcome = try await store.purge(selection) { _, _ in forget() }
        logger.notice(
          "the mirror was purged",
          metadata: [
            "conversations": "\(outcome.conversations)", "messages": "\(outcome.messages)",
            "remains": "\(outcome.remains ?? "none")",
          ])
        return .success(outcome)
      } catch {
        logger.error("the mirror could not be purged", metadata: ["cause": "\(error)"])
        return .failure(error)
      }
    }.value
    return try result.get()
  }
}
