import Foundation
import LocalServer
import Testing

@Suite struct NotifySocketTests {
  /// A datagram socket as a service manager has it.
  private func manager(at path: String) throws -> CInt {
    let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
    try #require(descriptor >= 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      room.copyBytes(from: path.utf8)
      if path.hasPrefix("@") { room[0] = 0 }
    }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    try #require(code == 0)
    return descriptor
  }

  private func receive(_ descriptor: CInt) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT))
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }

  @Test(arguments: ["/tmp/notify-\(UUID().uuidString)", "@chatroutesd-test-\(UUID().uuidString)"])
  func messagesArriveAtPathsAndAbstractNames(path: String) throws {
    let descriptor = try manager(at: path)
    defer {
      close(descriptor)
      unlink(path)
    }
    let notify = try #require(NotifySocket(path: path))
    #expect(notify.send("READY=1\nSTATUS=listening"))
    #expect(receive(descriptor) == "READY=1\nSTATUS=listening")
  }

  @Test(arguments: [nil, "", "relative/path", "/" + String(repeating: "x", count: 200)])
  func noManagerIsNoSocket(path: String?) {
    #expect(NotifySocket(path: path) == nil)
  }

  @Test func aManagerThatIsGoneIsNoError() throws {
    let notify = try #require(NotifySocket(path: "/tmp/notify-nobody-\(UUID().uuidString)"))
    #expect(!notify.send("READY=1"))
  }
}
