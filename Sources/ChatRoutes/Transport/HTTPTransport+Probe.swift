import AsyncHTTPClient
import NIOCore
import NIOExtras
import NIOHTTP1
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

    /// Called on the channel's event loop.
    func begin(on channel: any Channel) throws {
      let tls = try NIOSSLClientHandler(context: context, serverHostname: serverName)
      try channel.pipeline.syncOperations.addHandlers(tls, HandshakeWatch(isDone: isDone))
    }
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
      let bootstrap = ClientBootstrap(group: loops).connectTimeout(max(deadline - .now(), .nanoseconds(1)))
      if let proxy, let handshake { return try await tunnel(bootstrap, through: proxy, handshake, until: deadline) }
      return
        try await bootstrap
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            if let handshake { try handshake.begin(on: channel) }
          }
        }
        .connect(to: origin).get()
    } catch {
      handshake?.isDone.fail(error)
      throw error
    }
  }

  private static let encoderName = "proxy request encoder"
  private static let decoderName = "proxy response decoder"

  /// A connection through the proxy, on which the handshake has begun.
  private func tunnel(
    _ bootstrap: ClientBootstrap, through proxy: ProxyAddress, _ handshake: Handshake, until deadline: NIODeadline
  ) async throws -> any Channel {
    let isOpen = loops.any().makePromise(of: Void.self)
    let channel: any Channel
    do {
      channel =
        try await bootstrap
        .channelInitializer { [origin] channel in
          channel.eventLoop.makeCompletedFuture {
            var fields: HTTPHeaders = ["Host": "\(origin.host):\(origin.port)"]
            if let user = proxy.user {
              let basic = HTTPClient.Authorization.basic(username: user.name, password: user.password)
              fields.add(name: "Proxy-Authorization", value: basic.headerValue)
            }
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(HTTPRequestEncoder(), name: Self.encoderName)
            try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder()), name: Self.decoderName)
            try pipeline.addHandler(
              NIOHTTP1ProxyConnectHandler(
                targetHost: origin.host.contains(":") ? "[\(origin.host)]" : origin.host, targetPort: origin.port,
                headers: fields, deadline: deadline, promise: isOpen))
          }
        }
        .connect(host: proxy.host, port: proxy.port).get()
    } catch {
      isOpen.fail(error)
      throw error
    }
    do {
      try await isOpen.futureResult.get()
      // What spoke HTTP with the proxy has no more to say.
      try await channel.pipeline.removeHandler(name: Self.encoderName).get()
      try await channel.pipeline.removeHandler(name: Self.decoderName).get()
      try await channel.eventLoop.submit { try handshake.begin(on: channel) }.get()
    } catch {
      channel.close(promise: nil)
      throw error
    }
    return channel
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
