import ChatRoutes
import Foundation
import HTTPTypes
import LocalServer
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Daemon

/// The real daemon on a real socket, with an upstream that does what a test says.
final class DaemonRig: Sendable {
  let upstream: ScriptedUpstream
  let origin: String
  private let client: HTTPTransport

  /// Runs a daemon for as long as `body` runs.
  /// - Parameter log: gets every line of its log, at every level.
  static func run(
    _ upstream: ScriptedUpstream, _ settings: Settings = Settings(), folder: String? = nil, log: Log? = nil,
    _ body: (DaemonRig) async throws -> Void
  ) async throws {
    var settings = settings
    settings.listen = [.tcp(host: "127.0.0.1", port: 0)]
    settings.listenIsExplicit = true
    settings.upstream = "http://upstream.test"
    let place = folder ?? NSTemporaryDirectory() + "daemon-rig-\(UUID())"
    defer { if folder == nil { try? FileManager.default.removeItem(atPath: place) } }
    let daemon = try ProxyDaemon(
      settings, database: place + "/mirror.sqlite", transport: upstream, version: "test",
      logger: Logger(label: "test") { _ -> any LogHandler in log.map(LogCollector.init) ?? SwiftLogNoOpLogHandler() })
    let bound = try daemon.bind()
    let rig = try DaemonRig(upstream, origin: "http://\(bound[0])")
    let group = ServiceGroup(
      services: daemon.services(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let running = Task { try await group.run() }
    do {
      try await body(rig)
    } catch {
      await group.triggerGracefulShutdown()
      await rig.client.shutdown()
      throw error
    }
    await group.triggerGracefulShutdown()
    try await running.value
    daemon.close()
    await rig.client.shutdown()
  }

  private init(_ upstream: ScriptedUpstream, origin: String) throws {
    (self.upstream, self.origin) = (upstream, origin)
    client = try HTTPTransport(origin: origin)
  }

  struct Answer: Sendable {
    var status: Int
    var fields: HTTPFields
    var text: String
    var cacheStatus: String { fields[HTTPField.Name("Cache-Status")!] ?? "" }
  }

  /// One request to the daemon.
  func ask(
    _ method: String = "GET", _ target: String, key: String? = "alice", body: String? = nil,
    _ fields: [(String, String)] = []
  ) async throws -> Answer {
    var request = TransportRequest(method: method, target: target)
    if let key { request.fields.append(HTTPField(name: .authorization, value: "ApiKey \(key)")) }
    for (name, value) in fields { request.fields.append(HTTPField(name: HTTPField.Name(name)!, value: value)) }
    if let body { request.body = .bytes(Array(body.utf8)) }
    let response = try await client.send(request)
    let bytes = try await response.body.collect(upTo: 1 << 24)
    return Answer(status: response.status, fields: response.fields, text: String(decoding: bytes, as: UTF8.self))
  }

  /// The work counters of `/status`: database reads and JSON documents.
  func work() async throws -> (reads: Int, documents: Int) {
    let status = try await ask("GET", "/status", key: nil)
    let json = try JSONSerialization.jsonObject(with: Data(status.text.utf8)) as? [String: Any]
    let work = try #require(json?["work"] as? [String: Any])
    return (try #require(work["storeReads"] as? Int), try #require(work["jsonDocuments"] as? Int))
  }
}

extension Settings {
  /// The defaults but for one setting.
  static func with<Value>(_ path: WritableKeyPath<Settings, Value>, _ value: Value) -> Settings {
    var settings = Settings()
    settings[keyPath: path] = value
    return settings
  }
}

/// An upstream made of a closure; it keeps the requests that it saw.
final class ScriptedUpstream: Transport {
  typealias Script = @Sendable (TransportRequest) async throws(TransportError) -> TransportResponse

  private let script: Mutex<Script>
  private let seen = Mutex<[TransportRequest]>([])
  private let handshakes = Mutex(0)

  init(_ script: @escaping Script) { self.script = Mutex(script) }

  var requests: [TransportRequest] { seen.withLock { $0 } }
  /// How often a handshake was tried; none succeeds.
  var probes: Int { handshakes.withLock { $0 } }
  func become(_ script: @escaping Script) { self.script.withLock { $0 = script } }

  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    seen.withLock { $0.append(request) }
    let script = script.withLock { $0 }
    return try await script(request)
  }

  func probe(timeout: Duration) async throws(TransportError) {
    handshakes.withLock { $0 += 1 }
    throw TransportError(.refused, requestMayHaveTakenEffect: false)
  }

  static let refused: Script = { _ throws(TransportError) in
    throw TransportError(.refused, requestMayHaveTakenEffect: false)
  }

  /// Always the same answer.
  static func answering(_ status: Int, _ text: String, _ fields: HTTPFields = [.contentType: "application/json"])
    -> Script
  {
    { _ in TransportResponse(status: status, fields: fields, body: TransportBody(Array(text.utf8))) }
  }
}

/// What a daemon logged.
final class Log: Sendable {
  private let lines = Mutex("")

  var text: String { lines.withLock { $0 } }

  fileprivate func add(_ line: String) { lines.withLock { $0 += line + "\n" } }
}

private struct LogCollector: LogHandler {
  let log: Log
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  init(_ log: Log) { self.log = log }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    log.add("\(event.level): \(event.message) \(event.metadata ?? [:])")
  }
}

/// Looks again and again until something holds; a test's time limit ends it.
func until(_ holds: () async throws -> Bool) async throws {
  while try await !holds() {
    try Task.checkCancellation()
    await Task.yield()
  }
}
