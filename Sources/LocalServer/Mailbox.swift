internal import CLinux
internal import Glibc
internal import Synchronization

/// What other threads leave for a loop, and the descriptor that wakes it.
final class Mailbox: Sendable {
  typealias Command = @Sendable (EventLoop) -> Void

  struct Contents {
    var jobs: [UnownedJob] = []
    var commands: [Command] = []
    fileprivate var isClosed = false
  }

  /// Readable at an edge whenever something was posted; never has to be read.
  let descriptor: CInt
  private let isSignalled = Atomic<Bool>(false)
  private let contents = Mutex(Contents())

  init() throws(ListenError) {
    descriptor = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else { throw ListenError(noEventLoop: errno) }
  }

  deinit { Glibc.close(descriptor) }

  /// - Returns: false: the loop is over and takes no more jobs.
  func post(_ job: UnownedJob) -> Bool {
    let isOpen = contents.withLock { contents in
      guard !contents.isClosed else { return false }
      contents.jobs.append(job)
      return true
    }
    if isOpen { signal() }
    return isOpen
  }

  func post(_ command: @escaping Command) {
    contents.withLock { $0.commands.append(command) }
    signal()
  }

  /// Takes everything. The flag is cleared before the lock is taken: what is posted after that lock sees the flag cleared
  /// and signals again, what was posted before is taken now.
  func take() -> Contents {
    isSignalled.store(false, ordering: .sequentiallyConsistent)
    return contents.withLock { contents in
      defer { contents = Contents() }
      return contents
    }
  }

  /// Refuses jobs from now on.
  /// - Returns: Those that came too late to be taken.
  func close() -> [UnownedJob] {
    contents.withLock { contents in
      contents.isClosed = true
      return contents.jobs
    }
  }

  /// One signal is enough for everything posted until the loop looks.
  private func signal() {
    guard !isSignalled.exchange(true, ordering: .acquiringAndReleasing) else { return }
    eventfd_write(descriptor, 1)
  }
}
