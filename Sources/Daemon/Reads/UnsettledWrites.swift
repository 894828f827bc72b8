internal import MirrorStore
internal import Synchronization

/// Writes that upstream took, or may have taken, and that the mirror does not show yet. While an account has any, none of its
/// stored answers counts as fresh.
final class UnsettledWrites: Sendable {
  /// Failed writes that are remembered, to make stale what they changed once the mirror can be written again. Beyond, the
  /// account is not trusted any more until the daemon is started anew.
  static let failedMax = 10_000

  struct Key: Hashable, Sendable {
    let account: AccountKey
    fileprivate let number: UInt64
  }

  private struct State {
    var underWay: [AccountKey: Int] = [:]
    var failed: [Key: MirrorWrite] = [:]
    var failedOf: [AccountKey: Int] = [:]
    var overflowed: Set<AccountKey> = []
    var lastNumber: UInt64 = 0
  }

  private let state = Mutex(State())
  /// Whether there is anything at all: reads ask on the hot path.
  private let isEmpty = Atomic(true)

  /// Upstream has answered, or will not: from now on the mirror lags behind until `settled` or `failed` is called.
  func begin(_ account: AccountKey) {
    state.withLock { $0.underWay[account, default: 0] += 1 }
    isEmpty.store(false, ordering: .sequentiallyConsistent)
  }

  /// The mirror shows the write.
  func settled(_ account: AccountKey) {
    state.withLock { Self.end(account, &$0) }
  }

  /// The mirror could neither record the write nor make stale what it changed.
  func failed(_ write: MirrorWrite, _ account: AccountKey) {
    state.withLock { state in
      Self.end(account, &state)
      guard state.failed.count < Self.failedMax else {
        state.overflowed.insert(account)
        return
      }
      state.lastNumber += 1
      state.failed[Key(account: account, number: state.lastNumber)] = write
      state.failedOf[account, default: 0] += 1
    }
  }

  /// The failed writes, to try again.
  var failures: [(key: Key, write: MirrorWrite)] { state.withLock { $0.failed.map { ($0.key, $0.value) } } }

  /// What the failed write changed is stale by now.
  func settledAtLast(_ key: Key) {
    state.withLock { state in
      guard state.failed.removeValue(forKey: key) != nil, let count = state.failedOf[key.account] else { return }
      state.failedOf[key.account] = count > 1 ? count - 1 : nil
    }
  }

  /// - Parameter account: is asked for only when there is anything.
  func has(_ account: () -> AccountKey) -> Bool {
    if isEmpty.load(ordering: .sequentiallyConsistent) { return false }
    let account = account()
    return state.withLock { state in
      if state.underWay.isEmpty, state.failed.isEmpty, state.overflowed.isEmpty {
        // Within the lock: whoever begins a write waits for it, and then says so again.
        isEmpty.store(true, ordering: .sequentiallyConsistent)
        return false
      }
      return state.underWay[account] != nil || state.failedOf[account] != nil || state.overflowed.contains(account)
    }
  }

  var hasFailures: Bool { state.withLock { !$0.failed.isEmpty || !$0.overflowed.isEmpty } }

  /// The mirror is another one, which holds nothing that could be stale.
  func forgetAll() {
    state.withLock { state in
      (state.failed, state.failedOf, state.overflowed) = ([:], [:], [])
    }
  }

  private static func end(_ account: AccountKey, _ state: inout State) {
    guard let count = state.underWay[account] else { return }
    state.underWay[account] = count > 1 ? count - 1 : nil
  }
}
