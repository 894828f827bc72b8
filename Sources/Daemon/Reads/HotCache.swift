internal import LocalServer
internal import MirrorStore
internal import Synchronization

/// Rendered answers in memory, bounded in bytes: a hit costs a lookup, no SQLite and no JSON.
///
/// The least recently used goes first. An answer that was composed before an invalidation is not taken in after it: the
/// version is read before the store is, and checked when the answer comes in.
final class HotCache: Sendable {
  struct Key: Hashable, Sendable {
    let account: AccountID
    /// The verbatim target: two ways to write one read are two entries.
    let target: ArraySlice<UInt8>

    /// All bytes at once: the synthesized way goes byte by byte.
    func hash(into hasher: inout Hasher) {
      hasher.combine(account)
      target.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
  }

  /// A class: a hit hands out one reference instead of a dozen.
  final class Entry: Sendable {
    let read: MirrorRead
    let answer: StoredAnswer
    let rendered: RenderedResponse

    init(read: MirrorRead, answer: StoredAnswer, rendered: RenderedResponse) {
      (self.read, self.answer, self.rendered) = (read, answer, rendered)
    }
  }

  private struct Slot {
    var entry: Entry
    var lastUse: UInt64
  }

  private struct Table {
    var slots: [Key: Slot] = [:]
    var bytes = 0
    var clock: UInt64 = 0
    var version: UInt64 = 0
  }

  let bytesMax: Int
  private let table = Mutex(Table())

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  var version: UInt64 { table.withLock { $0.version } }
  var bytes: Int { table.withLock { $0.bytes } }
  var count: Int { table.withLock { $0.slots.count } }

  func entry(for key: Key) -> Entry? {
    table.withLock { table in
      guard let index = table.slots.index(forKey: key) else { return nil }
      table.clock += 1
      return Self.used(&table.slots.values[index], at: table.clock)
    }
  }

  private static func used(_ slot: inout Slot, at time: UInt64) -> Entry {
    slot.lastUse = time
    return slot.entry
  }

  /// Takes an entry in unless something was invalidated since `version` was read.
  func insert(_ entry: Entry, for key: Key, version: UInt64) {
    let size = Self.size(entry, key)
    guard size <= bytesMax / 4 else { return }  // one giant must not empty the cache
    table.withLock { table in
      guard table.version == version else { return }
      table.clock += 1
      if let old = table.slots.updateValue(Slot(entry: entry, lastUse: table.clock), forKey: key) {
        table.bytes -= Self.size(old.entry, key)
      }
      table.bytes += size
      if table.bytes > bytesMax { Self.evict(&table, to: bytesMax / 4 * 3) }
    }
  }

  /// Something of the account changed: `conversation` and the lists that show it; `nil`: everything of the account.
  func invalidate(_ account: AccountID, conversation: String?) {
    table.withLock { table in
      table.version += 1
      let stale = table.slots.filter { key, slot in
        guard key.account == account else { return false }
        guard let conversation, let shown = slot.entry.read.conversationID else { return true }
        return shown == conversation
      }
      for (key, slot) in stale {
        table.slots.removeValue(forKey: key)
        table.bytes -= Self.size(slot.entry, key)
      }
    }
  }

  func removeAll() {
    table.withLock { table in
      table.version += 1
      table.slots.removeAll()
      table.bytes = 0
    }
  }

  private static func evict(_ table: inout Table, to bytesGoal: Int) {
    for (key, slot) in table.slots.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
      guard table.bytes > bytesGoal else { return }
      table.slots.removeValue(forKey: key)
      table.bytes -= size(slot.entry, key)
    }
  }

  private static func size(_ entry: Entry, _ key: Key) -> Int {
    entry.rendered.byteCount + key.target.count + 256  // the slot itself, roughly
  }
}
