internal import LocalServer
internal import MirrorStore
internal import Synchronization

/// The mirror as one account sees it: the store, with the rendered answers of it in memory.
final class Mirror: Sendable {
  let store: MirrorStore
  let accounts: Accounts
  let hot: HotCache
  let epochs = Epochs()
  let unsettled = UnsettledWrites()
  private let trusted: Atomic<Int64>

  init(store: MirrorStore, accounts: Accounts, memoryBytesMax: Int, trustedSince: UnixTime) {
    (self.store, self.accounts) = (store, accounts)
    trusted = Atomic(trustedSince.milliseconds)
    hot = HotCache(bytesMax: memoryBytesMax)
  }

  /// Whether the mirror shows all writes of the credential's account. Asked *before* a stored answer is looked up: a write
  /// that settles in between does not make what was found before it fresh.
  func isSettled(_ credential: Credential?) -> Bool {
    guard let credential else { return false }
    return !unsettled.has { accounts.key(of: credential) }
  }

  /// Answers fetched before it may be out of date in ways that were not recorded, and do not count as fresh.
  var trustedSince: UnixTime { UnixTime(milliseconds: trusted.load(ordering: .relaxed)) }

  /// Whether a stored answer may count as fresh, provided that the mirror is settled. One that was fetched later than now is
  /// older than it seems: the clock was set back since.
  func trusts(_ answer: StoredAnswer, at now: UnixTime) -> Bool {
    answer.isVerbatim && answer.fetchedAt >= trustedSince && answer.fetchedAt <= now
  }

  /// Sets right what a clock that was set back leaves behind. What was fetched before does not count as fresh any more: how
  /// old it is cannot be told.
  /// - Returns: whether there was anything.
  func followClockBack(to now: UnixTime = .now) async throws(MirrorError) -> Bool {
    guard try await store.bringTimesBack(to: now) else { return false }
    trusted.store(now.milliseconds, ordering: .relaxed)
    hot.removeAll()
    return true
  }

  /// Sets the damaged mirror aside and goes on with an empty one; see `MirrorStore.startAnew`.
  /// - Returns: where the damaged one is now.
  func startAnew() async throws(MirrorError) -> String {
    let aside = try await store.startAnew()
    accounts.forgetAll()
    hot.removeAll()
    unsettled.forgetAll()
    return aside
  }

  /// Tries again to open for writing what could not be; see `MirrorStore.reopen`. Whoever mended the disk may have put
  /// another file there: nothing that was known from the old one counts.
  func reopen() async throws(MirrorError) {
    try await store.reopen()
    accounts.forgetAll()
    hot.removeAll()
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

  /// The answer in memory or, failing that, from the store; what the store gave is kept in memory. The store is read off the
  /// event loop: putting a long answer together takes longer than other clients should wait.
  func lookUp(_ target: ArraySlice<UInt8>, _ read: MirrorRead, _ credential: Credential?) async throws -> Finding {
    guard let credential, case .known(let account) = accounts.standing(of: credential) else { return .unknown }
    let key = HotCache.Key(account: account, target: ArraySlice(Array(target)))
    if let entry = hot.entry(for: key) { return .entry(entry) }
    return try await withTaskExecutorPreference(globalConcurrentExecutor) {
      try readAndKeep(read, account, key)
    }
  }

  private func readAndKeep(_ read: MirrorRead, _ account: AccountID, _ key: HotCache.Key) throws -> Finding {
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
