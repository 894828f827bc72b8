internal import ChatRoutes
internal import Foundation
internal import HTTPTypes

/// The control socket as a command uses it.
public struct DaemonControl: Sendable {
  private let path: String

  /// How long a daemon may take to answer.
  private static let patience = Duration.seconds(5)
  /// How long it may take to purge: a large mirror is merged and folded for minutes.
  private static let purgePatience = Duration.seconds(1800)
  private static let answerBytesMax = 4096

  /// - Parameter directory: the folder of the mirror that the daemon works on.
  public init(directory: String) { path = ControlSocket.path(in: directory) }

  /// The mode that the daemon is in.
  public func mode() async throws(StartError) -> Mode { try Self.mode(try await ask("GET", "/mode")) }

  /// Switches the mode until the daemon ends.
  /// - Returns: the mode that it is in now.
  public func change(to mode: Mode) async throws(StartError) -> Mode {
    try Self.mode(try await ask("PUT", "/mode", .bytes(Array(mode.rawValue.utf8))))
  }

  /// Whether a daemon answers.
  public func isThere() async -> Bool { (try? await mode()) != nil }  // why not does not matter

  /// Has the daemon purge its mirror.
  public func purge(_ purge: LocalMirror.Purge) async throws(StartError) -> LocalMirror.Purged {
    guard let order = try? JSONEncoder().encode(purge) else { preconditionFailure("an order is plain JSON") }
    let text = try await ask("POST", "/purge", .bytes(Array(order)), patience: Self.purgePatience)
    guard let purged = try? JSONDecoder().decode(LocalMirror.Purged.self, from: Data(text.utf8)) else {
      throw StartError("the daemon gave an answer of another version. Restart it and look what is left.")
    }
    return purged
  }

  private static func mode(_ text: String) throws(StartError) -> Mode {
    guard let mode = Mode(rawValue: String(text.prefix { $0 != "\n" })) else {
      throw StartError("the daemon is in a mode that this version does not know. Restart it.")
    }
    return mode
  }

  private func ask(
    _ method: String, _ target: String, _ body: TransportRequest.Body = .none, patience: Duration = Self.patience
  ) async throws(StartError) -> String {
    let transport: HTTPTransport
    do { transport = try HTTPTransport(origin: "unix:" + path) } catch {
      throw StartError("the path of \(path) is too long for a socket. Put the mirror elsewhere, see --database.")
    }
    let (status, text): (Int, String)
    do throws(TransportError) {
      let response = try await transport.send(
        TransportRequest(
          method: method, target: target, fields: [:], body: body, connectTimeout: Self.patience, headTimeout: patience)
      )
      (status, text) = (
        response.status, String(decoding: try await response.body.collect(upTo: Self.answerBytesMax), as: UTF8.self)
      )
      await transport.shutdown()
    } catch {
      await transport.shutdown()
      throw StartError("no daemon answers at \(path) (\(error.kind)). Start one with `chatroutesd serve`.")
    }
    guard status == 200 else {
      throw StartError("the daemon refuses (\(status)): \(Self.message(text) ?? "no reason given")")
    }
    return text
  }

  private struct Envelope: Decodable {
    var message: String
  }

  /// The message of an error of the daemon's own; nil: it is none.
  private static func message(_ text: String) -> String? {
    (try? JSONDecoder().decode(Envelope.self, from: Data(text.utf8)))?.message
  }
}
