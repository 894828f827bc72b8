internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Reads the settings again at SIGHUP. What cannot be used changes nothing.
struct ReloadService: Service {
  let read: @Sendable () throws(SettingError) -> Settings
  let daemon: ProxyDaemon
  let level: LogLevel
  let logger: Logger
  let tell: @Sendable (String) -> Void

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await _ in await UnixSignalsSequence(trapping: .sighup) { reload() }
    }
  }

  private func reload() {
    // What comes after this moment belongs to the new settings (sd_notify(3)).
    tell("RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds)")
    do {
      let settings = try read()
      let (changed, later) = try daemon.reload(settings)
      level.current = settings.logLevel
      logger.notice("settings were read again", metadata: ["changed": "\(Self.list(changed))"])
      if !later.isEmpty {
        logger.warning(
          "some settings take effect at the next start only", metadata: ["settings": "\(Self.list(later))"])
      }
      tell("READY=1\nSTATUS=settings read again\(later.isEmpty ? "" : "; at the next start: \(Self.list(later))")")
    } catch {
      logger.error("settings were not read again, the old ones stay", metadata: ["cause": "\(error)"])
      tell("READY=1\nSTATUS=settings not read again: see the log")
    }
  }

  private static func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }

  private static var monotonicMicroseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
