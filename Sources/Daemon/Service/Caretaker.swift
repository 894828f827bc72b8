internal import Logging
internal import MirrorStore
internal import Synchronization

/// Looks after the mirror beside the traffic: indexes what was recorded, keeps it within its limits, and replaces it when it
/// is damaged.
final class Caretaker: Sendable {
  /// How often it looks whether the mirror is too large; what is damaged it looks at when that shows.
  static let interval = Duration.seconds(60)
  /// A check reads the whole mirror: not again and again when errors say damage and it finds none.
  static let checkInterval = Duration.seconds(600)

  /// How soon a mirror that cannot be written is tried again; each time later, up to `interval`.
  static let reopeningPause = Duration.seconds(5)

  /// What is recorded within this time is indexed together.
  static let indexingDelay = Duration.milliseconds(100)

  /// What is wrong, the worse the greater.
  private enum Trouble: Int {
    case index
    /// The daemon before this one ended at any moment, perhaps with the machine: nobody has looked since.
    case unchecked
    case damaged
    /// A check found the damage.
    case condemned
  }
  private struct State {
    var trouble: Trouble?
    var nudge = Promise<Void>()
    var lastCheck: ContinuousClock.Instant?
    var setAside: String?
    var clock = ClockWatch()
    /// Times in the mirror may lie ahead of the clock.
    var clockIsBack = false
  }

  private let mirror: Mirror
  private let policy: Live<RetentionPolicy>
  private let counters: Counters
  private let ledger: DayLedger
  private let logger: Logger
  private let isReachable: @Sendable () -> Bool
  private let mayWrite: @Sendable () -> Bool
  private let becameWritable: @Sendable () -> Void
  private let state = Mutex(State())
  /// Kept when there is something to index.
  private let unindexed = Mutex(Promise<Void>())

  /// - Parameters:
  ///   - checksFirst: Whether the mirror is read through for damage before anything else is done.
  ///   - isReachable: Whether what is dropped could be fetched again.
  ///   - mayWrite: Whether no other daemon writes the mirror; asked before one that could not be written is tried again.
  ///   - becameWritable: Called when a mirror that could not be written was opened for writing after all.
  init(
    mirror: Mirror, policy: Live<RetentionPolicy>, checksFirst: Bool, counters: Counters, ledger: DayLedger,
    logger: Logger,
    isReachable: @escaping @Sendable () -> Bool, mayWrite: @escaping @Sendable () -> Bool = { true },
    becameWritable: @escaping @Sendable () -> Void = {}
  ) {
    (self.mirror, self.policy, self.counters, self.logger) = (mirror, policy, counters, logger)
    (self.isReachable, self.becameWritable, self.ledger) = (isReachable, becameWritable, ledger)
    self.mayWrite = mayWrite
    let trouble: Trouble? = mirror.store.mustStartAnew ? .condemned : checksFirst ? .unchecked : nil
    state.withLock { $0.trouble = trouble }
  }

  /// Where the damaged mirror is that was replaced while the daemon ran; `nil`: none was.
  var setAside: String? { state.withLock { $0.setAside } }

  /// Something was recorded: it can be searched for soon.
  func noteRecorded() { unindexed.withLock { $0 }.keep(()) }

  /// Something failed: when that means damage, it is looked at soon.
  func note(_ error: any Error) {
    switch (error as? MirrorError)?.kind {
    case .corrupt: call(for: .damaged)
    case .corruptIndex: call(for: .index)
    default: return
    }
  }

  private func call(for trouble: Trouble) {
    let waiting = state.withLock { state in
      state.trouble = Self.worse(state.trouble, trouble)
      return state.nudge
    }
    waiting.keep(())
  }

  /// Runs until cancelled.
  func run() async {
    async let indexing: Void = indexWhatComes()
    await lookAfter()
    await indexing
  }

  private func indexWhatComes() async {
    // What the daemon before this one left.
    noteRecorded()
    while await unindexed.withLock({ $0 }).value() != nil, !Task.isCancelled {
      // Cancelled: the next look at it ends the loop.
      try? await Task.sleep(for: Self.indexingDelay)
      unindexed.withLock { $0 = Promise() }
      guard await !index() else { continue }
      try? await Task.sleep(for: Self.indexingPause)
      noteRecorded()
    }
  }

  /// How long a failed try waits for the next one.
  private static let indexingPause = Duration.seconds(5)
  /// How long the end of the daemon waits for it; the next start goes on.
  private static let lastIndexing = Duration.seconds(2)

  /// Indexes what was recorded up to now.
  /// - Returns: Whether all of it is.
  private func index() async -> Bool {
    guard mirror.store.shortcoming == nil else { return true }  // once it can be written, this is called again
    do throws(MirrorError) {
      try await mirror.store.index()
      return true
    } catch {
      logger.debug("what was recorded cannot be indexed now", metadata: ["cause": "\(error)"])
      note(error)
      return false
    }
  }

  private func saveLedger() async {
    do throws(MirrorError) { try await ledger.save(into: mirror.store) } catch {
      logger.debug("what was done today cannot be written down now", metadata: ["cause": "\(error)"])
      note(error)
    }
  }

  /// Writes down what was done, and indexes what is left, as far as that goes quickly.
  func indexTheRest() async {
    if mirror.store.shortcoming == nil { await saveLedger() }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { _ = await self.index() }
      group.addTask { try? await Task.sleep(for: Self.lastIndexing) }  // cancelled: it is done
      await group.next()
      group.cancelAll()
    }
  }

  private func lookAfter() async {
    var pause = Self.reopeningPause
    while !Task.isCancelled {
      let nudge = state.withLock { state in
        if state.nudge.current != nil { state.nudge = Promise() }
        return state.nudge
      }
      await reopenIfNeeded()
      guard mirror.store.shortcoming == nil else {
        await Pause.sleep(for: pause)  // or until the end
        pause = min(pause * 2, Self.interval)
        continue
      }
      await mend()
      guard mirror.store.shortcoming == nil else { continue }  // the new one could not be begun
      await followClock()
      await keepWithinLimits()
      await saveLedger()
      pause = Self.reopeningPause
      _ = await nudge.value(within: Self.interval)
    }
  }

  private func reopenIfNeeded() async {
    guard mirror.store.shortcoming != nil, mayWrite() else { return }
    // One that was found damaged is not opened again: a new one takes its place, as soon as it can be begun.
    if state.withLock({ $0.trouble == .condemned }) {
      await mend()
    } else {
      do throws(MirrorError) { try await mirror.reopen() } catch {
        logger.debug("the mirror still cannot be written", metadata: ["cause": "\(error)"])
        if error.kind == .corrupt { call(for: .condemned) }
      }
    }
    guard mirror.store.shortcoming == nil else { return }
    becameWritable()
    logger.notice("the mirror can be written again")
    noteRecorded()
  }

  /// Sets right what a clock that was set back leaves behind, before anything is compared with it: at each recording, and once
  /// in a while.
  func followClock() async {
    let isBack = state.withLock { state in
      if state.clock.look() { state.clockIsBack = true }
      return state.clockIsBack
    }
    guard isBack, mirror.store.shortcoming == nil else { return }
    do throws(MirrorError) {
      let hadTimesAhead = try await mirror.followClockBack()
      state.withLock { $0.clockIsBack = false }
      guard hadTimesAhead else { return }
      logger.notice("the clock was set back: times in the mirror that lay ahead were brought back to it")
    } catch {
      logger.debug("times ahead of the clock cannot be brought back to it now", metadata: ["cause": "\(error)"])
      note(error)
    }
  }

  private func clockError(within age: Duration) -> Duration { state.withLock { $0.clock.error(within: age) } }

  /// One pass over the limits.
  func keepWithinLimits() async {
    var policy = policy.current
    // During an outage nothing is seen: it would all grow old at once. So it would by a clock that was set on.
    policy.ageMax = isReachable() ? policy.ageMax.map { $0 + clockError(within: $0) } : nil
    do throws(MirrorError) {
      let outcome = try await mirror.store.enforce(policy)
      guard !outcome.isNothing else { return }
      counters.count(.evictedResponses, by: UInt64(outcome.responses))
      counters.count(.evictedConversations, by: UInt64(outcome.conversations))
      logger.info(
        "the mirror was brought within its limits",
        metadata: [
          "answers": "\(outcome.responses)", "conversations": "\(outcome.conversations)",
          "deleted-texts": "\(outcome.deletedTexts)",
        ])
    } catch {
      logger.debug("the mirror cannot be brought within its limits now", metadata: ["cause": "\(error)"])
      note(error)
    }
  }

  // MARK: Damage

  private func mend() async {
    var trouble = state.withLock { state in
      let trouble = state.trouble
      state.trouble = nil
      return trouble
    }
    do throws(MirrorError) {
      switch trouble {
      case nil: return
      case .index: try await rebuildIndex()
      case .condemned: try await replace()
      case .unchecked, .damaged:
        guard try await isDamaged(asReported: trouble == .damaged) else { return }
        trouble = .condemned
        try await replace()
      }
    } catch {
      logger.error("the mirror cannot be mended now", metadata: ["cause": "\(error)"])
      // Tried again at the next look.
      state.withLock { $0.trouble = Self.worse($0.trouble, trouble) }
    }
  }

  private static func worse(_ left: Trouble?, _ right: Trouble?) -> Trouble? {
    guard let left, let right else { return left ?? right }
    return left.rawValue >= right.rawValue ? left : right
  }

  private func rebuildIndex() async throws(MirrorError) {
    try await mirror.store.clearIndex()
    logger.notice("the search index was damaged and is made anew")
    noteRecorded()
  }

  /// One error may be a passing one: only a check of all of it condemns the mirror.
  private func isDamaged(asReported: Bool) async throws(MirrorError) -> Bool {
    let now = ContinuousClock.now
    guard !asReported || state.withLock({ $0.lastCheck.map { now - $0 >= Self.checkInterval } ?? true }) else {
      return false
    }
    let damage = try await mirror.store.damage()
    if asReported { state.withLock { $0.lastCheck = now } }
    switch (damage, asReported) {
    case (.some, _): break
    case (nil, true): logger.warning("the mirror reported damage, but a check finds none")
    case (nil, false): logger.info("the mirror is sound: it was read through after an unclean end")
    }
    return damage != nil
  }

  private func replace() async throws(MirrorError) {
    let aside = try await mirror.startAnew()
    state.withLock { ($0.setAside, $0.lastCheck) = (aside, nil) }
    logger.error("the mirror is damaged and was set aside; a new one is begun", metadata: ["set-aside": "\(aside)"])
  }
}
