internal import CLinux
internal import Glibc

/// The other side of a connection.
public enum Peer: Sendable, Hashable, CustomStringConvertible {
  /// A TCP client: its literal address, IPv6 without brackets, and port.
  case tcp(host: String, port: UInt16)
  /// A process of this user on a Unix socket; nil: the kernel does not say.
  case unix(userID: UInt32?)

  public var description: String {
    switch self {
    case .tcp(let host, let port): ListenAddress.tcp(host: host, port: port).description
    case .unix(let userID?): "unix socket, user \(userID)"
    case .unix(nil): "unix socket"
    }
  }

  init(_ storage: sockaddr_storage, descriptor: CInt) {
    if case .tcp(let host, let port)? = ListenAddress(storage) {
      self = .tcp(host: host, port: port)
      return
    }
    var user: UInt32 = 0
    self = .unix(userID: clinux_peer_user(descriptor, &user) == 0 ? user : nil)
  }
}

extension ListenAddress {
  /// Reads the kernel's form of an address; nil: of a family that is not served here. A Unix path is not read.
  init?(_ storage: sockaddr_storage) {
    var storage = storage
    switch CInt(storage.ss_family) {
    case AF_INET:
      self = withUnsafeBytes(of: &storage) { bytes in
        var address = bytes.loadUnaligned(as: sockaddr_in.self)
        return .tcp(host: Self.literal(AF_INET, &address.sin_addr), port: UInt16(bigEndian: address.sin_port))
      }
    case AF_INET6:
      self = withUnsafeBytes(of: &storage) { bytes in
        var address = bytes.loadUnaligned(as: sockaddr_in6.self)
        return .tcp(host: Self.literal(AF_INET6, &address.sin6_addr), port: UInt16(bigEndian: address.sin6_port))
      }
    default:
      return nil
    }
  }

  private static func literal(_ family: CInt, _ address: UnsafeRawPointer) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
      guard inet_ntop(family, address, text.baseAddress, socklen_t(text.count)) != nil else { return "?" }
      return String(cString: text.baseAddress.unsafelyUnwrapped)
    }
  }
}
