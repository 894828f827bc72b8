import Foundation
import MirrorStore
import Synchronization
import Testing

@testable import Daemon

@Suite struct DayLedgerTests {
  private static let day = UnixTime(milliseconds: 1_767_398_400_000)  // 2026-01-03

  private func counted(_ store: MirrorStore) throws -> [DayCount: Int64] {
    try store.dayCounts(since: Self.day)["2026-01-03"] ?? [:]
  }

  @Test func whatWasDoneSinceTheLastTimeIsAdded() async throws {
    let store = try MirrorStore.open(.memory)
    let totals = Mutex<[DayCount: UInt64]>([.calls: 3, .savedCalls: 0])
    let ledger = DayLedger { totals.withLock { $0 } }
    try await ledger.save(into: store, at: Self.day)
    #expect(try counted(store)[.calls] == 3 && counted(store)[.savedCalls] == nil)
    totals.withLock { $0 = [.calls: 5, .savedCalls: 4] }
    try await ledger.save(into: store, at: Self.day)
    try await ledger.save(into: store, at: Self.day)
    #expect(try counted(store)[.calls] == 5 && counted(store)[.savedCalls] == 4)
    #expect(try (counted(store)[.mirrorBytes] ?? 0) > 0)
  }

  @Test func aDayOnWhichNothingWasDoneIsNotWritten() async throws {
    let store = try MirrorStore.open(.memory)
    let before = store.workCounters.storeWrites
    try await DayLedger { [.calls: 0] }.save(into: store, at: Self.day)
    #expect(store.workCounters.storeWrites == before)
  }

  @Test func whatCouldNotBeWrittenIsAddedTheNextTime() async throws {
    let ledger = DayLedger { [.calls: 3] }
    let path = NSTemporaryDirectory() + "ledger-\(UUID()).sqlite"
    defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
    let store = try MirrorStore.open(.file(path))
    let readOnly = try MirrorStore.open(.file(path), readOnly: true)
    await #expect(throws: MirrorError.self) { try await ledger.save(into: readOnly, at: Self.day) }
    try await ledger.save(into: store, at: Self.day)
    #expect(try counted(store)[.calls] == 3)
  }

  /// A daemon that begins anew counts on from what was written.
  @Test func aRestartCountsOn() async throws {
    let store = try MirrorStore.open(.memory)
    for _ in 1...2 { try await DayLedger { [.calls: 3] }.save(into: store, at: Self.day) }
    #expect(try counted(store)[.calls] == 6)
  }
}
