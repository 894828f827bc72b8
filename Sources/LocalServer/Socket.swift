internal import Glibc
internal import Synchronization

/// A non-blocking descriptor as its event loop sees it: what it is ready for, who waits for it and until when.
///
/// Everything except `isGone` and `hasEnded` belongs to the loop's thread.
final class Socket {
  /// Why a wait ended.
  enum Wake {
    case ready, timedOut, cut
  }

  /// What a read gave.
  enum Arrival {
    case bytes(UnsafeRawBufferPointer)
    case ended, wouldBlock, failed
  }

  let loop: EventLoop
  /// Set once nothing can be delivered any more. Readable on any thread.
  let isGone = Atomic<Bool>(false)
  /// The peer has closed at least its sending side. Readable on any thread.
  let hasEnded = Atomic<Bool>(false)
  /// Waiting for something that may never come: a drain closes the socket at once.
  var isIdle = false
  /// Asked first when bytes come for a reader that waits with `offeringFirst`: says whether that reader can sleep on.
  var firstReader: (() -> Bool)?
  /// The task to cancel when the peer vanishes or the drain deadline passes. Set and cleared by that task itself.
  var task: UnsafeCurrentTask?
  private(set) var outbound = Outbound()
  /// Where the loop keeps this socket, as epoll reports it.
  var token: UInt64 = 0
  private(set) var isCut = false

  private(set) var descriptor: CInt
  private let isListener: Bool
  private var readable = true
  private var writable = true
  private var isQueuedForFlush = false
  private var stepsWithoutWait = 0
  private var readWaiter: UnsafeContinuation<Wake, Never>?
  private var offersFirst = false
  private var writeWaiter: UnsafeContinuation<Wake, Never>?
  private var readDeadline = LoopTime.never
  private var writeDeadline = LoopTime.never

  init(_ descriptor: CInt, on loop: EventLoop, isListener: Bool = false) {
    self.descriptor = descriptor
    self.loop = loop
    self.isListener = isListener
  }

  // MARK: Reading

  /// Reads what is there into the loop's scratch space; the bytes are good until the next read on this loop.
  ///
  /// A read that did not fill the space has emptied the socket: the next bytes make a new edge, so there is no second
  /// call just to be told EAGAIN. An edge between the two only makes one read too many.
  @inline(never)
  func receive() -> Arrival {
    guard readable else { return .wouldBlock }
    switch System.receive(descriptor, into: loop.scratch) {
    case .done(0):
      return .ended
    case .done(let count):
      // Behind an end, a short read no longer proves that the socket is empty.
      if count < loop.scratch.count, !hasEnded.load(ordering: .relaxed) { readable = false }
      stepsWithoutWait += 1
      return .bytes(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
    case .wouldBlock:
      readable = false
      return .wouldBlock
    case .failed:
      return .failed
    }
  }

  func accept(from address: inout sockaddr_storage) -> System.Outcome {
    let outcome = System.accept(descriptor, from: &address)
    if case .wouldBlock = outcome { readable = false }
    stepsWithoutWait += 1
    return outcome
  }

  /// Suspends until there may be something to read. One reader at a time.
  /// - Parameter offeringFirst: Bytes that come are offered to `firstReader`, which may use them and renew the deadline
  ///   without waking the reader.
  func waitReadable(until deadline: LoopTime, offeringFirst: Bool = false) async -> Wake {
    if isCut { return .cut }
    if readable { return .ready }
    prepareToSleep(until: deadline)
    offersFirst = offeringFirst
    return await withUnsafeContinuation { readWaiter = $0 }
  }

  /// Whether the last read left something behind, so that no further event will tell of it.
  var mayHaveMore: Bool { readable }

  /// Lets the reader that waits go on waiting.
  func renewReadDeadline(_ deadline: LoopTime) {
    readDeadline = deadline
    loop.expectSweep(by: deadline)
  }

  /// Suspends until the deadline, or an event that comes first, although there may be something to read.
  func pauseReading(until deadline: LoopTime) async -> Wake {
    if isCut { return .cut }
    readable = false
    prepareToSleep(until: deadline)
    let wake = await withUnsafeContinuation { readWaiter = $0 }
    readable = true
    return wake
  }

  private func prepareToSleep(until deadline: LoopTime) {
    precondition(readWaiter == nil, "two tasks read one socket")
    readDeadline = deadline
    loop.expectSweep(by: deadline)
    stepsWithoutWait = 0
  }

  /// Ends the wait of a task that has no business with the socket any more.
  func dismissReader() {
    wakeReader(.cut)
  }

  // MARK: Writing

  /// Lets the closure append bytes to be sent by the next flush.
  @inline(__always)
  func append(_ body: (inout [UInt8]) -> Void) {
    if outbound.needsStorage { outbound.lendStorage(loop.buffers.take()) }
    outbound.append(body)
  }

  /// Adds a piece to be sent by the next flush, copied if it is small.
  func append(piece: [UInt8], suffix: StaticString = "") {
    if outbound.needsStorage { outbound.lendStorage(loop.buffers.take()) }
    outbound.append(piece: piece, suffix: suffix)
  }

  /// Sends what was appended, suspending while the peer does not take it.
  /// - Parameter stall: The longest wait without progress. The kernel reports room only when a good part of its buffer is
  ///   free, so a slow reader is told from one that does not read by what is left in that buffer.
  ///
  /// After a failure the socket is cut: what is left of the bytes can be followed by nothing.
  @inline(never)
  func flush(stall: LoopTime.Span) async throws(ConnectionError) {
    var untaken = 0
    while true {
      switch flushNow() {
      case .done:
        if isDueForOthers { await letOthersRun() }
        return
      case .wouldBlock: untaken = System.untakenBytes(descriptor)
      case .failed:
        cut()
        throw .clientGone
      }
      var wake = await waitWritable(until: loop.now.after(stall))
      while wake == .timedOut, case let left = System.untakenBytes(descriptor), left < untaken {
        untaken = left
        wake = await waitWritable(until: loop.now.after(stall))
      }
      switch wake {
      case .ready: continue
      case .cut: throw .clientGone
      case .timedOut:
        cut()
        throw .writeStalled
      }
    }
  }

  /// Sends everything without a suspension, if that is possible.
  func flushAtOnce() -> Bool {
    if case .done = flushNow() { return !isDueForOthers }
    return false
  }

  /// Sends what was appended when the task next leaves the loop, unless somebody flushes before: the head of a streamed
  /// answer goes out with the first piece if that is there at once, and without it if not.
  func flushLater() {
    guard !isQueuedForFlush else { return }
    isQueuedForFlush = true
    loop.queueForFlush(self)
  }

  func flushQueued() {
    isQueuedForFlush = false
    guard !isCut else { return }
    if case .done = flushNow() { return }
    // Whoever writes next meets the same failure. Answers that were given at once have nobody but the reader.
    if offersFirst { wakeReader(.ready) }
  }

  @inline(never)
  private func flushNow() -> System.Outcome {
    guard !isCut else { return .failed(EPIPE) }
    while !outbound.isEmpty {
      guard writable else { return .wouldBlock }
      switch outbound.send(to: descriptor) {
      case .done: continue
      case .wouldBlock:
        writable = false
        return .wouldBlock
      case .failed(let code):
        isGone.store(true, ordering: .relaxed)
        return .failed(code)
      }
    }
    if !outbound.needsStorage { loop.buffers.giveBack(outbound.takeStorage()) }
    stepsWithoutWait += 1
    return .done(0)
  }

  private func waitWritable(until deadline: LoopTime) async -> Wake {
    if isCut { return .cut }
    if writable { return .ready }
    precondition(writeWaiter == nil, "two tasks write to one socket")
    writeDeadline = deadline
    loop.expectSweep(by: deadline)
    stepsWithoutWait = 0
    return await withUnsafeContinuation { writeWaiter = $0 }
  }

  /// A peer that is always ready, or never slow, would otherwise keep the loop for itself.
  var isDueForOthers: Bool { stepsWithoutWait >= Self.stepsPerTurn }

  func letOthersRun() async {
    stepsWithoutWait = 0
    await loop.yieldTurn()
  }

  private static let stepsPerTurn = 32

  // MARK: Called by the loop

  func ready(_ event: Epoll.Event) {
    if event.ended { hasEnded.store(true, ordering: .relaxed) }
    if event.mayRead {
      readable = true
      if !offersFirst || event.ended || !isServedFirst() { wakeReader(.ready) }
    }
    if event.mayWrite {
      writable = true
      if writeWaiter != nil { wakeWriter(.ready) } else if !outbound.isEmpty { flushLater() }
    }
    if event.vanished, !isListener {
      isGone.store(true, ordering: .relaxed)
      task?.cancel()
    }
  }

  private func isServedFirst() -> Bool {
    stepsWithoutWait = 0
    return firstReader?() ?? false
  }

  /// Ends the waits whose time is over.
  /// - Returns: The earliest deadline still ahead.
  func expire(at now: LoopTime) -> LoopTime {
    if readDeadline <= now { wakeReader(.timedOut) }
    if writeDeadline <= now { wakeWriter(.timedOut) }
    return min(readDeadline, writeDeadline)
  }

  // MARK: The end

  /// Ends every wait, now and later, and stops the traffic. The descriptor stays open until `close`.
  func cut() {
    guard !isCut else { return }
    isCut = true
    isGone.store(true, ordering: .relaxed)
    // A listening socket may be shared with the process that handed it down: only our own use of it ends.
    if !isListener { shutdown(descriptor, CInt(SHUT_RDWR)) }
    wakeReader(.cut)
    wakeWriter(.cut)
  }

  /// Cuts the socket if nothing is under way on it; answers given in this turn leave first.
  func cutIfIdle() {
    guard isIdle else { return }
    flushQueued()
    if outbound.isEmpty { cut() }
  }

  /// Tells the peer that nothing more will come.
  func finishSending() {
    shutdown(descriptor, CInt(SHUT_WR))
  }

  /// Makes the close a reset.
  func breakOff() {
    System.resetOnClose(descriptor)
  }

  /// Takes the socket off the loop and, unless it is a listener, closes the descriptor.
  func close() {
    isCut = true
    isGone.store(true, ordering: .relaxed)
    if isListener {
      loop.removeListener(self)
    } else {
      loop.remove(self)
      Glibc.close(descriptor)
    }
    descriptor = -1
    wakeReader(.cut)
    wakeWriter(.cut)
  }

  /// Clearing the waiter before resuming it is what makes every wait end exactly once.
  private func wakeReader(_ wake: Wake) {
    readDeadline = .never
    offersFirst = false
    guard let waiter = readWaiter else { return }
    readWaiter = nil
    waiter.resume(returning: wake)
  }

  private func wakeWriter(_ wake: Wake) {
    writeDeadline = .never
    guard let waiter = writeWaiter else { return }
    writeWaiter = nil
    waiter.resume(returning: wake)
  }
}
