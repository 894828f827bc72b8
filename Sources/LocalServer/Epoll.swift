internal import CLinux
internal import Glibc

/// The kernel's list of what one loop waits for.
struct Epoll: ~Copyable {
  /// What has happened to a descriptor.
  struct Event {
    let token: UInt64
    let mayRead: Bool
    let mayWrite: Bool
    /// The peer has closed at least its sending side.
    let ended: Bool
    /// Nothing can reach the peer any more.
    let vanished: Bool
  }

  /// What is waited for; always edge-triggered.
  enum Interest {
    case reading
    /// Reading, but an event wakes only one of the loops that wait for it.
    case shared
    case everything
  }

  private let descriptor: CInt

  init() throws(ListenError) {
    descriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw ListenError(noEventLoop: errno) }
  }

  deinit { close(descriptor) }

  /// - Returns: Whether the kernel had room for it; otherwise `errno` says why not.
  func add(_ watched: CInt, token: UInt64, for interest: Interest) -> Bool {
    var event = epoll_event()
    event.events = interest.flags
    event.data.u64 = token
    return epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0
  }

  func remove(_ watched: CInt) {
    epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil)
  }

  /// Waits and fills `events` with what has happened.
  /// - Returns: How many events there are; 0 also after a signal.
  func wait(_ timeout: CInt, into events: UnsafeMutableBufferPointer<epoll_event>) -> Int {
    Int(max(0, epoll_wait(descriptor, events.baseAddress, CInt(events.count), timeout)))
  }
}

extension Epoll.Event {
  init(_ event: epoll_event) {
    let flags = event.events
    token = event.data.u64
    vanished = flags & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
    ended = vanished || flags & EPOLLRDHUP.rawValue != 0
    mayRead = ended || flags & EPOLLIN.rawValue != 0
    mayWrite = vanished || flags & EPOLLOUT.rawValue != 0
  }
}

extension Epoll.Interest {
  fileprivate var flags: UInt32 {
    switch self {
    case .reading: EPOLLIN.rawValue | EPOLLET.rawValue
    case .shared: EPOLLIN.rawValue | EPOLLET.rawValue | EPOLLEXCLUSIVE.rawValue
    case .everything: EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    }
  }
}
