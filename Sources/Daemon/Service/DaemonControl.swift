internal import ChatRoutes
internal import HTTPTypes

/// The control socket as a command uses it.
public struct DaemonControl: Sendable {
  private let path: String

  /// How long a daemon may take to answer.
  private static let patience = Duration.seconds(5)

  /// - Parameter directory: the folder of the mirror that the daemon works on.
  public init(directory: String) { path = ControlSocket.path(in: directory) }

  /// The mode that the daemon is in.
  public func mode() async throws(StartError) -> Mode { try await ask("GET", .none) }

  /// Switches the mode until the daemon ends.
  /// - Returns: the mode that it is in now.
  public func change(to mode: Mode) async throws(StartError) -> Mode {
    try await ask("PUT", .bytes(Array(mode.rawValue.utf8)))
  }

  private func ask(_ method: String, _ body: TransportRequest.Body) async throws(StartError) -> Mode {
    let transport: HTTPTransport
    do { transport = try HTTPTransport(origin: "unix:" + path) } catch {
      throw StartError("the path of \(path) is too long for a socket. Put the mirror elsewhere, see --database.")
    }
    do throws(TransportError) {
      let response = try await transport.send(
        TransportRequest(
          method: method, target: "/mode", fields: [:], body: body, connectTimeout: Self.patience,
          headTimeout: Self.patience))
      let text = String(decoding: try await response.body.collect(upTo: 4096), as: UTF8.self)
      await transport.shutdown()
      guard response.status == 200, let mode = Mode(rawValue: String(text.prefix { $0 != "\n" })) else {
        throw TransportError(.badResponse, requestMayHaveTakenEffect: true)
      }
      return mode
    } catch {
      await transport.shutdown()
      throw StartError("no daemon answers at \(path) (\(error.kind)). Start one with `chatroutesd serve`.")
    }
  }
}
