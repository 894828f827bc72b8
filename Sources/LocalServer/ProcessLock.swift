internal import Glibc

/// A lock that one process at a time holds on a file; the kernel lets go of it when the process ends, however that happens.
public final class ProcessLock: Sendable {
  private let descriptor: CInt

  /// Takes the lock, creating the file (mode 0600) when there is none.
  /// - Returns: `nil` when another process holds it, or the file cannot be opened.
  public init?(path: String) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }
}
