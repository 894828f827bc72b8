internal import Synchronization

/// Runs what must outlive the request that began it: a fetch whose client left, a stream that is read to its end.
///
/// All of it lives in one task group, so that shutdown can wait for it or end it. The number of running pieces is bounded
/// by the connections that start them.
final class BackgroundWork: Sendable {
  typealias Work = @Sendable () async -> Void

  private struct Piece: Sendable {
    let work: Work
    let executor: (any TaskExecutor)?
  }

  private let queue: AsyncStream<Piece>
  private let submission: AsyncStream<Piece>.Continuation
  private let running = Atomic<Int>(0)

  init() {
    (queue, submission) = AsyncStream.makeStream()
  }

  /// How many pieces are running or about to.
  var count: Int { running.load(ordering: .relaxed) }

  /// Starts `work` soon.
  /// - Parameter executor: where it runs; nil: wherever there is room.
  /// - Returns: false when the daemon is going down and takes no more.
  @discardableResult
  func start(on executor: (any TaskExecutor)? = nil, _ work: @escaping Work) -> Bool {
    running.add(1, ordering: .relaxed)
    if case .enqueued = submission.yield(Piece(work: work, executor: executor)) { return true }
    running.subtract(1, ordering: .relaxed)
    return false
  }

  /// No more work is taken; `run` returns when what runs has ended.
  func close() { submission.finish() }

  /// Runs until `close` and the end of all work; cancelling it cancels the work.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await piece in queue {
        group.addTask(executorPreference: piece.executor) {
          await piece.work()
          self.running.subtract(1, ordering: .relaxed)
        }
      }
    }
  }
}
