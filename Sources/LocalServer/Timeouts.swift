/// The configured time-outs as the loops count them.
struct Timeouts: Sendable {
  let head: LoopTime.Span
  let bodyProgress: LoopTime.Span
  let writeStall: LoopTime.Span
  let keepAliveIdle: LoopTime.Span
  let linger: LoopTime.Span

  init(_ configuration: ServerConfiguration) {
    head = LoopTime.Span(configuration.headTimeout)
    bodyProgress = LoopTime.Span(configuration.bodyProgressTimeout)
    writeStall = LoopTime.Span(configuration.writeStallTimeout)
    keepAliveIdle = LoopTime.Span(configuration.keepAliveIdle)
    linger = LoopTime.Span(configuration.lingerTimeout)
  }

  var shortest: LoopTime.Span { min(head, bodyProgress, writeStall, keepAliveIdle, linger) }
}
