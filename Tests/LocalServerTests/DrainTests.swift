import Glibc
import HTTPTypes
import LocalServer
import Testing
import WireFormats

@Suite(.timeLimit(.minutes(1)))
struct DrainTests {
  @Test func runningRequestFinishesAndIdleConnectionsCloseAtOnce() async throws {
    let isRunning = Gate()
    let mayFinish = Gate()
    try await withServer { request in
      if request.head.targetText == "/slow" {
        isRunning.open()
        await mayFinish.wait()
      }
      return .text("done")
    } _: { server, address in
      let idle = try TestClient(address)
      try await idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await idle.answer().text == "done")
      let untouched = try TestClient(address)
      let busy = try TestClient(address)
      try await busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
      await isRunning.wait()

      server.drain(deadline: .seconds(30))
      #expect(try await idle.untilClosed() == "")
      #expect(try await untouched.untilClosed() == "")
      mayFinish.open()
      let answer = try await busy.answer()
      #expect(answer.text == "done")
      #expect(answer.field("Connection") == "close")
      #expect(try await busy.untilClosed() == "")
      while server.statistics.openConnections > 0 { await Task.yield() }
      #expect(throws: TestClient.Failure.self) { try TestClient(address) }
    }
  }

  @Test func whatIsLeftAtTheDeadlineIsCutAndCancelled() async throws {
    let isRunning = Gate()
    let wasCancelled = Gate()
    try await withServer { _ in
      isRunning.open()
      await withTaskCancellationHandler {
        await wasCancelled.wait()
      } onCancel: {
        wasCancelled.open()
      }
      return .text("too late")
    } _: { server, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      await isRunning.wait()
      server.drain(deadline: .milliseconds(50))
      await wasCancelled.wait()
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func writerIsFreedAtTheDeadline() async throws {
    let isWriting = Gate()
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          while true {
            try await writer.write([UInt8](repeating: 1, count: 1 << 20))
            isWriting.open()
          }
        })
    } _: { server, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      await isWriting.wait()
      server.drain(deadline: .milliseconds(20))
      while server.statistics.openConnections > 0 { await Task.yield() }
    }
  }

  @Test func secondDrainShortensTheFirst() async throws {
    let isRunning = Gate()
    let never = Gate()
    try await withServer { _ in
      isRunning.open()
      await withTaskCancellationHandler {
        await never.wait()
      } onCancel: {
        never.open()
      }
      return .text("")
    } _: { server, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      await isRunning.wait()
      server.drain(deadline: .seconds(3600))
      server.drain(deadline: .zero)
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test func drainBeforeRunEndsItAtOnce() async throws {
    let server = LocalServer(configuration: ServerConfiguration()) { _ in .text("") }
    server.drain(deadline: .zero)
    let address = try server.bind([.tcp(host: "127.0.0.1", port: 0)])[0]
    await server.run()
    #expect(throws: TestClient.Failure.self) { try TestClient(address) }
  }

  /// The kernel has accepted them: closing the listener would reset them with their request on its way.
  @Test func whoConnectedBeforeTheDrainIsServed() async throws {
    let server = LocalServer(configuration: ServerConfiguration()) { _ in .text("served") }
    let address = try server.bind([.tcp(host: "127.0.0.1", port: 0)])[0]
    let clients = try (1...5).map { _ in try TestClient(address) }
    for client in clients { try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
    let silent = try TestClient(address)
    server.drain(deadline: .seconds(30))
    await server.run()
    for client in clients {
      let answer = try await client.answer()
      #expect(answer.text == "served" && answer.field("Connection") == "close")
      #expect(try await client.untilClosed() == "")
    }
    #expect(try await silent.untilClosed() == "")
  }

  /// They belong to the process that opened the socket, which will hand it to the next one.
  @Test func whoConnectedToAnInheritedSocketIsLeftToTheNextServer() async throws {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    try #require(listen(descriptor, 5) == 0)
    let first = LocalServer(configuration: ServerConfiguration()) { _ in .text("first") }
    let address = try first.adopt(descriptor: dup(descriptor))
    guard case .tcp(_, let port) = address else { throw CancellationError() }
    let client = try TestClient(.tcp(host: "127.0.0.1", port: port))
    try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    first.drain(deadline: .seconds(30))
    await first.run()
    let second = LocalServer(configuration: ServerConfiguration()) { _ in .text("second") }
    _ = try second.adopt(descriptor: dup(descriptor))
    async let run: Void = second.run()
    #expect(try await client.answer().text == "second")
    second.drain(deadline: .zero)
    await run
  }

  @Test func cancellationOfTheRunEndsIt() async throws {
    let server = LocalServer(configuration: ServerConfiguration()) { _ in .text("x") }
    let address = try server.bind([.tcp(host: "127.0.0.1", port: 0)])[0]
    let run = Task { await server.run() }
    let client = try TestClient(address)
    try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try await client.answer().text == "x")
    run.cancel()
    await run.value
    #expect(try await client.untilClosed() == "")
  }
}
