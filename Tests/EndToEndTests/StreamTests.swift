import Foundation
import Testing

/// Streams through the running daemon from an upstream of raw bytes.
@Suite struct StreamTests {
  static var python: URL? {
    ["/usr/bin/python3", "/usr/local/bin/python3"].first { FileManager.default.isExecutableFile(atPath: $0) }
      .map { URL(fileURLWithPath: $0) }
  }

  @Test(.enabled(if: python != nil, "python3 is not installed"), .timeLimit(.minutes(2)))
  func bytesAreTheSameAtOnceAndBrokenWhenUpstreamBreaks() async throws {
    let folder = try Folder()
    let port = try FreePort.pick()
    let daemon = try await Program([
      "serve", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:\(port)", "--database",
      folder.file("mirror.sqlite"),
    ])
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
      path: "clients/scripted_streams.py")
    let run = try await Program.run(try #require(Self.python), [script.path, "\(port)", "\(daemon.port)"])
    #expect(run.code == 0, "\(run.output)\(run.errors)\n\(daemon.standardError)")
    #expect(await daemon.terminate() == 0)
  }
}

/// A port that nobody listens on just now.
enum FreePort {
  static func pick() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
      }
    }
    guard code == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
    return UInt16(bigEndian: address.sin_port)
  }
}
