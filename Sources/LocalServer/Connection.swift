internal import Glibc
internal import Logging
internal import Synchronization
internal import WireFormats

/// One client: reads its requests one after the other, has them answered, and ends.
final class Connection: @unchecked Sendable {
  // @unchecked: touched only by the task that serves it and by calls that moved to its loop first (`onLoop`); the
  // exceptions, `socket.isGone` and `socket.hasEnded`, are atomic.

  let socket: Socket
  let server: LocalServer
  let peer: Peer
  let timeouts: Timeouts
  var loop: EventLoop { socket.loop }
  var parser: RequestParser
  var exchange = Exchange(refusalNumber: 0)
  var stream: AnswerStream?
  var inputEnded = false
  private var isNew = true
  /// What `serveAtOnce` found and left to the task.
  var handedOver: NextHead?

  init(_ descriptor: CInt, peer: Peer, loop: EventLoop, server: LocalServer) {
    socket = Socket(descriptor, on: loop)
    self.server = server
    self.peer = peer
    timeouts = server.timeouts
    parser = RequestParser(limits: server.configuration.limits)
  }

  /// How the connection ends.
  enum Ending {
    /// Nobody waits for anything.
    case silent
    /// An answer is on its way: the client gets time to read it.
    case afterAnswer
    /// The client must see that the answer is broken.
    case broken
  }

  /// Serves until the connection is over, or only says that there is no room; then closes it. Runs on the connection's
  /// loop.
  func serve(isWelcome: Bool) async {
    if loop.add(socket) {
      withUnsafeCurrentTask { socket.task = $0 }
      // `socket` is ours: the cycle ends below.
      socket.firstReader = { self.serveAtOnce() }
      let ending = isWelcome ? await serveRequests() : await refuse(.tooManyConnections)
      socket.task = nil
      socket.firstReader = nil
      if ending == .afterAnswer { await linger() }
      if ending == .broken { socket.breakOff() }
    }
    socket.close()
    loop.statistics.openConnections.subtract(1, ordering: .relaxed)
    if isWelcome {
      server.openConnections.subtract(1, ordering: .relaxed)
    } else {
      server.turnedAway.subtract(1, ordering: .relaxed)
    }
  }

  private func serveRequests() async -> Ending {
    while await requestComes() {
      if let ending = await serveApart() { return ending }
    }
    return .silent
  }

  /// Waits between two requests; those that `serveAtOnce` can answer do not end the wait.
  /// - Returns: Whether there is something to do; false: idle for too long, closed or drained.
  private func requestComes() async -> Bool {
    defer { isNew = false }
    // A client that came before the drain may have sent its request already.
    if loop.isDraining { return isNew && !loop.isCut }
    socket.isIdle = true
    defer { socket.isIdle = false }
    if socket.mayHaveMore, !serveAtOnce() { return true }
    return await socket.waitReadable(until: loop.now.after(timeouts.keepAliveIdle), offeringFirst: true) == .ready
  }

  /// Serves until nothing is left to do, in a child task. A task keeps the memory of its deepest call until it ends, and
  /// the one that waits for the next request, perhaps for minutes, must not be the one that ran a handler.
  @inline(never)
  private func serveApart() async -> Ending? {
    await withTaskGroup(of: Ending?.self) { group in
      group.addTask(executorPreference: loop) { await self.serveWhatCame() }
      return await group.next() ?? nil
    }
  }

  /// - Returns: nil: all requests that came are answered.
  private func serveWhatCame() async -> Ending? {
    while true {
      let ending: Ending?
      switch await nextHead() {
      case .request(let head, let framing): ending = await serve(head, framing)
      case .answered(let sequel): ending = await finishAnswer(sequel)
      case .refused(let reason): ending = await refuse(reason)
      case .over: ending = .silent
      case .none: return nil
      }
      if let ending { return ending }
    }
  }

  /// - Returns: nil: the next request follows.
  private func serve(_ head: RequestHead, _ framing: BodyFraming) async -> Ending? {
    guard let response = await response(to: begin(head, framing)) else { return .silent }
    do throws(AnswerFailure) {
      let sequel = try await send(response)
      // The handler may have left the body to a task that still waits for it: the socket is ours again.
      socket.dismissReader()
      return await follow(sequel)
    } catch {
      return error.endsCleanly ? .silent : .broken
    }
  }

  private func finishAnswer(_ sequel: Exchange.Sequel) async -> Ending? {
    if !leavesAtOnce(sequel), await !flush() { return .broken }
    return await follow(sequel)
  }

  private func follow(_ sequel: Exchange.Sequel) async -> Ending? {
    switch sequel {
    case .nextRequest: nil
    case .close: .afterAnswer
    case .discardBody: await discardBody() ? nil : .afterAnswer
    }
  }

  func begin(_ head: RequestHead, _ framing: BodyFraming) -> Request {
    loop.statistics.requests.wrappingAdd(1, ordering: .relaxed)
    let number = exchange.number &+ 1
    exchange = Exchange(number: number, head: head, framing: framing)
    return Request(
      head: head, body: RequestBody(framing: framing, connection: self, number: number), peer: peer,
      connection: self)
  }

  /// Asks the handler; what it throws becomes an answer too. nil: there is nobody to answer.
  private func response(to request: Request) async -> Response? {
    if let refusal = refusalOfExpectation(in: request.head) { return refusal }
    do {
      let response = try await server.handler(request)
      guard response.isFinal else { throw InterimAnswer() }
      return response
    } catch {
      return response(to: error)
    }
  }

  /// A handler gave a 1xx as its answer: the client would go on waiting for the real one.
  private struct InterimAnswer: Error {}

  @inline(never)
  private func refusalOfExpectation(in head: RequestHead) -> Response? {
    guard head.expectsAnything, !head.expectsContinue, head.version == .http1_1 else { return nil }
    return server.configuration.serverFailure(ServerFailure(.expectationFailed))
  }

  @inline(never)
  private func response(to error: any Error) -> Response? {
    switch error {
    case ConnectionError.clientGone: return nil
    case _ where socket.isGone.load(ordering: .relaxed): return nil
    case let error as ConnectionError:
      return server.configuration.serverFailure(ServerFailure(.unreadableBody(error)))
    default:
      server.configuration.logger.error(
        "answering a request failed", metadata: ["error": "\(type(of: error))", "peer": "\(peer)"])
      return server.configuration.serverFailure(ServerFailure(.handlerThrew(error)))
    }
  }

  /// Answers bytes that are no request.
  @inline(never)
  private func refuse(_ reason: ServerFailure.Reason) async -> Ending {
    exchange = Exchange(refusalNumber: exchange.number &+ 1, toHead: parser.isToHEAD)
    do throws(AnswerFailure) {
      _ = try await send(server.configuration.serverFailure(ServerFailure(reason)))
      return .afterAnswer
    } catch {
      return .broken
    }
  }

  /// Closes our side and waits, within bounds, for the client to close its own: a close that meets unread bytes is a
  /// reset, and a reset can take the answer away before the client has read it.
  @inline(never)
  private func linger() async {
    guard !inputEnded, !socket.isCut else { return }
    socket.finishSending()
    let deadline = loop.now.after(timeouts.linger)
    var room = server.configuration.drainBytesMax
    while room > 0, case .bytes(let count) = await receive(until: deadline, feeding: false) { room -= count }
  }
}
