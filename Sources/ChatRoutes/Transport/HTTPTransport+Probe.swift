import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

extension HTTPTransport {
  /// Opens a connection and closes it again; see ``Transport/probe(timeout:)``.
  public func probe(timeout: Duration) async throws(TransportError) {
    let deadline = NIODeadline.now() + TimeAmount(timeout)
    do {
      let handshake = origin.usesTLS ? try handshakeParts() : nil
      let channel = try await connect(handshake, until: deadline)
      defer { channel.close(promise: nil) }
      guard let handshake else { return }
      let timer = channel.eventLoop.scheduleTask(deadline: deadline) {
        handshake.isDone.fail(ConnectionWatchError(kind: .connectTimeout))
      }
      defer { timer.cancel() }
      try await handshake.isDone.futureResult.get()
    } catch {
      throw TransportError(classifying: error, requestMayHaveTakenEffect: false)
    }
  }

  private struct Handshake: Sendable {
    var context: NIOSSLContext
    var serverName: String?
    var isDone: EventLoopPromise<Void>
  }

  private func handshakeParts() throws -> Handshake {
    let context = try probeContext.withLock { context in
      if let context { return context }
      let made = try NIOSSLContext(configuration: tlsConfiguration)
      context = made
      return made
    }
    // An address is not a server name (RFC 6066 §3).
    let isAddress = (try? SocketAddress(ipAddress: origin.host, port: 0)) != nil
    return Handshake(
      context: context, serverName: isAddress ? nil : origin.host,
      isDone: loops.any().makePromise())
  }

  private func connect(_ handshake: Handshake?, until deadline: NIODeadline) async throws -> any Channel {
    do {
      return try await ClientBootstrap(group: loops)
        .connectTimeout(max(deadline - .now(), .nanoseconds(1)))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            guard let handshake else { return }
            let tls = try NIOSSLClientHandler(context: handshake.context, serverHostname: handshake.serverName)
            try channel.pipeline.syncOperations.addHandlers(tls, HandshakeWatch(isDone: handshake.isDone))
          }
        }
        .connect(to: origin).get()
    } catch {
      handshake?.isDone.fail(error)
      throw error
    }
  }
}

/// Tells when a TLS handshake has succeeded or failed.
private final class HandshakeWatch: ChannelInboundHandler {
  typealias InboundIn = Any

  private let isDone: EventLoopPromise<Void>

  init(isDone: EventLoopPromise<Void>) {
    self.isDone = isDone
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { isDone.succeed() }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    isDone.fail(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    isDone.fail(ConnectionWatchError(kind: .connectionLost))
    context.fireChannelInactive()
  }
}

extension ClientBootstrap {
  fileprivate func connect(to origin: Origin) -> EventLoopFuture<any Channel> {
    if let path = origin.socketPath { return connect(unixDomainSocketPath: path) }
    return connect(host: origin.host, port: origin.port)
  }
}
