internal import LocalServer
internal import Synchronization

/// A bounded buffer of bytes between the task that reads upstream and the task that writes to the client.
///
/// One producer, one consumer. A full buffer suspends the producer (back-pressure reaches upstream); a consumer that
/// leaves sets it free to read on alone. One that leaves before it took anything may be followed by another.
///
/// A consumer that waits lends its socket to the pipe: whole events that find nothing before them go straight there.
final class RelayPipe: Sendable {
  /// Bytes that wait for a slow client before upstream is slowed down: a few hundred events.
  static let capacity = 64 << 10

  private struct State {
    var buffer: [UInt8] = []
    var cut = EventCut()
    /// The way to the client, while the consumer waits and nothing lies in the buffer.
    var direct: DirectWriter?
    var isFinished = false
    var failure: (any Error)?
    var isAbandoned = false
    /// Nobody consumes, but somebody may come; the buffer then holds this much.
    var parkedBytesMax: Int?
    /// Kept when the consumer leaves.
    var left = Promise<Void>()
    /// Moves with every push and at the end, so that a waiter can tell whether it missed something.
    var changes = 0
    var producer: CheckedContinuation<Void, Never>?
    var consumer: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let consumerSilenceMax: Duration
  /// Kept when the consumer there is now leaves.
  var left: Promise<Void> { state.withLock { $0.left } }

  /// - Parameter consumerSilenceMax: how long a full pipe waits for a consumer that may have gone without a word; above the
  ///   time that a slow client is given for one write.
  init(consumerSilenceMax: Duration = .seconds(70)) { self.consumerSilenceMax = consumerSilenceMax }

  /// Hands bytes to the consumer; waits while the buffer is full.
  /// - Returns: false when the consumer has left, was silent for too long, or this task is cancelled.
  func push(_ bytes: [UInt8]) async -> Bool {
    while true {
      let isTaken = state.withLock { state -> Bool? in
        if state.isAbandoned { return false }
        // One piece always fits, whatever its size: pieces are bounded by the transport's reads.
        let capacity = state.parkedBytesMax ?? Self.capacity
        if !state.buffer.isEmpty, state.buffer.count + bytes.count > capacity { return nil }
        state.buffer += bytes
        state.changes += 1
        return true
      }
      if let isTaken {
        if isTaken { wakeConsumer() }
        return isTaken
      }
      guard !isParked, await roomComes(within: consumerSilenceMax) else {
        abandon()
        return false
      }
    }
  }

  /// Opens the way to the client, or ends it; a delivery under way ends first.
  func lend(_ direct: DirectWriter?) { state.withLock { $0.direct = $0.isAbandoned ? nil : direct } }

  /// Whether whole events can go straight to the client now.
  var isLent: Bool { state.withLock { $0.direct != nil } }

  /// Sends whole events straight to the client; never waits. Called between two pushes only.
  /// - Returns: false: nothing was taken; ``push(_:)`` is the way now.
  func deliver(_ events: [UInt8]) -> Bool {
    let outcome = state.withLock { state -> DirectWriter.Outcome in
      guard let direct = state.direct, !state.isFinished, state.buffer.isEmpty else { return .refused }
      var cut = state.cut
      guard cut.wholeBytes(in: events) == events.count else { return .refused }
      let outcome = direct.write(events)
      if outcome != .refused {
        cut.drop(events.count)
        state.cut = cut
      }
      if outcome == .kept { (state.direct, state.changes) = (nil, state.changes + 1) }
      return outcome
    }
    if outcome == .kept { wakeConsumer() }
    return outcome != .refused
  }

  /// The producer is done; `failure`: the consumer's body must be visibly broken.
  func finish(failure: (any Error)? = nil) {
    state.withLock { state in
      (state.isFinished, state.failure) = (true, failure)
      state.changes += 1
    }
    wakeConsumer()
  }

  /// The consumer leaves; the producer is told at its next push.
  func abandon() {
    let (producer, left) = state.withLock { state in
      (state.isAbandoned, state.buffer, state.direct) = (true, [], nil)
      return (state.producer.take(), state.left)
    }
    producer?.resume()
    left.keep(())
  }

  /// The consumer leaves before it took anything: as long as no more than so many bytes come, another may take its place.
  func park(upTo bytesMax: Int) {
    let (producer, left) = state.withLock { state in
      state.parkedBytesMax = bytesMax
      return (state.producer.take(), state.left)
    }
    producer?.resume()
    left.keep(())
  }

  /// Takes the place of a consumer that took nothing.
  /// - Returns: false: too late, bytes are lost.
  func attend() -> Bool {
    state.withLock { state in
      guard !state.isAbandoned else { return false }
      if state.parkedBytesMax != nil { state.left = Promise() }
      state.parkedBytesMax = nil
      return true
    }
  }

  private var isParked: Bool { state.withLock { $0.parkedBytesMax != nil } }
  /// Whether somebody consumes what comes, or is about to.
  var isAttended: Bool { state.withLock { !$0.isAbandoned && $0.parkedBytesMax == nil } }
  var bufferedBytes: Int { state.withLock { $0.buffer.count } }

  var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

  /// All bytes that are there, waiting for the first; `nil` at the end.
  /// - Throws: the producer's failure, after the bytes before it.
  func next() async throws -> [UInt8]? {
    while true {
      let seen = changes
      if let bytes = takeAll() { return bytes }
      if try isOver() { return nil }
      await waitForChange(since: seen)
    }
  }

  /// Bytes up to the last whole event: an event that is not whole is held `hold` at most, or until `bytesMax` are there.
  /// - Parameter writer: lends the way to the client while this waits.
  func nextEvents(hold: Duration, bytesMax: Int, lentBy writer: BodyWriter? = nil) async throws -> [UInt8]? {
    var heldSince: ContinuousClock.Instant?
    while true {
      let isHeldLongEnough = heldSince.map { ContinuousClock.now - $0 >= hold } ?? false
      let seen = changes
      let bytes = state.withLock { state -> [UInt8]? in
        guard !state.buffer.isEmpty else { return nil }
        let whole = state.cut.wholeBytes(in: state.buffer)
        let mustGo = isHeldLongEnough || state.isFinished || state.buffer.count >= bytesMax
        let count = whole > 0 ? whole : mustGo ? state.buffer.count : 0
        guard count > 0 else { return nil }
        state.cut.drop(count)
        return Self.take(count, &state)
      }
      if let bytes {
        wakeProducer()
        return bytes
      }
      if try isOver() { return nil }
      if isEmpty {
        try await waitForChange(since: seen, lending: writer)
      } else {
        let since = heldSince ?? .now
        heldSince = since
        await waitForChange(since: seen, within: hold - since.duration(to: .now))
      }
    }
  }

  // MARK: - Parts

  private var changes: Int { state.withLock { $0.changes } }
  private var isEmpty: Bool { state.withLock { $0.buffer.isEmpty } }

  private static func take(_ count: Int, _ state: inout State) -> [UInt8] {
    if count == state.buffer.count {
      let all = state.buffer
      state.buffer = []
      return all
    }
    let head = Array(state.buffer[..<count])
    state.buffer.removeFirst(count)
    return head
  }

  private func takeAll() -> [UInt8]? {
    let bytes = state.withLock { $0.buffer.isEmpty ? nil : Self.take($0.buffer.count, &$0) }
    if bytes != nil { wakeProducer() }
    return bytes
  }

  private func isOver() throws -> Bool {
    try state.withLock { state in
      guard state.isFinished, state.buffer.isEmpty else {
        if Task.isCancelled { throw CancellationError() }
        return false
      }
      if let failure = state.failure { throw failure }
      return true
    }
  }

  private func wakeProducer() { state.withLock { $0.producer.take() }?.resume() }
  private func wakeConsumer() { state.withLock { $0.consumer.take() }?.resume() }

  private func roomComes(within limit: Duration) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        await self.waitForRoom()
        return !Task.isCancelled
      }
      group.addTask {
        await Pause.sleep(for: limit)  // or until the room comes
        return false
      }
      let hasRoom = await group.next() ?? false
      group.cancelAll()
      return hasRoom
    }
  }

  private func waitForRoom() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mustGoOn = state.withLock { state in
          if state.isAbandoned || state.buffer.isEmpty || Task.isCancelled { return true }
          state.producer = continuation
          return false
        }
        if mustGoOn { continuation.resume() }
      }
    } onCancel: {
      wakeProducer()
    }
  }

  private func waitForChange(since seen: Int) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mustGoOn = state.withLock { state in
          if state.changes != seen || Task.isCancelled { return true }
          state.consumer = continuation
          return false
        }
        if mustGoOn { continuation.resume() }
      }
    } onCancel: {
      wakeConsumer()
    }
  }

  /// A change that came before the loan leaves something in the buffer, so that nothing is delivered past it.
  private func waitForChange(since seen: Int, lending writer: BodyWriter?) async throws {
    guard let writer, let direct = writer.lend() else { return await waitForChange(since: seen) }
    lend(direct)
    await waitForChange(since: seen)
    lend(nil)
    try await writer.takeBack(direct)
  }

  private func waitForChange(since seen: Int, within limit: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.waitForChange(since: seen) }
      group.addTask { try? await Task.sleep(for: limit) }  // cancelled: the change came first
      await group.next()
      group.cancelAll()
    }
  }
}
