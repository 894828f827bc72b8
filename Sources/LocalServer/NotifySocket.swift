internal import Glibc

/// Tells the service manager how a service is doing (sd_notify(3)): one datagram a message to `$NOTIFY_SOCKET`.
public struct NotifySocket: Sendable {
  private let path: String

  /// - Parameter path: the value of `$NOTIFY_SOCKET`: a path, or `@name` for an abstract address.
  /// - Returns: `nil` when nobody listens for notifications.
  public init?(path: String?) {
    guard let path, path.hasPrefix("/") || path.hasPrefix("@"), path.utf8.count < Self.pathBytesMax else { return nil }
    self.path = path
  }

  /// Bytes of `sun_path`.
  private static let pathBytesMax = 108

  /// Sends assignments such as `READY=1\nSTATUS=…`.
  /// - Returns: false when the manager did not take it; the service goes on all the same.
  @discardableResult
  public func send(_ message: String) -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      room.copyBytes(from: path.utf8)
      if path.hasPrefix("@") { room[0] = 0 }
    }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
    let bytes = Array(message.utf8)
    let sent = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
      }
    }
    return sent == bytes.count
  }
}
