import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The network: HTTP/1.1 to one origin over pooled connections, on AsyncHTTPClient.
///
/// Nothing is added, decoded or followed: no `User-Agent`, no decompression, no redirects, no cookies. Targets go out byte
/// for byte. Field names and values keep case, order and duplicates; values pass through as UTF-8, other bytes become
/// U+FFFD.
public final class HTTPTransport: Transport {
  let origin: Origin
  let client: HTTPClient
  let loops: MultiThreadedEventLoopGroup
  private let ownThreads: MultiThreadedEventLoopGroup?
  let attempts = Attempts()
  let tlsConfiguration: TLSConfiguration
  let proxy: ProxyAddress?
  /// Made at the first probe: reading the system's certificates takes some milliseconds.
  let probeContext = Mutex<NIOSSLContext?>(nil)
  private let isShutDown = Atomic(false)
  private let places: Places

  /// Connects to nothing yet.
  /// - Parameters:
  ///   - origin: scheme, host and optional port, without a path: `https://api.chatroutes.com`.
  ///   - connectTimeoutMax: the longest a single connection attempt may take, whatever requests ask for.
  ///   - poolIdleTimeout: how long an unused connection is kept. Shorter than most servers keep theirs.
  ///   - connectionsMax: connections at a time, each with a request. One more waits for its turn within its
  ///     `connectTimeout`, then fails with `.exhausted`. A stream holds its connection for minutes, so the default is far
  ///     above what one program needs; less where descriptors are few.
  ///   - threads: threads of its own for the connections; nil: those that the process shares, as many as there are cores.
  ///     Fewer find more to do each time they wake up.
  ///   - extraRoots: certificates that are trusted beside those of the system.
  ///   - proxy: for an `https` origin; others are reached without one.
  public convenience init(
    origin: String, connectTimeoutMax: Duration = .seconds(10), poolIdleTimeout: Duration = .seconds(30),
    connectionsMax: Int = HTTPTransport.connectionsMaxDefault, threads: Int? = nil, extraRoots: ExtraRoots? = nil,
    proxy: ProxyAddress? = nil
  ) throws(OriginError) {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12  // RFC 8996: what came before must not be spoken any more
    if let extraRoots { tls.additionalTrustRoots = [.certificates(extraRoots.certificates)] }
    try self.init(
      origin: origin, connectTimeoutMax: connectTimeoutMax, poolIdleTimeout: poolIdleTimeout,
      connectionsMax: connectionsMax, threads: threads, tlsConfiguration: tls, proxy: proxy)
  }

  /// 4096.
  public static let connectionsMaxDefault = 4096

  init(
    origin: String, connectTimeoutMax: Duration, poolIdleTimeout: Duration,
    connectionsMax: Int = HTTPTransport.connectionsMaxDefault, threads: Int? = nil, tlsConfiguration: TLSConfiguration,
    proxy: ProxyAddress? = nil
  ) throws(OriginError) {
    places = Places(count: connectionsMax)
    self.origin = try Origin(parsing: origin)
    self.proxy = self.origin.usesTLS ? proxy : nil
    self.tlsConfiguration = tlsConfiguration
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tlsConfiguration, redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(connectTimeoutMax)), decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.idleTimeout = TimeAmount(poolIdleTimeout)
    // Never reached: whoever has a place finds a connection, so no wait for one can look like an origin that is out.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsMax * 2
    // Else a refused connection is tried again and again until the connect timeout, and reported as one.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.tracing.tracer = nil
    configuration.proxy = self.proxy.map { proxy in
      .server(
        host: proxy.host, port: proxy.port,
        authorization: proxy.user.map { .basic(username: $0.name, password: $0.password) })
    }
    configuration.http1_1ConnectionDebugInitializer = { [attempts] channel in
      ConnectionWatch.install(on: channel, attempts: attempts)
    }
    ownThreads = threads.map { MultiThreadedEventLoopGroup(numberOfThreads: $0) }
    loops = ownThreads ?? .singleton
    client = HTTPClient(eventLoopGroupProvider: .shared(loops), configuration: configuration)
  }

  /// How often a request may meet a connection that is already closed, or closing. One is usual, right after an origin
  /// has closed a connection several requests have been waiting for; more must not become a loop.
  private static let repetitionsMax = 3

  /// Sends one request; see ``Transport/send(_:)``.
  public func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    let head = try HTTPClientRequest(request, to: origin)
    let place = try await places.take(within: request.connectTimeout)
    var isSentAgain = false
    for _ in 0..<Self.repetitionsMax {
      let attempt = Attempt(request, on: place)
      do {
        return try await run(attempt, head, connectTimeout: request.connectTimeout)
      } catch {
        guard error.kind == .connectionLost else { throw error }
        // Nothing was written, so this is still the first time.
        if !error.requestMayHaveTakenEffect { continue }
        // That the origin closed a pooled connection is often only noticed when a request fails on it.
        guard !isSentAgain, request.canBeSentAgain, attempt.metStaleConnection else { throw error }
        isSentAgain = true
      }
    }
    return try await run(Attempt(request, on: place), head, connectTimeout: request.connectTimeout)
  }

  private func run(
    _ attempt: Attempt, _ head: HTTPClientRequest, connectTimeout: Duration
  ) async throws(TransportError) -> TransportResponse {
    let number = attempts.add(attempt)
    defer { attempts.remove(number) }
    var head = head
    head.headers.add(name: Attempts.fieldName, value: String(number))
    do {
      return TransportResponse(try await answer(to: head, attempt, connectTimeout), to: attempt)
    } catch {
      throw attempt.failure(error)
    }
  }

  /// Waits for the head. AsyncHTTPClient has one bound for connecting and answering together; here the connection has its
  /// own, and `ConnectionWatch` sees to the rest once the request is on its way.
  private func answer(
    to head: HTTPClientRequest, _ attempt: Attempt, _ connectTimeout: Duration
  ) async throws -> HTTPClientResponse {
    try await withThrowingTaskGroup(of: HTTPClientResponse?.self) { [client] group in
      group.addTask { try await client.execute(head, deadline: .distantFuture) }
      group.addTask {
        try await Task.sleep(for: connectTimeout)
        if attempt.abandon() { throw TransportError(.connectTimeout, requestMayHaveTakenEffect: false) }
        return nil
      }
      defer { group.cancelAll() }
      while let response = try await group.next() {
        if let response { return response }
      }
      throw CancellationError()
    }
  }

  /// Closes every connection; requests under way end with an error. Calling it again does nothing.
  ///
  /// Returns after a second at the latest: a connection that is still being opened cannot be called off, and closes by
  /// itself later.
  public func shutdown() async {
    guard beginShutdown() else { return }
    let (closing, closed) = AsyncStream.makeStream(of: Never.self)
    client.shutdown { [ownThreads] _ in
      ownThreads?.shutdownGracefully { _ in }
      closed.finish()
    }
    await withTaskGroup { group in
      group.addTask { for await _ in closing {} }
      // Throws only when it is called off because the connections are closed.
      group.addTask { try? await Task.sleep(for: .seconds(1)) }
      await group.next()
      group.cancelAll()
    }
  }

  private func beginShutdown() -> Bool {
    isShutDown.compareExchange(expected: false, desired: true, ordering: .sequentiallyConsistent).exchanged
  }

  deinit {
    // AsyncHTTPClient insists on being shut down; a forgotten transport must not bring the process down.
    if beginShutdown() { client.shutdown { [ownThreads] _ in ownThreads?.shutdownGracefully { _ in } } }
  }
}
