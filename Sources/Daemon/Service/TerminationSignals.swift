internal import Logging
public import ServiceLifecycle
internal import UnixSignals

/// Runs work until SIGTERM or SIGINT.
public enum TerminationSignals {
  /// Runs `work` until it ends; on a signal `stop` is called once, and `work` is expected to end soon.
  /// - Parameter ready: is called when signals are taken care of.
  public static func run(
    _ work: @escaping @Sendable () async -> Void, stop: @escaping @Sendable () -> Void,
    ready: @escaping @Sendable () -> Void
  ) async throws {
    try await run([
      .init(service: PlainService(run: work, stop: stop), successTerminationBehavior: .gracefullyShutdownGroup),
      .init(service: AnnouncingService(announce: ready)),
    ])
  }

  /// Runs services for as long as `work` needs them, then stops them in their order.
  /// - Parameter work: returns whether the services should go on until a signal comes.
  public static func run(
    services: [any Service], while work: @escaping @Sendable () async throws -> Bool
  ) async throws {
    let story = WorkService(work: work)
    try await run(
      services.map { .init(service: $0) }
        + [.init(service: story, successTerminationBehavior: .gracefullyShutdownGroup)])
  }

  private static func run(_ services: [ServiceGroupConfiguration.ServiceConfiguration]) async throws {
    let configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint],
      logger: Logger(label: "chatroutesd") { _ in SwiftLogNoOpLogHandler() })
    try await ServiceGroup(configuration: configuration).run()
  }
}

/// A service made of what it does and how it is told to stop.
struct PlainService: Service {
  let run: @Sendable () async -> Void
  let stop: @Sendable () -> Void

  func run() async throws {
    await withGracefulShutdownHandler(operation: run, onGracefulShutdown: stop)
  }
}

/// Says that everything runs. By then the signals are trapped: whoever saw it may send one.
struct AnnouncingService: Service {
  let announce: @Sendable () -> Void

  func run() async throws {
    announce()
    try? await gracefulShutdown()  // cancelled: nothing is left to wait for
  }
}

/// Work that ends the group when it is done, unless it asks for the services to stay.
private struct WorkService: Service {
  let work: @Sendable () async throws -> Bool

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      guard try await work() else { return }
      try? await gracefulShutdown()  // cancelled: the signal came
    }
  }
}
