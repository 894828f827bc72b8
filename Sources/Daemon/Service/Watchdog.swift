internal import Foundation
internal import LocalServer
internal import ServiceLifecycle

/// Tells systemd that the daemon is alive for as long as each of its event loops turns (sd_watchdog_enabled(3)). A loop that
/// hangs serves nobody, while the process looks healthy: then nothing is told, and systemd starts it anew.
struct Watchdog: Service {
  let server: LocalServer
  /// How often it looks; systemd waits for twice this time and more.
  let interval: Duration
  let tell: @Sendable () -> Void

  /// - Returns: `nil`: systemd watches nobody, or another process.
  init?(environment: [String: String], server: LocalServer, tell: @escaping @Sendable () -> Void) {
    guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0,
      environment["WATCHDOG_PID"].map({ $0 == "\(getpid())" }) ?? true
    else { return nil }
    self.init(server: server, interval: .microseconds(max(microseconds / Self.share, 1)), tell: tell)
  }

  init(server: LocalServer, interval: Duration, tell: @escaping @Sendable () -> Void) {
    (self.server, self.interval, self.tell) = (server, interval, tell)
  }

  /// A turn that was asked for is seen one look later: three looks a period leave room for one that comes late.
  private static let share: Int64 = 3

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var seen = server.turnsMade
      while !Task.isCancelled {
        server.requestTurn()
        await Pause.sleep(for: interval)
        let made = server.turnsMade
        // At the end the loops are done first; what is written down after that is bounded by other limits.
        if made > seen || server.hasEnded { tell() }
        seen = made
      }
    }
  }
}
