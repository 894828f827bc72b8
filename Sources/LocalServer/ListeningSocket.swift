internal import Glibc
internal import Synchronization

/// A socket that takes connections, shared by all loops and closed by the last one.
final class ListeningSocket: Sendable {
  let descriptor: CInt
  /// With the port that the kernel chose, if it was left open.
  let address: ListenAddress
  /// Another process holds it too and goes on accepting.
  let isInherited: Bool
  private let file: SocketFile?
  private let users = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)

  private init(_ descriptor: CInt, address: ListenAddress, isInherited: Bool = false, file: SocketFile? = nil) {
    self.descriptor = descriptor
    self.address = address
    self.isInherited = isInherited
    self.file = file
    // Accepted connections inherit it.
    if case .tcp = address { System.setOption(descriptor, level: CInt(IPPROTO_TCP), name: TCP_NODELAY, to: 1) }
  }

  deinit { close() }

  func retainForLoop() { users.add(1, ordering: .relaxed) }

  func releaseFromLoop() {
    if users.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { close() }
  }

  private func close() {
    guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    file?.remove()
    Glibc.close(descriptor)
  }
}

// MARK: - Opening

extension ListeningSocket {
  /// Opens the sockets of one address: two for `localhost`, where the machine speaks IPv6, otherwise one.
  static func open(_ address: ListenAddress, backlog: Int32) throws(ListenError) -> [ListeningSocket] {
    switch address {
    case .unix(let path): return [try openUnix(path, address, backlog)]
    case .tcp("localhost", let port):
      let first = try openTCP("127.0.0.1", port, named: address, backlog)
      guard case .tcp(_, let port) = first.address else { return [first] }
      do {
        return [first, try openTCP("::1", port, named: address, backlog)]
      } catch  where error.isForLackOfAddress {
        return [first]
      }
    case .tcp(let host, let port): return [try openTCP(host, port, named: address, backlog)]
    }
  }

  /// Takes a listening socket that another process opened, like systemd.
  static func adopt(_ descriptor: CInt) throws(ListenError) -> ListeningSocket {
    var listens: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0, listens == 1 else {
      throw ListenError("descriptor \(descriptor)", "it is no listening socket. Check the .socket unit.")
    }
    guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0,
      fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    else { throw ListenError("descriptor \(descriptor)", "\(System.text(errno)).") }
    guard let address = boundAddress(descriptor) else {
      throw ListenError("descriptor \(descriptor)", "it is neither a TCP nor a Unix stream socket.")
    }
    return ListeningSocket(descriptor, address: address, isInherited: true)
  }

  private static func openTCP(
    _ host: String, _ port: UInt16, named name: ListenAddress, _ backlog: Int32
  ) throws(ListenError) -> ListeningSocket {
    let resolved = ListenAddress.tcp(host: host, port: port)
    guard var storage = sockaddr_storage(host: host, port: port) else {
      throw ListenError(name, "\"\(host)\" is no address. Use an address like 127.0.0.1 or [::1].")
    }
    let descriptor = try newSocket(CInt(storage.ss_family), resolved)
    System.setOption(descriptor, level: SOL_SOCKET, name: SO_REUSEADDR, to: 1)
    if CInt(storage.ss_family) == AF_INET6 {
      System.setOption(descriptor, level: CInt(IPPROTO_IPV6), name: IPV6_V6ONLY, to: 1)
    }
    let length = socklen_t(
      CInt(storage.ss_family) == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
    guard bind(descriptor, &storage, length), Glibc.listen(descriptor, backlog) == 0 else {
      throw failure(descriptor, resolved)
    }
    return ListeningSocket(descriptor, address: boundAddress(descriptor) ?? resolved)
  }

  /// A socket file that nobody listens on any more is replaced; the new one belongs to its user alone from the start.
  private static func openUnix(
    _ path: String, _ address: ListenAddress, _ backlog: Int32
  ) throws(ListenError) -> ListeningSocket {
    guard var storage = sockaddr_storage(unixPath: path) else {
      throw ListenError(address, "the path is longer than \(ListenAddress.unixPathBytesMax) bytes.")
    }
    let descriptor = try newSocket(AF_UNIX, address)
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    // Before bind: the file is made with the mode of the descriptor, so it is never open to others.
    guard fchmod(descriptor, 0o600) == 0 else { throw failure(descriptor, address) }
    var isBound = bind(descriptor, &storage, length)
    if !isBound, errno == EADDRINUSE {
      do {
        try SocketFile.removeStale(path, address, &storage, length)
      } catch {
        Glibc.close(descriptor)
        throw error
      }
      isBound = bind(descriptor, &storage, length)
    }
    guard isBound, Glibc.listen(descriptor, backlog) == 0 else { throw failure(descriptor, address) }
    return ListeningSocket(descriptor, address: address, file: SocketFile(path))
  }

  private static func newSocket(_ family: CInt, _ address: ListenAddress) throws(ListenError) -> CInt {
    let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(family, type, 0)
    guard descriptor >= 0 else { throw ListenError(address, code: errno) }
    return descriptor
  }

  private static func bind(_ descriptor: CInt, _ storage: inout sockaddr_storage, _ length: socklen_t) -> Bool {
    storage.withGeneric { Glibc.bind(descriptor, $0, length) } == 0
  }

  private static func failure(_ descriptor: CInt, _ address: ListenAddress) -> ListenError {
    let code = errno
    Glibc.close(descriptor)
    return ListenError(address, code: code)
  }

  private static func boundAddress(_ descriptor: CInt) -> ListenAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    guard storage.withGeneric({ getsockname(descriptor, $0, &length) }) == 0 else { return nil }
    if CInt(storage.ss_family) == AF_UNIX { return .unix(path: storage.unixPath(length)) }
    return ListenAddress(storage)
  }
}
