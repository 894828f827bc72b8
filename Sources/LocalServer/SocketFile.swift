internal import Glibc

/// The file of a Unix socket that we made, known by its inode: another process may have put its own in the same place.
struct SocketFile: Sendable {
  private let path: String
  private let device: dev_t
  private let inode: ino_t

  init?(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    self.path = path
    device = status.st_dev
    inode = status.st_ino
  }

  /// Removes the file unless it is no longer ours.
  func remove() {
    guard let current = SocketFile(path), current.device == device, current.inode == inode else { return }
    unlink(path)
  }

  /// Removes what is left of a server that is gone.
  static func removeStale(
    _ path: String, _ address: ListenAddress, _ storage: inout sockaddr_storage, _ length: socklen_t
  ) throws(ListenError) {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
      throw ListenError(address, "a file that is no socket is in the way. Move it, or see --listen.")
    }
    let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { throw ListenError(address, code: errno) }
    defer { close(probe) }
    let result = storage.withGeneric { connect(probe, $0, length) }
    // Only a refusal proves that nobody listens: a full backlog, for example, is EAGAIN.
    guard result != 0, errno == ECONNREFUSED else { throw ListenError(address, code: EADDRINUSE) }
    unlink(path)
  }
}

extension sockaddr_storage {
  init?(host: String, port: UInt16) {
    self.init()
    var v4 = sockaddr_in()
    var v6 = sockaddr_in6()
    if inet_pton(AF_INET, host, &v4.sin_addr) == 1 {
      v4.sin_family = sa_family_t(AF_INET)
      v4.sin_port = port.bigEndian
      withUnsafeMutableBytes(of: &self) { $0.storeBytes(of: v4, as: sockaddr_in.self) }
    } else if inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 {
      v6.sin6_family = sa_family_t(AF_INET6)
      v6.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &self) { $0.storeBytes(of: v6, as: sockaddr_in6.self) }
    } else {
      return nil
    }
  }

  init?(unixPath path: String) {
    guard path.utf8.count <= ListenAddress.unixPathBytesMax else { return nil }
    self.init()
    ss_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &self) { bytes in
      bytes[Self.unixPathOffset..<Self.unixPathOffset + path.utf8.count].copyBytes(from: path.utf8)
    }
  }

  func unixPath(_ length: socklen_t) -> String {
    withUnsafeBytes(of: self) { bytes in
      let path = bytes[Self.unixPathOffset..<max(Self.unixPathOffset, min(Int(length), bytes.count))]
      return String(decoding: path.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  mutating func withGeneric<Result>(_ body: (UnsafeMutablePointer<sockaddr>) -> Result) -> Result {
    withUnsafeMutablePointer(to: &self) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
  }

  private static let unixPathOffset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
}
