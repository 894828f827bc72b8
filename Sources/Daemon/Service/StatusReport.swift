internal import ChatRoutes
internal import Foundation
internal import HTTPTypes

/// What a running daemon says of itself, fetched from its `/status`.
public struct StatusReport: Sendable {
  /// As the daemon wrote it.
  public let json: String
  private let snapshot: Report.Snapshot

  /// How long a daemon may take to answer.
  private static let patience = Duration.seconds(5)
  private static let bytesMax = 1 << 20

  /// - Parameter origin: the daemon's URL without a path.
  /// - Throws: `StartError`: nobody there, or not a chatroutesd.
  /// - Parameter tokenFile: where the local token is, when the daemon wants one.
  public static func fetch(from origin: String, tokenFile: String? = nil) async throws(StartError) -> StatusReport {
    var fields = HTTPFields()
    if let tokenFile {
      do throws(SettingError) {
        fields[.localToken] = try Settings().readSecret(tokenFile, "local-token-file")
      } catch { throw StartError("\(error)") }
    }
    let transport: HTTPTransport
    do { transport = try HTTPTransport(origin: origin) } catch { throw StartError("--url \(origin): \(error)") }
    do throws(TransportError) {
      let request = TransportRequest(
        method: "GET", target: "/status", fields: fields, connectTimeout: patience, headTimeout: patience)
      let response = try await transport.send(request)
      let body = try await response.body.collect(upTo: bytesMax)
      await transport.shutdown()
      return try StatusReport(body, origin)
    } catch {
      await transport.shutdown()
      throw StartError("cannot ask the daemon at \(origin): \(error.kind). Is it running?")
    }
  }

  private init(_ body: [UInt8], _ origin: String) throws(TransportError) {
    guard let snapshot = try? JSONDecoder().decode(Report.Snapshot.self, from: Data(body)) else {
      throw TransportError(.badResponse, "not a chatroutesd", requestMayHaveTakenEffect: true)
    }
    self.snapshot = snapshot
    json = String(decoding: body, as: UTF8.self).trimmingCharacters(in: .newlines)
  }

  /// A few lines for people.
  public var text: String {
    var lines = [
      "chatroutesd \(snapshot.version), mode \(snapshot.mode), up \(Span.text(snapshot.uptimeSeconds))",
      "upstream    \(snapshot.upstream.origin) is \(snapshot.upstream.state)\(outage)",
      "calls       \(snapshot.upstream.calls) sent, \(snapshot.callsSaved) saved, \(snapshot.upstream.failures) failed",
    ]
    if let mirror = snapshot.mirror {
      lines.append(
        "mirror      \(mirror.conversations) conversations, \(mirror.branches) branches, \(mirror.messages) messages, "
          + "\(mirror.drafts) drafts, \(mirror.bytes / 1024) KiB")
      let parts = ["messages", "responses"].map { "\($0) \((mirror.bytesOf[$0] ?? 0) / 1024) KiB" }
      lines.append(
        "            \(parts.joined(separator: ", ")), \(snapshot.writerQueue.waiting) waiting to be written")
      if let aside = mirror.setAside { lines.append("DAMAGED     a mirror was set aside: \(aside)") }
    }
    if let shortcoming = snapshot.mirrorShortcoming {
      lines.append("NOTHING IS RECORDED, mirror access is \(snapshot.mirrorAccess ?? "none"): \(shortcoming)")
    }
    lines.append("memory      \(snapshot.memoryCache.entries) answers, \(snapshot.memoryCache.bytes / 1024) KiB")
    lines.append("clients     \(snapshot.connections) connections, \(snapshot.requestsRunning) requests under way")
    if let failure = snapshot.lastRecordingFailure {
      lines.append("NOT RECORDED since \(failure.at): \(failure.what): \(failure.cause)")
    }
    return lines.joined(separator: "\n")
  }

  private var outage: String {
    guard let cause = snapshot.upstream.cause else { return "" }
    let span = snapshot.upstream.offlineForSeconds.map { ", for \(Span.text($0))" } ?? ""
    let probe = snapshot.upstream.nextProbeInSeconds.map { ", next probe in \(Span.text($0))" } ?? ""
    return " (\(cause)\(span)\(probe))"
  }
}

extension HTTPField.Name {
  /// What local callers prove themselves with where `local-token-file` is set.
  static let localToken = HTTPField.Name("X-Chatroutesd-Token")!
}
