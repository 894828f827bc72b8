internal import CLinux
internal import Dispatch
internal import Glibc

/// Tells when the network may have come up: a link runs, or an address or a route is new.
public enum NetworkEvents {
  /// One element for one or more changes since the last one was taken; ends with its consumer. Empty where the system does
  /// not tell.
  public static func comingUp() -> AsyncStream<Void> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let descriptor = clinux_open_network_events()
      guard descriptor >= 0 else { return continuation.finish() }
      // Dispatch's objects may be used from any thread; their types do not say so.
      nonisolated(unsafe) let source = DispatchSource.makeReadSource(
        fileDescriptor: descriptor, queue: .global(qos: .utility))
      source.setEventHandler { if cameUp(descriptor) { continuation.yield() } }
      source.setCancelHandler { close(descriptor) }
      continuation.onTermination = { _ in source.cancel() }
      source.activate()
    }
  }

  /// Reads all messages that wait.
  private static func cameUp(_ descriptor: CInt) -> Bool {
    var isUp = false
    withUnsafeTemporaryAllocation(byteCount: messageBytesMax, alignment: 16) { buffer in
      while true {
        switch System.receive(descriptor, into: buffer) {
        case .done(let count): isUp = isUp || clinux_network_came_up(buffer.baseAddress, count) != 0
        case .wouldBlock: return
        // Messages were lost: they may have said so.
        case .failed:
          isUp = true
          return
        }
      }
    }
    return isUp
  }

  /// What the kernel puts into one datagram.
  private static let messageBytesMax = 32 << 10
}
