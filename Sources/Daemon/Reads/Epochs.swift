internal import MirrorStore
internal import Synchronization

/// Counts writes by conversation, so that a slow GET begun before a write cannot put the past back.
///
/// Two orders of events matter. (1) GET begins, write ends, GET's answer comes: its ticket is out of date, the answer is
/// relayed and not stored. (2) GET's answer is being stored while a write ends: the ticket is checked inside the store's
/// one writer, and the write moves the epoch *before* it stores, so its own change lies on top.
final class Epochs: Sendable {
  /// Conversations remembered; beyond it the table starts anew and every running GET's ticket goes out of date.
  static let scopesMax = 10_000

  struct Scope: Hashable, Sendable {
    let account: AccountKey
    /// `nil`: the list of conversations.
    let conversation: String?
  }

  struct Ticket: Sendable, Equatable {
    let scope: Scope
    let everything: UInt64
    let account: UInt64
    let conversation: UInt64
  }

  private struct Table {
    var everything: UInt64 = 0
    var accounts: [AccountKey: UInt64] = [:]
    var scopes: [Scope: UInt64] = [:]
  }

  private let table = Mutex(Table())

  /// Taken before a GET is sent.
  func ticket(_ account: AccountKey, conversation: String?) -> Ticket {
    let scope = Scope(account: account, conversation: conversation)
    return table.withLock { Self.ticket(scope, in: $0) }
  }

  /// Whether no write of its conversation came since the ticket was taken.
  func isCurrent(_ ticket: Ticket) -> Bool {
    table.withLock { Self.ticket(ticket.scope, in: $0) == ticket }
  }

  /// A write to `conversation` begins or ends; it concerns the list too. `nil`: the conversation is not known, so all.
  func move(_ account: AccountKey, conversation: String?) {
    table.withLock { table in
      if table.scopes.count + table.accounts.count >= Self.scopesMax { table = Table(everything: table.everything + 1) }
      guard let conversation else {
        table.accounts[account, default: 0] += 1
        return
      }
      table.scopes[Scope(account: account, conversation: conversation), default: 0] += 1
      table.scopes[Scope(account: account, conversation: nil), default: 0] += 1
    }
  }

  /// Everything may have changed: every ticket goes out of date.
  func moveAll() { table.withLock { $0 = Table(everything: $0.everything + 1) } }

  private static func ticket(_ scope: Scope, in table: Table) -> Ticket {
    Ticket(
      scope: scope, everything: table.everything, account: table.accounts[scope.account] ?? 0,
      conversation: table.scopes[scope] ?? 0)
  }
}
