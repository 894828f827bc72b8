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
}
