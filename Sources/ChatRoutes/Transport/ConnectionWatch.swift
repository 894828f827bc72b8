import NIOCore
import NIOHTTP1

/// Sits in every connection between AsyncHTTPClient and the HTTP/1.1 coder: gives each request its verbatim target, says
/// whether it was written, and watches over the silences of the origin.
final class ConnectionWatch: ChannelDuplexHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias InboundOut = HTTPClientResponsePart
  typealias OutboundIn = HTTPClientRequestPart
  typealias OutboundOut = HTTPClientRequestPart

  private enum Phase {
    case idle
    case refusing
    /// `isSent`: the request is out, down to its last byte.
    case awaitingHead(Attempt, isSent: Bool)
    /// `isAsked`: the consumer wants more and the socket is being read.
    case awaitingBody(Attempt, isAsked: Bool)
  }

  private let attempts: Attempts
  private var phase = Phase.idle
  private var requestCount = 0
  private var lastProgress = NIODeadline.now()
  private var timer: Scheduled<Void>?
  private var context: ChannelHandlerContext?

  init(attempts: Attempts) {
    self.attempts = attempts
  }

  /// Installs the watch; called by AsyncHTTPClient on the connection's loop, before the first request can reach it.
  static func install(on channel: any Channel, attempts: Attempts) -> EventLoopFuture<Void> {
    do {
      let pipeline = channel.pipeline.syncOperations
      let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
      try pipeline.addHandler(ConnectionWatch(attempts: attempts), position: .after(decoder))
      return channel.eventLoop.makeSucceededVoidFuture()
    } catch {
      // Without the watch the private field would go out: the connection must not be used.
      channel.close(promise: nil)
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    settle()
    self.context = nil
  }

  // MARK: The request on its way out

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .head(let head) = unwrapOutboundIn(data) { return writeHead(head, context: context, promise: promise) }
    if case .refusing = phase {
      promise?.fail(ConnectionWatchError(kind: .cancelled))
      return
    }
    lastProgress = .now()
    if case .end = unwrapOutboundIn(data), case .awaitingHead(let attempt, _) = phase {
      phase = .awaitingHead(attempt, isSent: true)
    }
    context.write(data, promise: promise)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    lastProgress = .now()
    context.fireChannelWritabilityChanged()
  }

  private func writeHead(_ head: HTTPRequestHead, context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
    guard let number = head.headers.first(name: Attempts.fieldName).flatMap(UInt64.init),
      let attempt = attempts[number], attempt.claim(onReusedConnection: requestCount > 0)
    else {
      phase = .refusing
      promise?.fail(ConnectionWatchError(kind: .cancelled))
      context.fireErrorCaught(ConnectionWatchError(kind: .cancelled))
      return
    }
    requestCount += 1
    phase = .awaitingHead(attempt, isSent: false)
    startTimer(attempt.headTimeout)
    context.write(wrapOutboundOut(.head(Self.rewritten(head, for: attempt))), promise: promise)
  }

  private static func rewritten(_ head: HTTPRequestHead, for attempt: Attempt) -> HTTPRequestHead {
    var head = head
    head.headers.remove(name: Attempts.fieldName)
    head.uri = attempt.target
    switch head.method {
    case .POST, .PUT, .PATCH: break
    // AsyncHTTPClient tells "no body" and "empty body" by the method alone: a relay must not invent or lose the field.
    case _ where attempt.hasNoBody:
      head.headers.remove(name: "Content-Length")
    case _ where !head.headers.contains(name: "Content-Length") && !head.headers.contains(name: "Transfer-Encoding"):
      head.headers.add(name: "Content-Length", value: "0")
    default: break
    }
    return head
  }

  // MARK: The response on its way in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    lastProgress = .now()
    if case .awaitingHead(let attempt, _) = phase { attempt.answerHasBegun() }
    let part = unwrapInboundIn(data)
    switch (part, phase) {
    case (.head(let head), .awaitingHead(let attempt, _)) where head.status.code >= 200 || head.status.code == 101:
      phase = .awaitingBody(attempt, isAsked: false)
      startTimer(attempt.bodyIdleTimeout)
    case (.body(let piece), .awaitingBody(let attempt, _)):
      phase = .awaitingBody(attempt, isAsked: false)
      // AsyncHTTPClient then reads on as after a read that gave it nothing.
      if attempt.offer(piece) { return }
    case (.end, .awaitingBody):
      settle()
    default: break
    }
    context.fireChannelRead(data)
  }

  func read(context: ChannelHandlerContext) {
    if case .awaitingBody(let attempt, isAsked: false) = phase {
      phase = .awaitingBody(attempt, isAsked: true)
      lastProgress = .now()
    }
    context.read()
  }

  func channelInactive(context: ChannelHandlerContext) {
    settle()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case .awaitingHead(let attempt, _) = phase, error is HTTPParserError { attempt.answerHasBegun() }
    context.fireErrorCaught(error)
  }

  // MARK: Silence

  private func settle() {
    phase = .idle
    timer?.cancel()
    timer = nil
  }

  private func startTimer(_ limit: TimeAmount) {
    lastProgress = .now()
    schedule(at: lastProgress + limit)
  }

  /// One timer for a phase: progress only moves `lastProgress`, the timer looks at it when it fires.
  private func schedule(at deadline: NIODeadline) {
    timer?.cancel()
    timer = context?.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.look() }
  }

  private func look() {
    switch phase {
    case .idle, .refusing: return
    case .awaitingHead(let attempt, let isSent):
      // While the body is on its way, the origin is only to blame if it does not take what is there.
      let isStuck = context?.channel.isWritable == false
      look(at: attempt, attempt.headTimeout, isWaiting: isSent || isStuck, .headTimeout)
    case .awaitingBody(let attempt, let isAsked):
      look(at: attempt, attempt.bodyIdleTimeout, isWaiting: isAsked, .bodyIdle)
    }
  }

  private func look(at attempt: Attempt, _ limit: TimeAmount, isWaiting: Bool, _ kind: TransportError.Kind) {
    if !isWaiting { return schedule(at: .now() + limit) }
    if lastProgress + limit > .now() { return schedule(at: lastProgress + limit) }
    settle()
    attempt.stopped(by: kind)
    context?.fireErrorCaught(ConnectionWatchError(kind: kind))
  }
}

/// What the watch stops a request with.
struct ConnectionWatchError: Error {
  var kind: TransportError.Kind
}
