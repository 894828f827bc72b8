internal import Synchronization

/// A value that is set once and awaited by any number of tasks.
final class Promise<Value: Sendable>: Sendable {
  private enum State {
    case pending([UInt64: CheckedContinuation<Value?, Never>], nextID: UInt64)
    case kept(Value)
  }

  private let state = Mutex(State.pending([:], nextID: 0))

  /// Sets the value; a second call changes nothing.
  func keep(_ value: Value) {
    let waiting = state.withLock { state -> [CheckedContinuation<Value?, Never>] in
      guard case .pending(let waiters, _) = state else { return [] }
      state = .kept(value)
      return Array(waiters.values)
    }
    for continuation in waiting { continuation.resume(returning: value) }
  }

  /// The value if it is there already.
  var current: Value? {
    state.withLock { if case .kept(let value) = $0 { value } else { nil } }
  }

  /// Waits for the value; `nil`: the waiting task was cancelled first.
  func value() async -> Value? {
    if let current { return current }
    let id = state.withLock { state -> UInt64 in
      guard case .pending(let waiters, let id) = state else { return 0 }
      state = .pending(waiters, nextID: id + 1)
      return id
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { enrol($0, as: id) }
    } onCancel: {
      leave(id)
    }
  }

  /// Waits at most `limit`; `nil`: it did not come in time.
  func value(within limit: Duration) async -> Value? {
    if let current { return current }
    return await withTaskGroup(of: Value?.self) { group in
      group.addTask { await self.value() }
      group.addTask {
        try? await Task.sleep(for: limit)  // cancelled: the value came first
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
  }

  /// Waits at most `patience`, or as long as it takes when that is `nil`.
  /// - Returns: `nil`: it did not come in time.
  /// - Throws: `CancellationError`.
  func value(patience: Duration?) async throws -> Value? {
    let value = if let patience { await self.value(within: patience) } else { await self.value() }
    if value == nil, Task.isCancelled { throw CancellationError() }
    return value
  }

  private func enrol(_ continuation: CheckedContinuation<Value?, Never>, as id: UInt64) {
    let kept = state.withLock { state -> Value?? in
      switch state {
      case .kept(let value): return .some(value)
      case .pending(var waiters, let next):
        // Cancelled before it enrolled: `leave` found nobody and will not come again.
        if Task.isCancelled { return .some(nil) }
        waiters[id] = continuation
        state = .pending(waiters, nextID: next)
        return nil
      }
    }
    if let kept { continuation.resume(returning: kept) }
  }

  private func leave(_ id: UInt64) {
    let continuation = state.withLock { state -> CheckedContinuation<Value?, Never>? in
      guard case .pending(var waiters, let next) = state else { return nil }
      let found = waiters.removeValue(forKey: id)
      state = .pending(waiters, nextID: next)
      return found
    }
    continuation?.resume(returning: nil)
  }
}
