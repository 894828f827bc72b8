import Glibc
import Testing

@testable import LocalServer

@Suite(.timeLimit(.minutes(1)))
struct ListeningSocketTests {
  private let path = "/tmp/localserver-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"

  @Test func portInUseSaysWhatToDo() throws {
    let first = try open(.tcp(host: "127.0.0.1", port: 0))
    let error = #expect(throws: ListenError.self) { try open(first.address) }
    #expect(
      error?.description
        == "cannot listen on \(first.address): address in use. Is another chatroutesd running? See --listen.")
  }

  @Test func foreignAddressSaysWhatIsWrong() {
    let error = #expect(throws: ListenError.self) { try open(.tcp(host: "192.0.2.1", port: 0)) }
    #expect(error?.description == "cannot listen on 192.0.2.1:0: this machine has no such address. See --listen.")
  }

  @Test func localhostIsBothLoopbackAddressesOnOnePort() throws {
    let sockets = try ListeningSocket.open(.tcp(host: "localhost", port: 0), backlog: 5)
    guard case .tcp("127.0.0.1", let port)? = sockets.first?.address else { throw ListenError("?", "?") }
    #expect(sockets.dropFirst().map(\.address) == [.tcp(host: "::1", port: port)])
  }

  @Test func connectionsDoNotDelaySmallWrites() throws {
    let listener = try open(.tcp(host: "127.0.0.1", port: 0))
    let client = try TestClient(listener.address)
    var address = sockaddr_storage()
    var accepted: CInt = -1
    while accepted < 0 {
      if case .done(let descriptor) = System.accept(listener.descriptor, from: &address) { accepted = CInt(descriptor) }
    }
    var delay: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    getsockopt(accepted, CInt(IPPROTO_TCP), TCP_NODELAY, &delay, &length)
    #expect(delay == 1)
    close(accepted)
    withExtendedLifetime(client) {}
  }

  @Test func socketFileBelongsToItsUserAlone() throws {
    let listener = try open(.unix(path: path))
    var status = stat()
    #expect(lstat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    withExtendedLifetime(listener) {}
  }

  @Test func socketFileOfALiveServerIsLeftAlone() throws {
    let first = try open(.unix(path: path))
    let error = #expect(throws: ListenError.self) { try open(.unix(path: path)) }
    #expect(error?.description.contains("address in use") == true)
    _ = try TestClient(first.address)
  }

  @Test func staleSocketFileIsReplaced() throws {
    let dead = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    var storage = try #require(sockaddr_storage(unixPath: path))
    #expect(storage.withGeneric { bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) } == 0)
    close(dead)
    let listener = try open(.unix(path: path))
    _ = try TestClient(listener.address)
  }

  @Test func fileThatIsNoSocketIsLeftAlone() throws {
    close(creat(path, 0o600))
    defer { unlink(path) }
    let error = #expect(throws: ListenError.self) { try open(.unix(path: path)) }
    #expect(error?.description.contains("a file that is no socket is in the way") == true)
    #expect(access(path, F_OK) == 0)
  }

  @Test func socketFileIsRemovedAtTheEndUnlessReplaced() throws {
    do { _ = try open(.unix(path: path)) }
    #expect(access(path, F_OK) != 0)
    do {
      let listener = try open(.unix(path: path))
      unlink(path)
      close(creat(path, 0o600))
      withExtendedLifetime(listener) {}
    }
    #expect(access(path, F_OK) == 0)
    unlink(path)
  }

  @Test func missingDirectoryIsNamedAsSuch() {
    let error = #expect(throws: ListenError.self) { try open(.unix(path: "/nonexistent/x.sock")) }
    #expect(error?.description.contains("the directory does not exist") == true)
  }

  @Test func unixSocketServes() async throws {
    try await withServer(on: .unix(path: path)) { request in
      .text(request.peer.description)
    } _: { _, address in
      let client = try TestClient(address)
      for _ in 1...3 {
        try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await client.answer().text == "unix socket, user \(getuid())")
      }
    }
    #expect(access(path, F_OK) != 0)
  }

  @Test func inheritedSocketServes() async throws {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var storage = try #require(sockaddr_storage(host: "127.0.0.1", port: 0))
    #expect(storage.withGeneric { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) } == 0)
    #expect(listen(descriptor, 5) == 0)
    // The one who handed it down keeps it: its end must not end ours, nor ours its own.
    let kept = dup(descriptor)
    defer { close(kept) }
    for _ in 1...2 {
      let server = LocalServer(configuration: ServerConfiguration()) { _ in .text("inherited") }
      let address = try server.adopt(descriptor: dup(kept))
      async let run: Void = server.run()
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.answer().text == "inherited")
      server.drain(deadline: .zero)
      await run
    }
    close(descriptor)
  }

  @Test func descriptorThatDoesNotListenIsRefused() {
    let server = LocalServer(configuration: ServerConfiguration()) { _ in .text("") }
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    #expect(throws: ListenError.self) { try server.adopt(descriptor: descriptor) }
  }

  private func open(_ address: ListenAddress) throws -> ListeningSocket {
    try ListeningSocket.open(address, backlog: 5)[0]
  }
}
