import HTTPTypes
import LocalServer
import Logging

/// Runs a server while the body runs, then drains it and waits until its run is over: no test leaves a task behind.
func withServer(
  on address: ListenAddress = .tcp(host: "127.0.0.1", port: 0),
  _ configure: (inout ServerConfiguration) -> Void = { _ in },
  ready: LocalServer.ReadyHandler? = nil,
  handler: @escaping LocalServer.Handler,
  _ body: (LocalServer, ListenAddress) async throws -> Void
) async throws {
  var configuration = ServerConfiguration()
  configuration.loops = 2
  configuration.lingerTimeout = .milliseconds(200)
  configuration.logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
  configure(&configuration)
  let server = LocalServer(configuration: configuration, ready: ready, handler: handler)
  let bound = try server.bind([address])
  try await withThrowingDiscardingTaskGroup { group in
    group.addTask { await server.run() }
    defer { server.drain(deadline: .zero) }
    try await body(server, bound[0])
  }
}

extension Response {
  static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, body: .bytes(Array(text.utf8)))
  }
}
