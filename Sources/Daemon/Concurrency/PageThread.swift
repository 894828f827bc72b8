internal import Dispatch

/// One thread on which the daemon's own pages are made, one after the other: a page that takes long keeps only pages waiting,
/// never the threads that serve apps.
final class PageThread: TaskExecutor {
  private let queue = DispatchQueue(label: "pages", qos: .utility)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
