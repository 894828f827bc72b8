internal import Glibc

/// How many files and sockets this process may have open.
public enum DescriptorLimit {
  /// Raises the soft limit to the hard one, as servers do: the soft one is low for the sake of programs that use select(2).
  /// - Returns: the limit now in force.
  @discardableResult
  public static func raise() -> UInt {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return limit.rlim_cur }
    var raised = limit
    raised.rlim_cur = raised.rlim_max
    return setrlimit(files, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur
  }

  /// The limit now in force; another process may change it at any time.
  public static var current: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
    return Int(clamping: limit.rlim_cur)
  }

  /// Whether a descriptor lies among the last ones, which are kept for what the process itself must open. The kernel gives
  /// out the lowest free number: whoever gets one of the last has met all others in use.
  /// - Parameter reserve: How many are kept; never more than a quarter of the limit.
  static func isReserved(_ descriptor: CInt, reserve: Int) -> Bool {
    let limit = current
    return Int(descriptor) >= limit - min(reserve, limit / 4)
  }

  /// The lowest free number; nil: there is none.
  static func lowestFree(besides descriptor: CInt) -> CInt? {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { return nil }
    close(copy)
    return copy
  }
}
