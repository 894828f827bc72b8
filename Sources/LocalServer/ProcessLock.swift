internal import Glibc
internal import Synchronization

/// A lock that one process at a time holds on a file; the kernel lets go of it when the process ends, however that happens.
public final class ProcessLock: Sendable {
  private let descriptor: CInt
  private let path: String
  /// Whether the folder is locked in place of a file that could not be made.
  private let isOfFolder: Bool
  private let claimed = Mutex<CInt?>(nil)
  /// What the last holder left in the file; empty when it ended without leaving anything, however that happened.
  public let note: String

  /// Why there is no lock.
  public enum Failure: Error, Sendable, Equatable {
    /// Another process holds it.
    case held
    /// In the system's words.
    case cannotOpen(String)
  }

  /// Takes the lock, creating the file (mode 0600) when there is none. Where nothing can be written the file that is there
  /// is locked all the same, and its note stays (see `eraseNote`); where none is there, its folder is locked instead.
  public init(path: String) throws(Failure) {
    self.path = path
    var descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    var isOfFolder = false
    if descriptor < 0, Self.cannotWrite.contains(errno) { (descriptor, isOfFolder) = Self.openWithoutWriting(path) }
    (self.descriptor, self.isOfFolder) = (descriptor, isOfFolder)
    guard descriptor >= 0 else { throw .cannotOpen(System.text(errno)) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .held
    }
    var bytes = [UInt8](repeating: 0, count: Self.noteBytesMax)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    note = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    // Taking away needs no room on the disk.
    _ = ftruncate(descriptor, 0)
  }

  /// Why no file can be made where one could be read.
  private static let cannotWrite = [EROFS, EACCES, ENOSPC, EDQUOT]

  private static func openWithoutWriting(_ path: String) -> (descriptor: CInt, isOfFolder: Bool) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor < 0, errno == ENOENT else { return (descriptor, false) }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
    return (open(String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC), true)
  }

  /// Locks the file itself, where only its folder could be locked so far: others look at the file.
  /// - Returns: false: it still cannot be made, or another process has it by now.
  public func claimFile() -> Bool {
    guard isOfFolder else { return true }
    return claimed.withLock { claimed in
      if claimed != nil { return true }
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard file >= 0 else { return false }
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        close(file)
        return false
      }
      claimed = file
      return true
    }
  }

  /// Leaves a note for the next holder. On a full disk it gets none, as from a holder that crashed.
  public func leave(_ note: String) {
    let bytes = Array(note.utf8.prefix(Self.noteBytesMax))
    let file = open(path, O_WRONLY | O_CLOEXEC)  // the descriptor of the lock may be for reading only
    guard file >= 0 else { return }
    _ = pwrite(file, bytes, bytes.count, 0)
    close(file)
  }

  /// Takes the last holder's note away, where that could not be done when the lock was taken.
  public func eraseNote() { _ = truncate(path, 0) }

  private static let noteBytesMax = 64

  deinit {
    close(descriptor)
    claimed.withLock { if let file = $0 { close(file) } }
  }
}
