internal import Crypto
internal import Foundation
public import MirrorStore
internal import Synchronization

/// Who a credential is to the mirror.
public enum Standing: Sendable, Equatable {
  /// Upstream never accepted it here: it sees nothing stored.
  case unknown
  case known(AccountID)
  /// Upstream answered 401 or 403 for it last: it sees nothing stored until upstream accepts it again.
  case refused
}

/// Maps credentials to accounts of the mirror by a keyed hash, so that no credential is ever written down.
public final class Accounts: Sendable {
  /// Credentials whose standing is kept in memory; beyond it the table starts anew and is filled again from the store.
  static let rememberedMax = 1024

  private let key: SymmetricKey
  private let store: MirrorStore
  private struct Memory {
    var table: [Credential: (key: AccountKey, standing: Standing)] = [:]
    /// Moves when the store becomes another one.
    var generation = 0
  }
  private let remembered = Mutex(Memory())

  /// - Parameter hashKey: 32 random bytes kept beside the database.
  public init(store: MirrorStore, hashKey: [UInt8]) {
    self.store = store
    key = SymmetricKey(data: hashKey)
  }

  /// The standing of `credential`; reads the store once and memory after that.
  public func standing(of credential: Credential) -> Standing {
    let (known, generation) = remembered.withLock { ($0.table[credential]?.standing, $0.generation) }
    if let known { return known }
    let accountKey = key(of: credential)
    // A store that cannot be read shows nothing to anybody.
    guard let standing = try? stored(accountKey) else { return .unknown }
    // A refusal may have come in between: what is there by now is newer.
    return remembered.withLock { memory in
      if let newer = memory.table[credential]?.standing { return newer }
      guard memory.generation == generation else { return .unknown }
      Self.insert((accountKey, standing), for: credential, in: &memory.table)
      return standing
    }
  }

  /// Upstream accepted the credential: its account exists from now on.
  public func admit(_ credential: Credential) async throws -> AccountID {
    if case .known(let account) = standing(of: credential) { return account }
    let accountKey = key(of: credential)
    let generation = remembered.withLock { $0.generation }
    let account = try await store.admit(accountKey)
    // A store that was replaced meanwhile knows no such account.
    remembered.withLock { memory in
      guard memory.generation == generation else { return }
      Self.insert((accountKey, .known(account)), for: credential, in: &memory.table)
    }
    return account
  }

  /// Upstream refused the credential. Memory learns it first: from now on nothing stored is shown, whatever the disk says.
  public func refuse(_ credential: Credential) async throws {
    let accountKey = key(of: credential)
    guard standing(of: credential) != .refused else { return }
    remember(credential, accountKey, .refused)
    try await store.refuse(accountKey)
  }

  /// The store is another one: what was known of its accounts is void.
  func forgetAll() { remembered.withLock { $0 = Memory(generation: $0.generation + 1) } }

  private func stored(_ accountKey: AccountKey) throws -> Standing {
    if try store.isRefused(accountKey) { return .refused }
    return try store.account(for: accountKey).map(Standing.known) ?? .unknown
  }

  private func remember(_ credential: Credential, _ accountKey: AccountKey, _ standing: Standing) {
    remembered.withLock { Self.insert((accountKey, standing), for: credential, in: &$0.table) }
  }

  private static func insert(
    _ known: (AccountKey, Standing), for credential: Credential,
    in table: inout [Credential: (key: AccountKey, standing: Standing)]
  ) {
    if table.count >= rememberedMax { table.removeAll() }
    table[credential] = known
  }

  /// What the mirror knows the credential by.
  func key(of credential: Credential) -> AccountKey {
    if let known = remembered.withLock({ $0.table[credential]?.key }) { return known }
    return AccountKey(Array(HMAC<SHA256>.authenticationCode(for: credential.bytes, using: key)))
  }
}
