internal import Foundation
internal import HTTPTypes
internal import LocalServer
internal import Logging
internal import MirrorStore
internal import WireFormats

/// What the daemon's own user may change while it runs: a second server on a Unix socket beside the database, mode 0600.
///
/// Being able to open the socket is the permission; there is no gate and no token.
final class ControlSocket: Sendable {
  /// The socket's place: in the folder of the mirror.
  static func path(in directory: String) -> String { directory + "/control.sock" }

  private let mode: CurrentMode
  private let upstream: Upstream
  private let report: Report
  private let mirror: Mirror
  private let logger: Logger

  init(mode: CurrentMode, upstream: Upstream, report: Report, mirror: Mirror, logger: Logger) {
    (self.mode, self.upstream, self.report, self.logger) = (mode, upstream, report, logger)
    self.mirror = mirror
  }

  /// A server that answers on the socket; it listens once this returns.
  /// - Parameter inherited: a further socket, whose mode is its unit's.
  func server(in directory: String, inherited: CInt? = nil) throws(ListenError) -> LocalServer {
    var configuration = ServerConfiguration()
    configuration.name = "control"
    configuration.loops = 1
    configuration.connectionsMax = 32  // one user's commands
    configuration.descriptorsReserved = 16  // they should get through when the daemon is full
    configuration.limits.bodyBytesMax = UInt64(Self.orderBytesMax)
    configuration.logger = logger
    configuration.serverFailure = { Failure.server(status: $0.status, message: $0.message).response }
    let server = LocalServer(configuration: configuration) { try await self.answer($0) }
    _ = try server.bind([.unix(path: Self.path(in: directory))])
    if let inherited { _ = try server.adopt(descriptor: inherited) }
    return server
  }

  func answer(_ request: Request) async throws -> Response {
    let head = request.head
    switch String(decoding: head.path, as: UTF8.self) {
    case "/status" where head.hasMethod("GET"): return report.status()
    case "/mode" where head.hasMethod("GET"): return Report.text("\(mode.current.rawValue)\n")
    case "/mode" where head.hasMethod("PUT"):
      let text = String(decoding: try await request.body.collect(upTo: 64), as: UTF8.self)
      guard let wanted = Mode(rawValue: text.filter { !$0.isWhitespace }) else {
        return Failure.server(status: 400, message: "expected auto, offline or bypass").response
      }
      change(to: wanted)
      return Report.text("\(wanted.rawValue)\n")
    case "/purge" where head.hasMethod("POST"):
      return try await purge(try await request.body.collect(upTo: Self.orderBytesMax))
    default:
      return Failure.server(status: 404, message: "there is /mode (GET, PUT), /status (GET) and /purge (POST)").response
    }
  }

  /// Some thousand ids of conversations.
  private static let orderBytesMax = 256 << 10

  private func purge(_ body: [UInt8]) async throws -> Response {
    guard let order = try? JSONDecoder().decode(LocalMirror.Purge.self, from: Data(body)),
      !order.selection.saysNothing
    else { return Failure.server(status: 400, message: "expected conversations, account or unusedSince").response }
    do throws(MirrorError) {
      let purged = LocalMirror.Purged(try await mirror.purge(order.selection, logger))
      guard let text = try? JSONEncoder().encode(purged) else { preconditionFailure("numbers are JSON") }
      return Response(status: .ok, fields: [.contentType: "application/json"], body: .bytes(Array(text)))
    } catch {
      return Failure.server(status: 503, message: error.description).response
    }
  }

  private func change(to wanted: Mode) {
    let before = mode.change(to: wanted)
    guard before != wanted else { return }
    logger.notice("mode changed", metadata: ["mode": "\(wanted.rawValue)", "before": "\(before.rawValue)"])
    if before == .offline { upstream.lookAgain() }
  }
}
