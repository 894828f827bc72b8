internal import Foundation
public import Logging
internal import Synchronization

/// How much is logged, by all loggers that share it; it may change while they are used.
public final class LogLevel: Sendable {
  private let index: Atomic<Int>

  public init(_ level: Logger.Level) { index = Atomic(Self.index(of: level)) }

  public var current: Logger.Level {
    get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
    set { index.store(Self.index(of: newValue), ordering: .relaxed) }
  }

  private static func index(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}

/// Writes `<N>message key=value` lines to standard error: under systemd the prefix is the priority (sd-daemon(3)).
public struct JournalLogHandler: LogHandler {
  /// The shared level, until somebody sets one for this logger.
  public var logLevel: Logger.Level {
    get { ownLevel ?? level.current }
    set { ownLevel = newValue }
  }
  private var ownLevel: Logger.Level?
  private let level: LogLevel
  public var metadata: Logger.Metadata = [:]
  private let label: String
  private let hasPriority: Bool

  /// - Parameter hasPriority: whether standard error is the journal; a terminal gets the level's name instead.
  public init(label: String, level: LogLevel, hasPriority: Bool) {
    (self.label, self.level, self.hasPriority) = (label, level, hasPriority)
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
    var line = hasPriority ? "<\(priority(event.level))>" : "\(event.level): "
    line += "\(event.message)"
    for (key, value) in fields { line += " \(key)=\(quoted("\(value)"))" }
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))  // nobody is left to tell
  }

  private func quoted(_ value: String) -> String {
    value.contains { $0 == " " || $0 == "\"" || $0.isNewline } || value.isEmpty ? JSONText.quoted(value) : value
  }

  private func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
