import MirrorStore
import Testing

@testable import Daemon

/// The wall clock can be set, by people and by NTP; what is stored must not suffer from it.
@Suite struct ClockWatchTests {
  private let start = ContinuousClock.now

  private func wall(_ seconds: Int64) -> UnixTime { UnixTime(milliseconds: (1_800_000_000 + seconds) * 1000) }

  /// What a watch says at each look, and the watch after the last one. Seconds of the wall clock and of the steady one.
  private func looks(_ times: [(wall: Int64, steady: Int64)]) -> (saidBack: [Bool], clock: ClockWatch) {
    var clock = ClockWatch()
    let said = times.map { clock.look(wall($0.wall), start + .seconds($0.steady)) }
    return (said, clock)
  }

  private func error(_ clock: ClockWatch, within seconds: Int, at steady: Int) -> Duration {
    clock.error(within: .seconds(seconds), at: start + .seconds(steady))
  }

  @Test func aClockThatIsSteeredMakesNoStep() {
    let (saidBack, clock) = looks([(0, 0), (60, 60), (3_663, 3_660), (3_717, 3_720)])
    #expect(saidBack == [true, false, false, false], "before the first look it may have been")
    #expect(error(clock, within: 86_400, at: 3_720) == .zero)
  }

  @Test func aClockThatIsSetOnMakesThingsSeemOlder() {
    let (saidBack, clock) = looks([(0, 0), (60 + 86_400, 60), (120 + 2 * 86_400, 120)])
    #expect(saidBack == [true, false, false])
    #expect(error(clock, within: 3_600, at: 120) == .seconds(2 * 86_400))
    // What is older than a step is as old as it seems.
    #expect(error(clock, within: 3_600, at: 3_700) == .seconds(86_400))
    #expect(error(clock, within: 3_600, at: 3_800) == .zero)
  }

  @Test func aClockThatIsSetBackMakesNothingOlder() {
    let (saidBack, clock) = looks([(0, 0), (-86_400, 60), (-86_340, 120)])
    #expect(saidBack == [true, true, false])
    #expect(error(clock, within: 3_600, at: 120) == .zero)
  }

  @Test func whatWasFetchedLaterThanNowIsNotFresh() async throws {
    let store = try MirrorStore.open(.memory)
    let mirror = Mirror(
      store: store, accounts: Accounts(store: store, hashKey: [1]), memoryBytesMax: 0, trustedSince: wall(0))
    func answer(_ fetchedAt: UnixTime) -> StoredAnswer {
      StoredAnswer(fetchedAt: fetchedAt, isComplete: true, isVerbatim: true, entityTag: nil)
    }
    #expect(mirror.trusts(answer(wall(5)), at: wall(5)))
    #expect(!mirror.trusts(answer(wall(6)), at: wall(5)))
    #expect(!mirror.trusts(answer(wall(-1)), at: wall(5)))
    #expect(try await !mirror.followClockBack(to: wall(5)), "nothing is ahead")
    #expect(mirror.trustedSince == wall(0))
  }
}
