internal import HTTPTypes
internal import LocalServer
internal import MirrorStore

/// Serves a recorded stream again: the same bytes at the same pace, to whatever request.
struct Replay: Sendable {
  let recording: StreamRecording
  /// 2 is twice as fast; 0: without any pause.
  let speed: Double

  func server() -> LocalServer {
    var configuration = ServerConfiguration()
    configuration.name = "replay"
    configuration.loops = 1
    return LocalServer(configuration: configuration) { [self] _ in response() }
  }

  private func response() -> Response {
    var fields = HTTPFields()
    for field in recording.fields {
      guard let name = HTTPField.Name(field.name) else { continue }
      fields.append(HTTPField(name: name, value: field.value))
    }
    return Response(
      head: HTTPResponse(status: .init(code: recording.status), headerFields: fields),
      body: .stream(length: nil) { writer in
        let start = ContinuousClock.now
        var offset = 0
        for piece in recording.pieces {
          if let pause = pause(before: piece) { try await Task.sleep(until: start + pause) }
          let end = offset + Int(piece.byteCount)
          try await writer.write(Array(recording.bytes[offset..<end]))
          offset = end
        }
      })
  }

  private func pause(before piece: StreamRecording.Piece) -> Duration? {
    speed > 0 ? .milliseconds(piece.milliseconds) / speed : nil
  }
}
