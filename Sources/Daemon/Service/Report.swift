internal import Foundation
internal import HTTPTypes
internal import LocalServer
internal import MirrorStore
internal import Synchronization

/// What the daemon says about itself: `/status` for programs and people, `/metrics` for Prometheus.
final class Report: Sendable {
  let counters: Counters
  let times: AnswerTimes
  private let mirror: Mirror
  private let recorder: Recorder
  private let caretaker: Caretaker
  let upstream: Upstream
  private let background: BackgroundWork
  private let mode: CurrentMode
  private let version: String
  private let startedAt = ContinuousClock.now
  /// Set once the server exists.
  private let server = Mutex<LocalServer?>(nil)

  init(
    counters: Counters, times: AnswerTimes, mirror: Mirror, recorder: Recorder, caretaker: Caretaker,
    upstream: Upstream,
    background: BackgroundWork, mode: CurrentMode, version: String
  ) {
    (self.counters, self.mirror, self.recorder, self.upstream) = (counters, mirror, recorder, upstream)
    (self.caretaker, self.times) = (caretaker, times)
    (self.background, self.mode, self.version) = (background, mode, version)
  }

  func attach(_ server: LocalServer) { self.server.withLock { $0 = server } }

  /// `/status`: JSON.
  func status() -> Response {
    let snapshot = snapshot()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    guard let data = try? encoder.encode(snapshot) else {
      preconditionFailure("the status holds a number that is no JSON")
    }
    let fields: HTTPFields = [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"]
    return Response(status: .ok, fields: fields, body: .bytes(Array(data) + [0x0A]))
  }

  /// `/readyz`: 200 while new requests are welcome; during the drain nothing is accepted any more. What is out of order beside
  /// that is told and changes nothing: forwarding and reading go on without the other.
  func readiness() -> Response {
    Self.text(
      "ready\nmode \(mode.current.rawValue)\nupstream \(upstream.currentHealth.state)\nmirror \(mirror.store.access.rawValue)\n"
    )
  }

  static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
    Response(status: .ok, fields: [.contentType: type, .cacheControl: "no-store"], body: .bytes(Array(text.utf8)))
  }

  // MARK: - Parts

  struct Snapshot: Codable, Sendable {
    struct UpstreamPart: Codable, Sendable {
      var origin: String
      var state: String
      /// It accepts connections and answers nothing: callers wait briefly.
      var isSilent: Bool
      var cause: String?
      var offlineForSeconds: Double?
      var nextProbeInSeconds: Double?
      var calls: UInt64
      var failures: UInt64
      var probes: UInt64
      /// For how long it was not online, in all.
      var outageSeconds: Double
    }
    struct MirrorPart: Codable, Sendable {
      var conversations: Int
      var branches: Int
      var messages: Int
      var checkpoints: Int
      var drafts: Int
      var responses: Int
      /// Of the file, its free pages included.
      var bytes: Int
      /// Texts by kind.
      var bytesOf: [String: Int]
      /// A damaged mirror that was replaced while the daemon ran.
      var setAside: String?
    }
    struct QueuePart: Codable, Sendable {
      /// Observations that wait for the mirror's writer, and their size.
      var waiting: Int
      var bytes: Int
      var bytesMax: Int
    }
    struct MemoryCachePart: Codable, Sendable {
      var entries: Int
      var bytes: Int
      var bytesMax: Int
    }
    struct WorkPart: Codable, Sendable {
      var storeReads: UInt64
      var storeWrites: UInt64
      var jsonDocuments: UInt64
    }
    struct FailurePart: Codable, Sendable {
      var what: String
      var cause: String
      var at: String
    }

    var name = "chatroutesd"
    var version: String
    var mode: String
    var uptimeSeconds: Double
    var connections: Int
    /// Accepted since the start.
    var connectionsTotal: Int
    /// Requests whose bytes were no acceptable HTTP.
    var malformedRequests: Int
    var requestsRunning: Int
    var callsSaved: UInt64
    var upstream: UpstreamPart
    /// `nil`: the database could not be read just now.
    var mirror: MirrorPart?
    /// `writable`; `read-only` or `none` while nothing can be recorded.
    var mirrorAccess: String?
    var mirrorShortcoming: String?
    var writerQueue: QueuePart
    var memoryCache: MemoryCachePart
    var work: WorkPart
    var counters: [String: UInt64]
    var lastRecordingFailure: FailurePart?
  }

  func snapshot() -> Snapshot {
    // Counters first: what this report itself reads from the store must not show in them.
    let work = mirror.store.workCounters
    let values = Dictionary(uniqueKeysWithValues: Counter.allCases.map { ("\($0)", counters[$0]) })
    let clients = server.withLock { $0?.statistics } ?? ServerStatistics()
    return Snapshot(
      version: version, mode: mode.current.rawValue, uptimeSeconds: Self.seconds(startedAt.duration(to: .now)),
      connections: clients.openConnections, connectionsTotal: clients.acceptedConnections,
      malformedRequests: clients.parseErrors, requestsRunning: background.count,
      callsSaved: counters.savedCalls,
      upstream: upstreamPart(), mirror: mirrorPart(), mirrorAccess: mirror.store.access.rawValue,
      mirrorShortcoming: mirror.store.shortcoming?.description, writerQueue: queuePart(),
      memoryCache: .init(entries: mirror.hot.count, bytes: mirror.hot.bytes, bytesMax: mirror.hot.bytesMax),
      work: .init(storeReads: work.storeReads, storeWrites: work.storeWrites, jsonDocuments: work.documentsScanned),
      counters: values,
      lastRecordingFailure: recorder.lastFailure.map {
        .init(what: $0.what, cause: $0.cause, at: Self.date($0.at))
      })
  }

  private func upstreamPart() -> Snapshot.UpstreamPart {
    let health = upstream.currentHealth
    let counts = upstream.counts
    let now = ContinuousClock.now
    return .init(
      origin: upstream.origin, state: "\(health.state)", isSilent: health.isSilent, cause: health.cause,
      offlineForSeconds: health.since.map { Self.seconds($0.duration(to: now)) },
      nextProbeInSeconds: health.nextProbe.map { max(0, Self.seconds(now.duration(to: $0))) },
      calls: counts.calls, failures: counts.failures, probes: counts.probes,
      outageSeconds: Self.seconds(upstream.outageTotal))
  }

  private func mirrorPart() -> Snapshot.MirrorPart? {
    // Not readable: the report goes out without this part, and the failure shows in the log.
    guard let counts = try? mirror.store.counts() else { return nil }
    return .init(
      conversations: counts.conversations.count, branches: counts.branches.count, messages: counts.messages.count,
      checkpoints: counts.checkpoints.count, drafts: counts.drafts.count, responses: counts.responses.count,
      bytes: Int(counts.bytes),
      bytesOf: [
        "conversations": Int(counts.conversations.bytes), "branches": Int(counts.branches.bytes),
        "messages": Int(counts.messages.bytes), "checkpoints": Int(counts.checkpoints.bytes),
        "drafts": Int(counts.drafts.bytes), "responses": Int(counts.responses.bytes),
      ], setAside: caretaker.setAside)
  }

  private func queuePart() -> Snapshot.QueuePart {
    let waiting = recorder.waiting
    return .init(waiting: waiting.count, bytes: waiting.bytes, bytesMax: RecordingQueue.bytesMax)
  }

  private static func seconds(_ duration: Duration) -> Double {
    let parts = duration.components
    return Double(parts.seconds) + Double(parts.attoseconds / 1_000_000_000_000_000) / 1000
  }

  private static func date(_ time: UnixTime) -> String {
    Date(timeIntervalSince1970: Double(time.milliseconds) / 1000).formatted(.iso8601)
  }
}
