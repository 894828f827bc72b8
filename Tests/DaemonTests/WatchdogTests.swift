import ChatRoutes
import Foundation
import HTTPTypes
import LocalServer
import Synchronization
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct WatchdogTests {
  private func server(_ handler: @escaping LocalServer.Handler) throws -> (LocalServer, UInt16) {
    var configuration = ServerConfiguration()
    configuration.loops = 2
    let server = LocalServer(configuration: configuration, handler: handler)
    guard case .tcp(_, let port) = try server.bind([.tcp(host: "127.0.0.1", port: 0)])[0] else {
      throw StartError("no port")
    }
    return (server, port)
  }

  /// One loop of two hangs in a handler: nothing is told until it turns again.
  @Test func aLoopThatHangsIsNotCalledAlive() async throws {
    let gate = DispatchSemaphore(value: 0)
    let hangs = Atomic<Bool>(false)
    let (server, port) = try server { _ in
      hangs.store(true, ordering: .relaxed)
      gate.wait()
      return Response(status: .ok)
    }
    let told = Atomic<Int>(0)
    let watchdog = Watchdog(server: server, interval: .milliseconds(20)) { told.add(1, ordering: .relaxed) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await server.run() }
      group.addTask { try await watchdog.run() }
      try await until { told.load(ordering: .relaxed) > 2 }
      group.addTask {
        let transport = try HTTPTransport(origin: "http://127.0.0.1:\(port)")
        // What it answers does not matter.
        _ = try? await transport.send(
          TransportRequest(
            method: "GET", target: "/", fields: [:], connectTimeout: .seconds(30), headTimeout: .seconds(30)))
        await transport.shutdown()
      }
      try await until { hangs.load(ordering: .relaxed) }
      // What was asked for before the loop began to hang may still be told, once.
      let before = told.load(ordering: .relaxed)
      let asked = ContinuousClock.now
      try await until { ContinuousClock.now - asked > .milliseconds(400) }
      #expect(told.load(ordering: .relaxed) <= before + 1)
      gate.signal()
      let hung = told.load(ordering: .relaxed)
      try await until { told.load(ordering: .relaxed) > hung + 1 }
      server.drain(deadline: .zero)
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  @Test(
    arguments: [
      ([:], nil), (["WATCHDOG_USEC": "30000000"], Duration.seconds(10)), (["WATCHDOG_USEC": "x"], nil),
      (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"], nil),
      (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "\(getpid())"], .seconds(1)),
    ] as [([String: String], Duration?)])
  func onlyTheWatchedProcessIsWatched(_ environment: [String: String], _ interval: Duration?) throws {
    let (server, _) = try server { _ in Response(status: .ok) }
    #expect(Watchdog(environment: environment, server: server, tell: {})?.interval == interval)
  }
}
