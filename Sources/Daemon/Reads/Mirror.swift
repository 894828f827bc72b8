internal import LocalServer
internal import MirrorStore
internal import Synchronization

/// The mirror as one account sees it: the store, with the rendered answers of it in memory.
final class Mirror: Sendable {
  let store: MirrorStore
  let accounts: Accounts
  let hot: HotCache
  let epochs = Epochs()
  /// Accounts whose stored answers could not be marked stale when they had to be: none of them counts as fresh.
  private let doubted = Mutex<Set<AccountID>>([])

  init(store: MirrorStore, accounts: Accounts, memoryBytesMax: Int) {
    (self.store, self.accounts) = (store, accounts)
    hot = HotCache(bytesMax: memoryBytesMax)
  }

  /// An invalidation failed (`true`) or the mirror can be written again.
  func doubt(_ account: AccountID, _ isDoubted: Bool) {
    doubted.withLock { accounts in
      if isDoubted { accounts.insert(account) } else { accounts.remove(account) }
    }
  }

  /// Whether a stored answer of the credential may count as fresh.
  func trusts(_ credential: Credential?) -> Bool {
    guard let credential, case .known(let account) = accounts.standing(of: credential) else { return false }
    return doubted.withLock { !$0.contains(account) }
  }

  /// What a look-up found.
  enum Finding: Sendable {
    case entry(HotCache.Entry)
    /// Known not to exist.
    case absent
    case unknown
  }

  /// The rendered answer in memory; nothing else is looked at.
  func hotEntry(_ target: ArraySlice<UInt8>, _ credential: Credential) -> HotCache.Entry? {
    guard case .known(let account) = accounts.standing(of: credential) else { return nil }
    return hot.entry(for: HotCache.Key(account: account, target: target))
  }

  /// The answer in memory or, failing that, from the store; what the store gave is kept in memory.
  func lookUp(_ target: ArraySlice<UInt8>, _ read: MirrorRead, _ credential: Credential?) throws -> Finding {
    guard let credential, case .known(let account) = accounts.standing(of: credential) else { return .unknown }
    let key = HotCache.Key(account: account, target: ArraySlice(Array(target)))
    if let entry = hot.entry(for: key) { return .entry(entry) }
    // Read before the store is: an answer that a write overtakes must not enter the cache.
    let version = hot.version
    let answer = try store.answer(read, account: account)
    guard let (stored, rendered) = StoredAnswer.render(answer) else { return answer == .absent ? .absent : .unknown }
    let entry = HotCache.Entry(read: read, answer: stored, rendered: rendered)
    hot.insert(entry, for: key, version: version)
    return .entry(entry)
  }

  /// The validator of the stored answer to a read, for asking upstream whether it is still good.
  /// - Returns: `nil`: there is none, or the mirror cannot be read: then upstream sends the whole answer.
  func entityTag(_ target: ArraySlice<UInt8>, _ read: MirrorRead, _ credential: Credential) -> String? {
    guard case .known(let account) = accounts.standing(of: credential) else { return nil }
    if let entry = hot.entry(for: HotCache.Key(account: account, target: target)), entry.answer.isVerbatim {
      return entry.answer.entityTag
    }
    return try? store.entityTag(read, account: account)
  }

  /// Taken before a GET goes out; see `Epochs`.
  func ticket(_ credential: Credential, _ read: MirrorRead) -> Epochs.Ticket {
    epochs.ticket(accounts.key(of: credential), conversation: read.conversationID)
  }
}
