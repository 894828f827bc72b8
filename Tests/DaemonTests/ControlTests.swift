import ChatRoutes
import Foundation
import HTTPTypes
import Logging
import Testing

@testable import Daemon

/// Switching the mode of a running daemon through its control socket.
@Suite(.timeLimit(.minutes(1))) struct ControlTests {
  static let json = ##"{"success":true,"data":{"conversation":{"id":"c1","title":"T"}}}"##

  /// A folder whose socket path fits into the kernel's address.
  static func folder() throws -> String {
    let path = "/tmp/control-\(UUID())"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return path
  }

  @Test func modeIsSwitchedWhileRunning() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))
    try await DaemonRig.run(upstream, folder: folder) { (rig: DaemonRig) async throws in
      let control = DaemonControl(directory: folder)
      #expect(try await control.mode() == .auto)
      #expect(try await rig.ask("GET", "/api/v1/conversations/c1").status == 200)

      #expect(try await control.change(to: .offline) == .offline)
      let seen = upstream.requests.count
      let stored = try await rig.ask("GET", "/api/v1/conversations/c1")
      #expect(stored.status == 200 && stored.cacheStatus.contains("detail=offline"))
      #expect(try await rig.ask("GET", "/api/v1/conversations/other").status == 504)
      #expect(try await rig.ask("POST", "/api/v1/conversations", body: "{}").status == 502)
      #expect(try await rig.ask("GET", "/api/v1/unknown").status == 502)
      #expect(upstream.requests.count == seen, "something was dialled in offline mode")

      #expect(try await control.change(to: .bypass) == .bypass)
      #expect(try await rig.ask("GET", "/api/v1/conversations/c1").cacheStatus == "chatroutesd; fwd=bypass")
      #expect(try await control.change(to: .auto) == .auto)
      #expect(try await rig.ask("GET", "/api/v1/conversations/c1").cacheStatus.contains("fwd=uri-miss"))
    }
  }

  @Test(arguments: ["", "{}", #"{"conversations":null}"#, "[1]"])
  func aPurgeOfEverythingHasToBeAskedFor(body: String) async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.answering(200, Self.json)), folder: folder) {
      (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", "/api/v1/conversations/c1")
      let control = try HTTPTransport(origin: "unix:\(folder)/control.sock")
      let answer = try await control.send(
        TransportRequest(method: "POST", target: "/purge", fields: [:], body: .bytes(Array(body.utf8))))
      #expect(answer.status == 400)
      await control.shutdown()
      #expect(try LocalMirror(path: folder + "/mirror.sqlite").conversations(limit: 9).count == 1)
    }
  }

  /// A read that was under way when the mirror was purged does not fill it again.
  @Test func aReadUnderWayDoesNotFillAPurgedMirrorAgain() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (asked, purged) = (Promise<Void>(), Promise<Void>())
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(200, Self.json))
    try await DaemonRig.run(upstream, folder: folder) { (rig: DaemonRig) async throws in
      _ = try await rig.ask("GET", "/api/v1/conversations/c1")
      upstream.become { request throws(TransportError) in
        asked.keep(())
        _ = await purged.value()
        return try await ScriptedUpstream.answering(200, Self.json)(request)
      }
      async let answer = rig.ask("GET", "/api/v1/conversations/c1")
      _ = await asked.value()
      #expect(try await DaemonControl(directory: folder).purge(.init(conversations: ["c1"])).conversations == 1)
      purged.keep(())
      #expect(try await answer.status == 200)
      #expect(try LocalMirror(path: folder + "/mirror.sqlite").conversations(limit: 9).isEmpty)
    }
  }

  /// Whoever decided to ask before the mode changed: the one way out is closed too.
  @Test func inOfflineModeNothingGoesOutWhoeverAsks() async throws {
    let transport = ScriptedUpstream(ScriptedUpstream.answering(200, "{}"))
    let mode = CurrentMode(.offline)
    let upstream = Upstream(
      origin: "http://up.test", transport: transport,
      limits: UpstreamLimits(connect: .seconds(1), head: .seconds(1), bodyIdle: .seconds(1)), mode: mode,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    let request = TransportRequest(method: "GET", target: "/api/v1/conversations")
    let error = await #expect(throws: TransportError.self) { try await upstream.send(request, as: .unknown) }
    #expect(error?.kind == .cancelled && error?.requestMayHaveTakenEffect == false)
    #expect(transport.requests.isEmpty && upstream.counts.calls == 0)
    #expect(mode.change(to: .auto) == .offline)
    #expect(try await upstream.send(request, as: .unknown).status == 200)
  }

  @Test func offlineModeEndsProbing() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let upstream = ScriptedUpstream(ScriptedUpstream.refused)
    try await DaemonRig.run(upstream, folder: folder) { (rig: DaemonRig) async throws in
      let control = DaemonControl(directory: folder)
      #expect(try await rig.ask("GET", "/api/v1/conversations/c1").status == 504)
      while upstream.probes == 0 { try await Task.sleep(for: .milliseconds(5)) }
      _ = try await control.change(to: .offline)
      let seen = upstream.probes
      // Longer than the next probe would have taken to come.
      try await Task.sleep(for: .seconds(3))
      #expect(upstream.probes <= seen + 1, "at most the one that was under way")

      // Back in auto, the next probe does not wait for its turn.
      let before = upstream.probes
      _ = try await control.change(to: .auto)
      while upstream.probes == before { try await Task.sleep(for: .milliseconds(5)) }
    }
  }

  @Test func theSocketBelongsToItsUserAlone() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.refused), folder: folder) { _ in
      _ = try await DaemonControl(directory: folder).mode()
      var status = stat()
      #expect(lstat(folder + "/control.sock", &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
    }
    #expect(!FileManager.default.fileExists(atPath: folder + "/control.sock"), "it is left behind")
  }

  @Test func otherRequestsAreRefused() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.refused), folder: folder) {
      (rig: DaemonRig) async throws in
      let client = try HTTPTransport(origin: "unix:\(folder)/control.sock")
      let rows: [(method: String, target: String, body: String, status: Int)] = [
        ("PUT", "/mode", "fast", 400), ("PUT", "/mode", "", 400),
        ("PUT", "/mode", String(repeating: "x", count: 70), 413), ("DELETE", "/mode", "", 404), ("GET", "/", "", 404),
        ("GET", "/api/v1/conversations", "", 404), ("GET", "/status", "", 200),
      ]
      for row in rows {
        var request = TransportRequest(method: row.method, target: row.target)
        if !row.body.isEmpty { request.body = .bytes(Array(row.body.utf8)) }
        let response = try await client.send(request)
        _ = try await response.body.collect(upTo: 1 << 20)
        #expect(response.status == row.status, "\(row)")
      }
      await client.shutdown()
      #expect(try await rig.ask("PUT", "/mode", body: "offline").status == 405, "the port has no such thing")
    }
  }

  @Test func aPlaceWithoutRoomForASocketIsNoReasonToFail() async throws {
    let folder = NSTemporaryDirectory() + String(repeating: "long-", count: 25) + "\(UUID())"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await DaemonRig.run(ScriptedUpstream(ScriptedUpstream.refused), folder: folder) {
      (rig: DaemonRig) async throws in
      #expect(try await rig.ask("GET", "/healthz").status == 200)
      await #expect(throws: StartError.self) { _ = try await DaemonControl(directory: folder).mode() }
    }
  }
}
