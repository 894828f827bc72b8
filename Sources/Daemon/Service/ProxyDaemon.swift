public import ChatRoutes
internal import Foundation
public import LocalServer
public import Logging
internal import MirrorStore
public import ServiceLifecycle
internal import Synchronization
internal import UnixSignals
internal import WireFormats

/// The daemon put together: server in front, mirror beside, upstream behind.
public final class ProxyDaemon: Sendable {
  private let settings: Settings
  private let live: LiveSettings
  private let directory: String
  /// One daemon a mirror: two would miss each other's writes.
  private let lock: ProcessLock
  private let store: MirrorStore
  private let mirror: Mirror
  private let caretaker: Caretaker
  private let upstream: Upstream
  private let background = BackgroundWork()
  private let server: LocalServer
  private let logger: Logger
  private let mode: CurrentMode
  private let control: ControlSocket
  private let inherited: InheritedSockets
  /// As they were read last.
  private let known: Mutex<Settings>

  /// Opens the mirror and prepares everything; nothing listens yet.
  /// - Parameters:
  ///   - transport: the way to upstream.
  ///   - version: shown in `/status`.
  ///   - inherited: sockets that the service manager opened.
  public init(
    _ settings: Settings, database path: String, transport: any Transport, version: String, logger: Logger,
    inherited: InheritedSockets = InheritedSockets()
  ) throws(StartError) {
    (self.settings, self.logger, self.inherited) = (settings, logger, inherited)
    live = try LiveSettings(settings)
    known = Mutex(settings)
    directory = (path as NSString).deletingLastPathComponent
    // Before anything is opened: another daemon's mirror must not be touched, damaged or not.
    lock = try MirrorFile.lock(path)
    let isNew = !FileManager.default.fileExists(atPath: path)
    store = try MirrorFile.open(path, logger)
    let accounts = Accounts(store: store, hashKey: try Self.accountKey(in: directory, store, logger))
    mirror = Mirror(
      store: store, accounts: accounts, memoryBytesMax: settings.memoryCache,
      trustedSince: Self.trustedSince(lock) ?? .now)
    mode = CurrentMode(settings.mode)
    upstream = Upstream(
      origin: settings.upstream, transport: transport,
      limits: UpstreamLimits(
        connect: settings.connectTimeout, head: settings.upstreamTimeout, bodyIdle: settings.streamIdleTimeout),
      mode: mode, logger: logger)
    let counters = Counters()
    let times = AnswerTimes()
    let ledger = DayLedger(counters: counters, upstream: upstream)
    caretaker = Caretaker(
      mirror: mirror, policy: live.retention, checksFirst: !isNew && Self.trustedSince(lock) == nil, counters: counters,
      ledger: ledger, logger: logger,
      isReachable: { [upstream, mode] in mode.current != .offline && !upstream.prefersMirror },
      mayWrite: { [weak lock] in lock?.claimFile() ?? true },
      becameWritable: { [weak lock] in lock?.eraseNote() })
    let recorder = Recorder(
      mirror: mirror, background: background, caretaker: caretaker, responseBytesMax: settings.responseCaptureLimit,
      recordingBytesMax: settings.maxRecordingsSize,
      consumerSilenceMax: settings.writeStallTimeout + .seconds(10), counters: counters, logger: logger)
    let report = Report(
      counters: counters, times: times, mirror: mirror, recorder: recorder, caretaker: caretaker, upstream: upstream,
      background: background, mode: mode, version: version)
    let pages = OwnPages(
      access: PageAccess(secret: try SecretFile.pageSecret.loadOrCreate(in: directory)), store: store,
      upstream: upstream, mode: mode, report: report, ledger: ledger)
    let forwarding = Forwarding(apiKey: live.apiKey)
    let routes = Routes(
      live: live, mode: mode,
      reads: Reads(
        policy: live.reading, mirror: mirror, upstream: upstream, forwarding: forwarding, recorder: recorder,
        background: background,
        counters: counters),
      writes: Writes(
        upstream: upstream, forwarding: forwarding, recorder: recorder, background: background, counters: counters,
        logger: logger, requestBytesMax: settings.requestBodyLimit, absorbsRetries: settings.absorbRetries),
      streams: Streams(
        policy: .init(
          onClientGone: settings.onClientGone, finishLimit: settings.finishLimit,
          captureBytesMax: settings.captureLimit, requestBytesMax: settings.requestBodyLimit,
          consumerSilenceMax: settings.writeStallTimeout + .seconds(10), absorbsRetries: settings.absorbRetries),
        upstream: upstream, forwarding: forwarding, recorder: recorder, background: background, counters: counters,
        logger: logger),
      ownPages: pages, report: report, counters: counters, times: times, logger: logger)
    server = LocalServer(
      configuration: Self.configuration(settings, logger), ready: { routes.readyAnswer($0) },
      handler: { await routes.answer($0) })
    report.attach(server)
    control = ControlSocket(mode: mode, upstream: upstream, report: report, mirror: mirror, logger: logger)
  }

  /// Begins to listen: on the sockets that the service manager opened, and on the addresses of the settings. Where there are
  /// such sockets, the built-in addresses are not used.
  /// - Returns: the addresses with their ports resolved.
  /// - Throws: `StartError` that names the address and what to do.
  public func bind() throws(StartError) -> [ListenAddress] {
    var bound = try inherited.apps.map { descriptor throws(StartError) in try adopt(descriptor) }
    if settings.listenIsExplicit {
      bound += try listen(settings.listen)
    } else if bound.isEmpty {
      bound = try listenOnLoopback()
    }
    do { try RunFile(pid: getpid(), listen: bound.map(\.description)).write(in: directory) } catch {
      logger.warning("commands do not find this daemon without --url", metadata: ["cause": "\(error)"])
    }
    return bound
  }

  /// What must run for the daemon to work, in the order of starting; it stops in the reverse order.
  /// - Parameter stopping: is called when the drain begins.
  public func services(stopping: @escaping @Sendable () -> Void = {}) -> [any Service] {
    [
      PlainService(
        run: { [background, store] in
          // Cancelled: the time for shutting down is over, and a mirror that another program holds is not waited for.
          await withTaskCancellationHandler {
            await background.run()
          } onCancel: {
            store.stopWaiting()
          }
        }, stop: { [background] in background.close() }),
      ProbeService(upstream: upstream),
      CaretakerService(caretaker: caretaker),
      PlainService(
        run: { [server] in await server.run() },
        stop: { [server, settings] in
          stopping()
          server.drain(deadline: settings.drainDeadline)
        }),
    ] + controlServices
  }

  private func watchdog(_ environment: [String: String], _ manager: NotifySocket) -> Watchdog? {
    Watchdog(environment: environment, server: server) { manager.send("WATCHDOG=1") }
  }

  /// Takes over settings while requests and streams go on.
  /// - Returns: what changed, and what of it takes effect at the next start only, by name.
  /// - Throws: `StartError`: nothing was taken over.
  func reload(_ new: Settings) throws(StartError) -> (changed: [String], later: [String]) {
    try live.replace(with: new)
    let before = known.withLock { known in
      defer { known = new }
      return known
    }
    let changed = SettingsTable.all.filter { $0.text(in: before) != $0.text(in: new) }
    return (changed.filter(\.isLive).map(\.name), changed.filter { !$0.isLive }.map(\.name))
  }

  /// A daemon that cannot be controlled is still a daemon.
  private var controlServices: [any Service] {
    do {
      let server = try control.server(in: directory, inherited: inherited.control)
      return [PlainService(run: { await server.run() }, stop: { server.drain(deadline: .zero) })]
    } catch {
      logger.warning("the mode cannot be switched while running", metadata: ["cause": "\(error)"])
      return []
    }
  }

  /// After the services have ended: what was recorded last can be searched for too.
  public func indexTheRest() async { await caretaker.indexTheRest() }

  /// Cleans up after the services have ended: everything is in the one file of the mirror then.
  public func close() {
    RunFile.remove(in: directory)
    if !mirror.unsettled.hasFailures { lock.leave(Self.cleanEnd + String(mirror.trustedSince.milliseconds)) }
    do { try store.close() } catch { logger.error("cannot close the mirror", metadata: ["cause": "\(error)"]) }
  }

  private func adopt(_ descriptor: CInt) throws(StartError) -> ListenAddress {
    let address: ListenAddress
    do { address = try server.adopt(descriptor: descriptor) } catch { throw StartError("\(error)") }
    guard address.isLoopback || settings.localTokenFile != nil else {
      throw StartError(
        "the socket unit's \(address) can be reached from other machines. Set local-token-file, or ListenStream=127.0.0.1:…"
      )
    }
    return address
  }

  private func listen(_ addresses: [ListenAddress]) throws(StartError) -> [ListenAddress] {
    do { return try server.bind(addresses) } catch { throw StartError("\(error)") }
  }

  /// Both loopbacks, or the first alone on a machine without IPv6.
  private func listenOnLoopback() throws(StartError) -> [ListenAddress] {
    var bound = try listen([settings.listen[0]])
    do { bound += try server.bind(Array(settings.listen.dropFirst())) } catch {
      // Somebody else's program there would be handed the keys of apps that say `localhost`.
      guard error.isForLackOfAddress else { throw StartError("\(error)") }
      logger.notice("not listening on the IPv6 loopback", metadata: ["cause": "\(error)"])
    }
    return bound
  }

  private static let cleanEnd = "trusted since "

  /// The daemon before this one says, when it recorded everything, since when answers can be trusted. One that said nothing
  /// (`nil`) ended at any moment: no answer that was fetched before now counts as fresh.
  private static func trustedSince(_ lock: ProcessLock) -> UnixTime? {
    guard lock.note.hasPrefix(cleanEnd) else { return nil }
    // A clock that was ahead then and is right now must not keep everything from counting as fresh.
    return Int64(lock.note.dropFirst(cleanEnd.count)).map { min(UnixTime(milliseconds: $0), .now) }
  }

  /// Without the key by which accounts were told apart, nothing that is stored can be found again by its owner.
  private static func accountKey(
    in directory: String, _ store: MirrorStore, _ logger: Logger
  ) throws(StartError) -> [UInt8] {
    if let key = try SecretFile.accountKey.load(in: directory) { return key }
    // Not readable: then there is nothing to warn of.
    if let counts = try? store.counts(), counts.conversations.count > 0 {
      logger.error(
        "account-key is missing beside the mirror: what is stored cannot be matched to any key. Put the file back, or read everything again",
        metadata: ["directory": "\(directory)"])
    }
    return try SecretFile.accountKey.loadOrCreate(in: directory)
  }

  private static func configuration(_ settings: Settings, _ logger: Logger) -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.limits.bodyBytesMax = UInt64(settings.requestBodyLimit)
    configuration.limits.targetBytesMax = settings.targetLimit
    configuration.limits.fieldBytesMax = settings.fieldLimit
    configuration.limits.headBytesMax = settings.headLimit
    configuration.limits.fieldCountMax = settings.fieldsMax
    configuration.requestsPerConnectionMax = settings.requestsPerConnection
    configuration.lingerTimeout = settings.lingerTimeout
    configuration.headTimeout = settings.headTimeout
    configuration.bodyProgressTimeout = settings.bodyTimeout
    configuration.writeStallTimeout = settings.writeStallTimeout
    configuration.keepAliveIdle = settings.keepAliveTimeout
    configuration.loops = settings.eventLoops
    configuration.connectionsMax = settings.connectionsMax
    configuration.descriptorsReserved = DescriptorShare.current.reserved
    configuration.logger = logger
    configuration.serverFailure = { failure in
      var answer = Failure.server(status: failure.status, message: failure.message)
      answer.retryAfter = failure.retryAfter
      answer.requestID = RequestID.next()
      return answer.response
    }
    return configuration
  }
}

/// Probing is of no use while going down: it ends at once.
private struct ProbeService: Service {
  let upstream: Upstream

  func run() async throws {
    await cancelWhenGracefulShutdown {
      async let probing: Void = upstream.probeWhileOffline()
      for await _ in NetworkEvents.comingUp() { upstream.lookAgain() }
      await probing
    }
  }
}

private struct CaretakerService: Service {
  let caretaker: Caretaker

  func run() async throws {
    await cancelWhenGracefulShutdown { await caretaker.run() }
  }
}

extension ProxyDaemon {
  /// Runs until SIGTERM or SIGINT, then drains: running requests may finish within the drain deadline.
  ///
  /// - Parameters:
  ///   - reload: reads the settings again; it is called at SIGHUP.
  ///   - level: what the logger looks at.
  ///   - ready: is called once it listens.
  /// - Throws: `StartError`.
  public static func serve(
    _ settings: Settings, environment: [String: String], version: String, logger: Logger, level: LogLevel,
    reload: @escaping @Sendable () throws(SettingError) -> Settings,
    ready: @escaping @Sendable ([ListenAddress], String) -> Void
  ) async throws {
    DescriptorLimit.raise()
    let path = DatabaseLocation.path(settings.database, environment: environment)
    let transport = try upstreamTransport(settings)
    let daemon = try ProxyDaemon(
      settings, database: path, transport: transport, version: version, logger: logger,
      inherited: InheritedSockets(environment: environment))
    let bound = try daemon.bind()
    defer { daemon.close() }
    let manager = NotifySocket(path: environment["NOTIFY_SOCKET"])
    let places = bound.map(\.description).joined(separator: ", ")
    var services = daemon.services { manager?.send("STOPPING=1\nSTATUS=finishing running requests") }
    // The first to start is the last to stop.
    if let watchdog = manager.flatMap({ daemon.watchdog(environment, $0) }) { services.insert(watchdog, at: 0) }
    // A terminal that is closed sends the signal too, and means the end.
    if isatty(STDIN_FILENO) == 0 {
      services.append(
        ReloadService(read: reload, daemon: daemon, level: level, logger: logger) { manager?.send($0) })
    }
    services.append(
      AnnouncingService {
        ready(bound, path)
        manager?.send("READY=1\nSTATUS=listening on \(places), upstream \(settings.upstream)")
      })
    var configuration = ServiceGroupConfiguration(
      services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // Requests are cut at the deadline; what then still runs (a stream read on without its client) is cancelled soon after.
    configuration.maximumGracefulShutdownDuration = settings.drainDeadline + .seconds(5)
    try await ServiceGroup(configuration: configuration).run()
    await daemon.indexTheRest()
    await transport.shutdown()
  }

  /// The transport of the settings' upstream.
  public static func upstreamTransport(_ settings: Settings) throws(StartError) -> HTTPTransport {
    let roots: ExtraRoots?
    do throws(SettingError) { roots = try settings.extraRoots() } catch { throw StartError("\(error)") }
    do {
      return try HTTPTransport(
        origin: settings.upstream, connectTimeoutMax: settings.connectTimeout,
        connectionsMax: DescriptorShare.current.upstreamConnections,
        threads: settings.eventLoops ?? LocalServer.defaultLoops, extraRoots: roots, proxy: settings.proxy)
    } catch {
      throw StartError("upstream: \(settings.upstream): \(error)")
    }
  }
}
