import Synchronization

/// How many requests of a transport may have a connection at a time. Who comes when all places are taken waits in line.
final class Places: Sendable {
  private struct State {
    var free: Int
    /// In the order in which they came; one that gave up is gone from `waiting`.
    var line: [UInt64] = []
    var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    /// Whose time was over before they stood in line.
    var late: Set<UInt64> = []
    var lastNumber: UInt64 = 0
  }
  private let state: Mutex<State>

  init(count: Int) {
    precondition(count > 0, "a transport needs at least one connection")
    state = Mutex(State(free: count))
  }

  /// One of the places, given back once: by `giveBack`, or when nobody holds it any more.
  final class Place: Sendable {
    private let places: Places
    private let isTaken = Atomic(true)

    fileprivate init(of places: Places) { self.places = places }

    func giveBack() {
      if isTaken.exchange(false, ordering: .relaxed) { places.release() }
    }

    deinit { giveBack() }
  }

  /// Takes a place.
  /// - Throws: `.exhausted` when none becomes free in time, `.cancelled`.
  func take(within limit: Duration) async throws(TransportError) -> Place {
    if takeFree() { return Place(of: self) }
    if await waited(limit) { return Place(of: self) }
    let kind = Task.isCancelled ? TransportError.Kind.cancelled : .exhausted
    throw TransportError(kind, requestMayHaveTakenEffect: false)
  }

  /// How many stand in line.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  private func takeFree() -> Bool {
    state.withLock { state in
      guard state.free > 0 else { return false }
      state.free -= 1
      return true
    }
  }

  private func waited(_ limit: Duration) async -> Bool {
    let number = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    let hasPlace = await withTaskGroup(of: Void.self) { group in
      group.addTask { [self] in
        // Cancelled: the wait is over.
        guard (try? await Task.sleep(for: limit)) != nil else { return }
        leave(number)
      }
      defer { group.cancelAll() }
      return await withTaskCancellationHandler {
        await withCheckedContinuation { enter(number, $0) }
      } onCancel: {
        leave(number)
      }
    }
    // The timer may have come too late to be called off; by now it has ended.
    state.withLock { _ = $0.late.remove(number) }
    return hasPlace
  }

  private func enter(_ number: UInt64, _ continuation: CheckedContinuation<Bool, Never>) {
    let hasPlace: Bool? = state.withLock { state in
      // One may have become free, or the wait been called off, before the line was reached.
      if Task.isCancelled || state.late.contains(number) { return false }
      if state.free > 0 {
        state.free -= 1
        return true
      }
      state.line.append(number)
      state.waiting[number] = continuation
      return nil
    }
    if let hasPlace { continuation.resume(returning: hasPlace) }
  }

  private func leave(_ number: UInt64) {
    let waiter = state.withLock { state in
      guard let waiter = state.waiting.removeValue(forKey: number) else {
        state.late.insert(number)
        return nil as CheckedContinuation<Bool, Never>?
      }
      if state.line.count > 2 * state.waiting.count + 16 {
        let waiting = state.waiting
        state.line.removeAll { waiting[$0] == nil }
      }
      return waiter
    }
    waiter?.resume(returning: false)
  }

  private func release() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      while !state.line.isEmpty {
        if let waiter = state.waiting.removeValue(forKey: state.line.removeFirst()) { return waiter }
      }
      state.free += 1
      return nil
    }
    next?.resume(returning: true)
  }
}
