internal import HTTPTypes
internal import Logging
internal import Synchronization
internal import WireFormats

/// Why an answer could not be completed.
enum AnswerFailure: Error {
  case connection(ConnectionError)
  /// The closure that writes the body threw, or wrote another length than promised.
  case bodyBroke(AnswerPlan.Framing)

  /// Whether a plain close is enough: the client knows from the framing that something is missing. A body that ends with
  /// the connection needs a reset to look broken.
  var endsCleanly: Bool {
    switch self {
    case .bodyBroke(let framing): framing != .untilClose
    case .connection: false
    }
  }
}

/// A streamed body on its way.
struct AnswerStream {
  let framing: AnswerPlan.Framing
  var written: Int64 = 0
  /// Out on loan: another thread may be writing to the socket.
  var lent: DirectWriter?

  /// - Returns: Whether the piece still fits the promised length.
  mutating func add(_ byteCount: Int) -> Bool {
    written += Int64(byteCount)
    guard case .length(let promised) = framing else { return true }
    return written <= promised
  }

  var isComplete: Bool {
    guard case .length(let promised) = framing else { return true }
    return written == promised
  }
}

extension Connection {
  /// Sends an answer and says what follows it.
  @inline(__always)
  func send(_ response: Response) async throws(AnswerFailure) -> Exchange.Sequel {
    let plan = begin(response)
    switch response.body {
    case .empty: appendHead(response.head, plan)
    case .rendered(let ready): append(ready, plan)
    case .bytes(let bytes):
      appendHead(response.head, plan)
      if plan.sendsBody { socket.append(piece: bytes) }
    case .stream(_, let write):
      appendHead(response.head, plan)
      if plan.sendsBody { try await sendStream(plan.framing, write) }
    }
    let sequel = exchange.answerEnded(plan)
    if leavesAtOnce(sequel) { return sequel }
    do throws(ConnectionError) {
      try await socket.flush(stall: timeouts.writeStall)
      return sequel
    } catch {
      throw .connection(error)
    }
  }

  @inline(never)
  private func begin(_ response: Response) -> AnswerPlan {
    let (status, length) = response.statusAndLength
    return plan(status: status, bodyLength: length, asksToClose: response.asksToClose)
  }

  func plan(status: HTTPResponse.Status, bodyLength: Int64??, asksToClose: Bool = false) -> AnswerPlan {
    exchange.answerBegins(
      status: status, bodyLength: bodyLength,
      serverKeepsConnection: !loop.isDraining && !asksToClose
        && exchange.number < server.configuration.requestsPerConnectionMax,
      bytesAreThere: parser.bufferedBytes > 0, discardBytesMax: server.configuration.drainBytesMax)
  }

  /// Whether the answer needs no wait: it is sent, or it is small and a further request is here already, so that the
  /// answers to both can leave together.
  func leavesAtOnce(_ sequel: Exchange.Sequel) -> Bool {
    guard sequel == .nextRequest, parser.bufferedBytes > 0, socket.outbound.takesMore else {
      return socket.flushAtOnce()
    }
    socket.flushLater()
    return true
  }

  @inline(never)
  private func appendHead(_ head: HTTPResponse, _ plan: AnswerPlan) {
    // RFC 9110 §8.6: a 304 may say what GET would have had, a 204 never.
    let keepsLength = plan.framing == .unstated && exchange.toHead && head.status != .noContent
    let ownLength = keepsLength ? head.headerFields[.contentLength] : nil
    let hasDate = head.headerFields.contains(.date)
    socket.append { output in
      ResponseEncoder.appendHead(head.withoutFraming(), to: &output)
      if let ownLength { output.appendField("Content-Length: ", ownLength) }
      switch plan.framing {
      case .length(let length): output.appendContentLength(length)
      case .chunked: output.append("Transfer-Encoding: chunked\r\n")
      case .unstated, .untilClose: break
      }
      if !hasDate { output.append(contentsOf: loop.dateLine) }
      output.append(plan.connectionField)
      output.append("\r\n")
    }
  }

  @inline(never)
  func append(_ ready: ReadyAnswer, _ plan: AnswerPlan) {
    socket.append { output in
      output.append(contentsOf: ready.rendered.prefix)
      if !ready.rendered.hasDate { output.append(contentsOf: loop.dateLine) }
      output.append(contentsOf: ready.extraFields)
      output.append(plan.connectionField)
      output.append("\r\n")
    }
    if plan.sendsBody { socket.append(piece: ready.rendered.body) }
  }

  private func sendStream(
    _ framing: AnswerPlan.Framing, _ write: @Sendable (BodyWriter) async throws -> Void
  ) async throws(AnswerFailure) {
    stream = AnswerStream(framing: framing)
    // The head leaves with the first piece, or as soon as the closure waits for something else.
    socket.flushLater()
    let failure: (any Error)?
    do {
      try await write(BodyWriter(connection: self, number: exchange.number))
      if let direct = stream?.lent { try await takeBack(direct, of: exchange.number) }
      failure = nil
    } catch {
      failure = error
    }
    let isComplete = stream?.isComplete ?? false
    // The socket is this task's alone again, also when the closure threw before it took it back.
    if let rest = stream?.lent?.close(), !rest.isEmpty { socket.append(piece: rest) }
    stream = nil
    if failure == nil, isComplete {
      if framing == .chunked { socket.append { ResponseEncoder.appendLastChunk(to: &$0) } }
      return
    }
    socket.flushQueued()
    log(failure ?? ConnectionError.lengthMismatch(promised: framing.promisedLength))
    // What a client that takes nothing left in the send buffer must not stay with the kernel: that end is a reset.
    throw socket.isCut ? .connection(.clientGone) : .bodyBroke(framing)
  }

  /// A client that left is everyday life; anything else is worth a line.
  @inline(never)
  private func log(_ failure: any Error) {
    switch failure {
    case ConnectionError.clientGone: break
    case is CancellationError where socket.isGone.load(ordering: .relaxed): break  // the task of a client that left
    case let error as ConnectionError:
      server.configuration.logger.info("an answer was cut: \(error)", metadata: ["peer": "\(peer)"])
    default:
      server.configuration.logger.info(
        "an answer was cut: its body failed", metadata: ["error": "\(type(of: failure))", "peer": "\(peer)"])
    }
  }

  /// Sends one piece of a streamed body. Runs on the connection's loop.
  func write(_ bytes: [UInt8], of number: UInt64) async throws(ConnectionError) {
    guard exchange.number == number, let framing = stream?.framing else { throw .requestOver }
    guard stream?.add(bytes.count) == true else { throw .lengthMismatch(promised: framing.promisedLength) }
    if socket.isCut { throw .clientGone }
    if let direct = stream?.lent { try await takeBack(direct, of: number) }
    if framing == .chunked {
      socket.append { ResponseEncoder.appendChunkHead(byteCount: bytes.count, to: &$0) }
      socket.append(piece: bytes, suffix: "\r\n")
    } else {
      socket.append(piece: bytes)
    }
    try await socket.flush(stall: timeouts.writeStall)
  }

  /// Lends the sending side of the socket. Runs on the connection's loop.
  func lend(for number: UInt64) -> DirectWriter? {
    // Pieces of a promised length are counted where they are written.
    guard exchange.number == number, let framing = stream?.framing, framing == .chunked || framing == .untilClose,
      stream?.lent == nil, socket.flushAtOnce()
    else { return nil }
    let direct = DirectWriter(socket.descriptor, isChunked: framing == .chunked)
    stream?.lent = direct
    return direct
  }

  /// Takes the socket back and sends what was left. Runs on the connection's loop.
  func takeBack(_ direct: DirectWriter, of number: UInt64) async throws(ConnectionError) {
    guard exchange.number == number, stream?.lent === direct else { throw .requestOver }
    let rest = direct.close()
    stream?.lent = nil
    guard !rest.isEmpty else { return }
    socket.append(piece: rest)
    try await socket.flush(stall: timeouts.writeStall)
  }

  /// Moves the caller to the connection's loop if it is not there: a handler may call from anywhere.
  func onLoop<Value: Sendable>(
    _ body: () async throws(ConnectionError) -> Value
  ) async throws(ConnectionError) -> Value {
    if loop.isPreferredByCurrentTask { return try await body() }
    return try await withTaskExecutorPreference(loop) { () throws(ConnectionError) in try await body() }
  }
}

extension AnswerPlan.Framing {
  var promisedLength: Int64 {
    if case .length(let length) = self { length } else { -1 }
  }
}

extension Response {
  /// The status, and what is known of the body's length as `AnswerPlan` wants it.
  fileprivate var statusAndLength: (HTTPResponse.Status, Int64??) {
    switch body {
    case .empty: (head.status, .none)
    case .bytes(let bytes): (head.status, .some(.some(Int64(bytes.count))))
    case .stream(let length, _): (head.status, .some(length))
    case .rendered(let ready): (ready.rendered.status, .some(.some(Int64(ready.rendered.body.count))))
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ field: AnswerPlan.ConnectionField) {
    switch field {
    case .none: break
    case .close: append("Connection: close\r\n")
    case .keepAlive: append("Connection: keep-alive\r\n")
    }
  }

  fileprivate mutating func appendField(_ name: StaticString, _ value: String) {
    append(name)
    append(contentsOf: value.utf8)
    append("\r\n")
  }
}
