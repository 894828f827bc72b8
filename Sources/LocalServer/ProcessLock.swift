internal import Glibc

/// A lock that one process at a time holds on a file; the kernel lets go of it when the process ends, however that happens.
public final class ProcessLock: Sendable {
  private let descriptor: CInt

  /// Why there is no lock.
  public enum Failure: Error, Sendable, Equatable {
    /// Another process holds it.
    case held
    /// In the system's words.
    case cannotOpen(String)
  }

  /// Takes the lock, creating the file (mode 0600) when there is none.
  public init(path: String) throws(Failure) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotOpen(System.text(errno)) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .held
    }
  }

  deinit { close(descriptor) }
}
