internal import Crypto
internal import LocalServer
internal import Synchronization
internal import WireFormats

/// Calls whose client may hang up before it has an answer, so that a repetition takes the call over instead of being sent,
/// billed and recorded a second time.
///
/// Two clients that are both there are never merged: a call is taken over only when its client has gone, or has at least
/// closed its sending side, or was told that no answer came in time.
final class UnansweredCalls<Call: Sendable>: Sendable {
  /// How long an answer that nobody got waits for a repetition.
  static var keptFor: Duration { .seconds(60) }
  /// Answers that wait for one; the oldest goes first.
  static var keptMax: Int { 64 }

  /// What makes two calls the same: the account, and every byte that can matter to upstream.
  struct Key: Hashable, Sendable {
    fileprivate let credential: Credential?
    fileprivate let digest: [UInt8]

    init(_ head: RequestHead, body: [UInt8], _ credential: Credential?) {
      self.credential = credential
      var hash = SHA256()
      for part in [Array(head.method.utf8), Array(head.originForm), Array(Fetches.variant(of: head).utf8)] {
        hash.update(data: part)
        hash.update(data: [0])
      }
      hash.update(data: body)
      digest = Array(hash.finalize())
    }
  }

  /// One client's part in a call.
  struct Ticket: Sendable {
    fileprivate let key: Key
    fileprivate let id: UInt64
    fileprivate let turn: UInt64
  }

  private struct Entry {
    let id: UInt64
    let call: Call
    /// Moves with each client that takes the call over.
    var turn: UInt64 = 0
    /// nil: gone, or no longer waiting.
    var client: Request?
    /// When the call was over.
    var endedAt: ContinuousClock.Instant?
    /// Whether its answer can be given to somebody else; known once it is over.
    var isKeepable = true

    var isOrphaned: Bool { client?.clientHasFinishedSending ?? true }
  }

  private struct Table {
    var entries: [Key: [Entry]] = [:]
    var lastID: UInt64 = 0
  }

  private let table = Mutex(Table())
  private let now: @Sendable () -> ContinuousClock.Instant

  /// - Parameter now: the time; tests have their own.
  init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

  /// A call begins.
  func begin(_ key: Key, _ call: Call, _ client: Request) -> Ticket {
    table.withLock { table in
      table.lastID += 1
      table.entries[key, default: []].append(Entry(id: table.lastID, call: call, client: client))
      return Ticket(key: key, id: table.lastID, turn: 0)
    }
  }

  /// Takes over an earlier call of the same bytes whose client hung up unanswered; nil: there is none.
  func takeOver(_ key: Key, by client: Request) -> (call: Call, ticket: Ticket)? {
    let oldest = now() - Self.keptFor
    return table.withLock { table in
      Self.dropEnded(before: oldest, from: &table)
      guard let index = table.entries[key]?.firstIndex(where: \.isOrphaned), var entry = table.entries[key]?[index]
      else { return nil }
      entry.turn += 1
      entry.client = client
      table.entries[key]?[index] = entry
      return (entry.call, Ticket(key: key, id: entry.id, turn: entry.turn))
    }
  }

  /// Whether another client has taken the call over since.
  func wasTakenOver(_ ticket: Ticket) -> Bool {
    table.withLock { table in
      guard let entry = table.entries[ticket.key]?.first(where: { $0.id == ticket.id }) else { return false }
      return entry.turn != ticket.turn
    }
  }

  /// The client has left, or will not wait: the call is anybody's who repeats it.
  func leave(_ ticket: Ticket) {
    change(ticket) { entry in
      if entry.turn == ticket.turn { entry.client = nil }
      return entry.client != nil || entry.isKeepable
    }
  }

  /// The answer is here and on its way to the client. One that may have hung up may not get it: it is kept for a while.
  /// - Parameter isKeepable: Whether the answer can be given to somebody else.
  func answered(_ ticket: Ticket, isKeepable: Bool) {
    let now = now()
    change(ticket) { entry in
      guard isKeepable, entry.isOrphaned else { return false }
      entry.endedAt = entry.endedAt ?? now
      return true
    }
  }

  /// The call is over; when nobody waits for it, its answer is kept for a while.
  func ended(_ ticket: Ticket, isKeepable: Bool) {
    let now = now()
    change(ticket) { entry in
      // Also while a client waits: it may leave before it is told.
      (entry.endedAt, entry.isKeepable) = (entry.endedAt ?? now, isKeepable)
      return entry.client != nil || isKeepable
    }
  }

  var count: Int { table.withLock { $0.entries.values.reduce(0) { $0 + $1.count } } }

  /// - Parameter body: Says whether the entry stays.
  private func change(_ ticket: Ticket, _ body: (inout Entry) -> Bool) {
    table.withLock { table in
      guard let index = table.entries[ticket.key]?.firstIndex(where: { $0.id == ticket.id }) else { return }
      if body(&table.entries[ticket.key]![index]) {
        Self.dropOldest(from: &table)
      } else {
        table.entries[ticket.key]?.remove(at: index)
        if table.entries[ticket.key]?.isEmpty == true { table.entries[ticket.key] = nil }
      }
    }
  }

  private static func dropEnded(before oldest: ContinuousClock.Instant, from table: inout Table) {
    for key in table.entries.keys {
      table.entries[key]?.removeAll { $0.endedAt.map { $0 < oldest } ?? false }
      if table.entries[key]?.isEmpty == true { table.entries[key] = nil }
    }
  }

  private static func dropOldest(from table: inout Table) {
    let ended = table.entries.values.flatMap { $0.compactMap(\.endedAt) }.sorted()
    guard ended.count > keptMax else { return }
    // Inclusive: the one that is dropped is older than what remains.
    dropEnded(before: ended[ended.count - keptMax], from: &table)
  }
}
