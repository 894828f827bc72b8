internal import CLinux
internal import Glibc
internal import Synchronization

/// One thread that waits on epoll and runs the tasks that prefer it.
///
/// A turn of the loop: wait for events, wake whose socket is ready or whose time is over, run the jobs, send what the jobs
/// left behind. Sockets are edge-triggered and added once; deadlines are fields that a coarse sweep looks at.
final class EventLoop: TaskExecutor, @unchecked Sendable {
  // @unchecked: what is below "the loop's thread only" is touched by that thread alone, the rest is atomic or locked.

  let statistics = LoopStatistics()
  private let epoll: Epoll
  private let mailbox: Mailbox
  private let thread = Atomic<UInt>(0)

  // MARK: The loop's thread only

  /// The time when this turn began.
  private(set) var now = LoopTime.now()
  /// Where all sockets of the loop receive, one after the other: idle connections own no buffer.
  let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
  var buffers = BufferPool()
  /// Set when a drain began: idle sockets are cut and nobody waits for a further request.
  private(set) var isDraining = false
  /// Set when the drain's deadline has passed: nothing new begins.
  private(set) var isCut = false
  private var dateField = DateField()
  private var jobs: [UnownedJob] = []
  private var batch: [UnownedJob] = []
  private var turns: [UnsafeContinuation<Void, Never>] = []
  private var unflushed: [Socket] = []
  private var sockets = SocketTable()
  private var nextSweep = LoopTime.never
  private var cutAt = LoopTime.never
  private var isStopping = false
  private let sweepInterval: LoopTime.Span

  /// - Parameter shortestTimeout: Deadlines are kept to a sixteenth of it.
  init(shortestTimeout: LoopTime.Span) throws(ListenError) {
    epoll = try Epoll()
    mailbox = try Mailbox()
    sweepInterval = LoopTime.Span(
      min(max(.nanoseconds(shortestTimeout.nanoseconds / 16), .milliseconds(5)), .milliseconds(500)))
    guard epoll.add(mailbox.descriptor, token: Self.mailboxToken, for: .reading) else {
      throw ListenError(noEventLoop: errno)
    }
  }

  deinit { scratch.deallocate() }

  /// Starts the thread; it ends after `stop`.
  func start(name: String) {
    var thread = pthread_t()
    let start = ThreadStart(loop: self, name: name)
    let code = pthread_create(
      &thread, nil,
      { argument in
        let start = Unmanaged<ThreadStart>.fromOpaque(argument.unsafelyUnwrapped).takeRetainedValue()
        clinux_name_thread(start.name)
        start.loop.runUntilStopped()
        return nil
      }, Unmanaged.passRetained(start).toOpaque())
    precondition(code == 0, "cannot start an event loop thread: \(System.text(code))")
    pthread_detach(thread)
  }

  private final class ThreadStart {
    let loop: EventLoop
    let name: String

    init(loop: EventLoop, name: String) {
      self.loop = loop
      self.name = name
    }
  }

  private func runUntilStopped() {
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    lookAtClocks()
    emptyMailbox()
    while !isStopping || hasWork {
      runJobs()
      flushQueued()
      waitForEvents()
      sweepIfDue()
    }
    thread.store(0, ordering: .relaxed)
    for job in mailbox.close() { globalConcurrentExecutor.enqueue(ExecutorJob(job)) }
  }
}

// MARK: - Jobs

extension EventLoop {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent {
      jobs.append(job)
    } else if !mailbox.post(job) {
      globalConcurrentExecutor.enqueue(ExecutorJob(job))
    }
  }

  /// Whether the caller's task runs on this loop and will come back to it after every suspension.
  var isPreferredByCurrentTask: Bool {
    isCurrent && withUnsafeCurrentTask { $0?.unownedTaskExecutor } == asUnownedTaskExecutor()
  }

  /// Runs the closure on the loop's thread, soon.
  func execute(_ command: @escaping Mailbox.Command) {
    mailbox.post(command)
  }

  /// Ends the thread once no job is left. Jobs that come later run on the global executor.
  func stop() {
    execute { $0.isStopping = true }
  }

  /// Lets the other tasks of the loop run, then continues.
  func yieldTurn() async {
    await withUnsafeContinuation { turns.append($0) }
  }

  private var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }
  private var hasWork: Bool { !jobs.isEmpty || !turns.isEmpty }

  /// Jobs beget jobs (a child task, an actor on the way): a few generations run before the next look at epoll.
  private func runJobs() {
    for _ in 0..<8 where !jobs.isEmpty {
      swap(&jobs, &batch)
      for index in batch.indices { batch[index].runSynchronously(on: asUnownedTaskExecutor()) }
      batch.removeAll(keepingCapacity: true)
    }
    guard !turns.isEmpty else { return }
    let waiting = turns
    turns.removeAll(keepingCapacity: true)
    for turn in waiting { turn.resume() }
  }

  private func emptyMailbox() {
    let contents = mailbox.take()
    for command in contents.commands { command(self) }
    jobs.append(contentsOf: contents.jobs)
  }
}

// MARK: - Sockets and time

extension EventLoop {
  /// Adds a socket to epoll, once, for everything it will ever wait for.
  /// - Returns: Whether the kernel had room for it.
  func add(_ socket: Socket) -> Bool {
    socket.token = sockets.insert(socket)
    return epoll.add(socket.descriptor, token: socket.token, for: .everything)
  }

  /// Adds a listening socket that other loops listen on too: one connection wakes one of them.
  func addListener(_ socket: Socket) -> Bool {
    socket.token = sockets.insert(socket)
    return epoll.add(socket.descriptor, token: socket.token, for: .shared)
  }

  /// Forgets a socket whose descriptor is about to be closed, which takes it out of epoll too.
  func remove(_ socket: Socket) {
    sockets.remove(socket.token)
  }

  /// Forgets a listening socket. Its descriptor stays open here or, when it was inherited, in another process: epoll has
  /// to be told.
  func removeListener(_ socket: Socket) {
    sockets.remove(socket.token)
    epoll.remove(socket.descriptor)
  }

  /// Cuts idle sockets now and all others at the deadline.
  func drain(until deadline: LoopTime) {
    isDraining = true
    cutAt = min(cutAt, deadline)
    expectSweep(by: cutAt)
    for socket in sockets.all { socket.cutIfIdle() }
  }

  /// Makes sure that a sweep happens soon after the deadline. No system call: the next wait is shortened.
  @inline(__always)
  func expectSweep(by deadline: LoopTime) {
    if deadline < nextSweep { nextSweep = deadline }
  }

  /// The ready `Date` field line.
  var dateLine: [UInt8] { dateField.line }

  func queueForFlush(_ socket: Socket) {
    unflushed.append(socket)
  }

  private func flushQueued() {
    guard !unflushed.isEmpty else { return }
    for index in unflushed.indices { unflushed[index].flushQueued() }
    unflushed.removeAll(keepingCapacity: true)
  }

  private func waitForEvents() {
    let timeout = hasWork ? 0 : now.millisecondsForEpoll(until: nextSweep)
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.eventsMax) { events in
      let count = epoll.wait(timeout, into: events)
      lookAtClocks()
      for index in 0..<count { dispatch(Epoll.Event(events[index])) }
    }
    // Together, and before any job: clients then wake up once for many answers, which measured 10 % less time for each.
    flushQueued()
  }

  private func lookAtClocks() {
    now = .now()
    dateField.refresh()
  }

  private func dispatch(_ event: Epoll.Event) {
    if event.token == Self.mailboxToken { emptyMailbox() } else { sockets[event.token]?.ready(event) }
  }

  private func sweepIfDue() {
    guard now >= nextSweep else { return }
    if now >= cutAt { cutAll() }
    var earliest = cutAt
    for socket in sockets.all { earliest = min(earliest, socket.expire(at: now)) }
    nextSweep = earliest == .never ? .never : max(earliest, now.after(sweepInterval))
  }

  private func cutAll() {
    (cutAt, isCut) = (.never, true)
    for socket in sockets.all {
      socket.cut()
      socket.task?.cancel()
    }
  }

  private static let mailboxToken = UInt64.max
  private static let eventsMax = 256
}
