internal import Synchronization

/// Runs what must outlive the request that began it: a fetch whose client left, a stream that is read to its end.
///
/// All of it lives in one task group, so that shutdown can wait for it or end it. The number of running pieces is bounded
/// by the connections that start them.
final class BackgroundWork: Sendable {
  typealias Work = @Sendable () async -> Void

  private let queue: AsyncStream<Work>
  private let submission: AsyncStream<Work>.Continuation
  private let running = Atomic<Int>(0)

  init() {
    (queue, submission) = AsyncStream.makeStream()
  }

  /// How many pieces are running or about to.
  var count: Int { running.load(ordering: .relaxed) }

  /// Starts `work` soon.
  /// - Returns: false when the daemon is going down and takes no more.
  @discardableResult
  func start(_ work: @escaping Work) -> Bool {
    running.add(1, ordering: .relaxed)
    if case .enqueued = submission.yield(work) { return true }
    running.subtract(1, ordering: .relaxed)
    return false
  }

  /// No more work is taken; `run` returns when what runs has ended.
  func close() { submission.finish() }

  /// Runs until `close` and the end of all work; cancelling it cancels the work.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await work in queue {
        group.addTask {
          await work()
          self.running.subtract(1, ordering: .relaxed)
        }
      }
    }
  }
}
