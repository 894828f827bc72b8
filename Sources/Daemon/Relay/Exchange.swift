internal import ChatRoutes
internal import HTTPTypes
internal import LocalServer

/// An upstream answer read into memory, or the start of one that is too large for that.
struct FetchedAnswer: Sendable {
  var status: Int
  var fields: HTTPFields
  var body: [UInt8]
  /// What follows `body` when the answer exceeds the capture limit: relayed, never stored.
  var rest: RelayPipe?
  /// Whether the mirror holds it now.
  var isStored = false
  /// Upstream said 304 to the validator of the stored answer.
  var isRevalidated = false

  /// Upstream's 304, for a client that asked for changes itself.
  static func notModified(_ fields: HTTPFields) -> FetchedAnswer {
    FetchedAnswer(status: 304, fields: fields, body: [], isStored: true, isRevalidated: true)
  }

  var isSuccess: Bool { (200..<300).contains(status) }

  /// The answer as the client gets it.
  func response(cacheStatus: String) -> Response {
    var fields = Forwarding.responseFields(fields)
    fields.append(HTTPField(name: .cacheStatus, value: cacheStatus))
    let head = HTTPResponse(status: .init(code: status), headerFields: fields)
    guard let rest else { return Response(head: head, body: .bytes(body)) }
    let start = body
    return Response(
      head: head,
      body: .stream(length: contentLength) { writer in
        defer { rest.abandon() }
        try await writer.write(start)
        while let piece = try await rest.next() { try await writer.write(piece) }
      })
  }

  private var contentLength: Int64? { fields[.contentLength].flatMap { Int64($0) } }
}

extension FetchedAnswer {
  /// Reads an answer and delivers it: whole when it fits `limit`, else its start with the rest in a pipe.
  ///
  /// - Parameter delivered: is called once; for an answer too large it returns only when the rest has been read.
  static func read(
    _ response: TransportResponse, upTo limit: Int, consumerSilenceMax: Duration,
    deliver delivered: @Sendable (FetchedAnswer) async -> Void
  ) async throws(TransportError) {
    var answer = FetchedAnswer(status: response.status, fields: response.fields, body: [])
    var pieces = response.body.makeAsyncIterator()
    // Growing by doubling would hold a large answer almost twice.
    if let length = answer.contentLength, length <= limit { answer.body.reserveCapacity(Int(length)) }
    while let piece = try await pieces.next() {
      answer.body += piece
      guard answer.body.count > limit else { continue }
      let pipe = RelayPipe(consumerSilenceMax: consumerSilenceMax)
      answer.rest = pipe
      await delivered(answer)
      await pump(&pieces, into: pipe)
      return
    }
    await delivered(answer)
  }

  private static func pump(_ pieces: inout TransportBody.AsyncIterator, into pipe: RelayPipe) async {
    do {
      while let piece = try await pieces.next() {
        guard await pipe.push(piece) else { return }
      }
      pipe.finish()
    } catch {
      pipe.finish(failure: error)
    }
  }
}
