internal import HTTPTypes
internal import Synchronization
internal import WireFormats

/// Requests that are answered from memory where their bytes arrive: between `recv` and `send` no task wakes up, nothing
/// waits. Whatever is not that simple is handed to the connection's task.
extension Connection {
  /// Serves what has arrived while the task waits for a request. Called by the loop, which sends the answers at the end of
  /// its turn and wakes the task when that does not work.
  /// - Returns: Whether the task can wait on: all bytes are used.
  func serveAtOnce() -> Bool {
    guard socket.outbound.takesMore || socket.flushAtOnce() else { return handOver(.answered(.nextRequest)) }
    switch socket.receive() {
    case .bytes(let bytes): parser.feed(bytes)
    case .wouldBlock: return true
    // The task will meet it again when it reads.
    case .ended, .failed: return handOver(nil)
    }
    while let next = parsedHead() {
      guard case .request(let head, .none) = next, let sequel = answerAtOnce(head) else { return handOver(next) }
      guard sequel == .nextRequest, socket.outbound.takesMore || socket.flushAtOnce() else {
        return handOver(.answered(sequel))
      }
    }
    guard parser.isBetweenRequests, !socket.mayHaveMore, !loop.isDraining else { return handOver(nil) }
    if !socket.outbound.isEmpty { socket.flushLater() }
    socket.renewReadDeadline(loop.now.after(timeouts.keepAliveIdle))
    return true
  }

  /// Leaves the rest to the task. A drain that begins before the task runs must not take it for idle, and answers that
  /// are ready must not wait for the one that is not.
  private func handOver(_ next: NextHead?) -> Bool {
    handedOver = next
    socket.isIdle = false
    if !socket.outbound.isEmpty { socket.flushLater() }
    return false
  }

  /// The same for a request that the task has read itself.
  func answeredIfReady(_ next: NextHead) -> NextHead {
    guard case .request(let head, .none) = next, let sequel = answerAtOnce(head) else { return next }
    return .answered(sequel)
  }

  /// - Returns: What follows the answer, which is not sent yet; nil: nothing was done, the handler has to answer.
  private func answerAtOnce(_ head: RequestHead) -> Exchange.Sequel? {
    guard head.first("Expect") == nil, let ready = server.readyHandler?(head) else { return nil }
    loop.statistics.requests.wrappingAdd(1, ordering: .relaxed)
    exchange = Exchange(number: exchange.number &+ 1, head: head, framing: .none)
    let plan = plan(status: ready.rendered.status, bodyLength: Int64(ready.rendered.body.count))
    append(ready, plan)
    return exchange.answerEnded(plan)
  }
}
