public import ChatRoutes
public import LocalServer
public import Logging
internal import MirrorStore

/// Every setting of the daemon with its value; `SettingsTable` says how each is read and why it exists.
public struct Settings: Sendable {
  public var listen: [ListenAddress] = Settings.loopback
  /// Whether somebody asked for these addresses; the built-in pair may lose `::1` on machines without IPv6.
  public var listenIsExplicit = false
  public var upstream = "https://api.chatroutes.com"
  /// `nil`: `$STATE_DIRECTORY`, else the XDG data directory.
  public var database: String?
  public var freshness = Freshness.networkFirst
  public var freshFor = FreshFor()
  public var softDeadline = Duration.seconds(5)
  public var mode = Mode.auto
  public var logLevel = Logger.Level.info
  public var accessLog = false

  public var apiKeyFile: String?
  public var apiKey: Secret?
  public var localTokenFile: String?
  public var allowedHosts: [String] = []
  public var allowedOrigins: [String] = []

  /// A file of certificates that are trusted beside those of the system.
  public var caFile: String?
  /// `nil` without `proxyIsOff`: what the environment names for the upstream, see `Settings.load`.
  public var proxy: ProxyAddress?
  /// `none` was asked for.
  public var proxyIsOff = false
  public var connectTimeout = Duration.seconds(10)
  public var upstreamTimeout = Duration.seconds(600)
  public var streamIdleTimeout = Duration.seconds(300)
  public var onClientGone = OnClientGone.finish
  public var absorbRetries = true
  public var finishLimit = Duration.seconds(600)
  public var captureLimit = 16 << 20
  public var responseCaptureLimit = 64 << 20
  public var requestBodyLimit = 64 << 20
  public var memoryCache = 32 << 20
  /// Bytes; 0: no limit.
  public var maxSize = 0
  public var maxResponsesSize = 512 << 20
  public var maxMessagesSize = 0
  public var maxRecordingsSize = 32 << 20
  /// Seconds; 0: for good.
  public var maxAge = 0
  public var keepDeleted = true

  /// `nil`: half as many as there are cores, from 1 to 4.
  public var eventLoops: Int?
  public var connectionsMax = 16_384
  public var requestsPerConnection = 100_000
  public var targetLimit = 16 << 10
  public var fieldLimit = 16 << 10
  public var headLimit = 64 << 10
  public var fieldsMax = 128
  public var headTimeout = Duration.seconds(15)
  public var bodyTimeout = Duration.seconds(30)
  public var writeStallTimeout = Duration.seconds(60)
  public var keepAliveTimeout = Duration.seconds(75)
  public var lingerTimeout = Duration.seconds(2)
  public var drainDeadline = Duration.seconds(30)

  public init() {}

  /// What the mirror is kept within.
  var retention: RetentionPolicy {
    func limit(_ number: Int) -> Int64? { number == 0 ? nil : Int64(number) }
    var policy = RetentionPolicy()
    policy.bytesMax = limit(maxSize)
    policy.responseBytesMax = limit(maxResponsesSize)
    policy.messageBytesMax = limit(maxMessagesSize)
    policy.ageMax = maxAge == 0 ? nil : .seconds(maxAge)
    policy.keepsDeleted = keepDeleted
    return policy
  }

  /// The addresses of the default: both loopbacks, port 8484.
  public static var loopback: [ListenAddress] { [.tcp(host: "127.0.0.1", port: 8484), .tcp(host: "::1", port: 8484)] }
}

/// Whether a read asks upstream first or trusts a young copy.
public enum Freshness: String, Sendable, CaseIterable {
  case networkFirst = "network-first"
  case cacheFirst = "cache-first"
}

/// Who answers: `auto` (upstream and mirror), `offline` (mirror only, nothing is dialled), `bypass` (a plain relay).
public enum Mode: String, Sendable, CaseIterable {
  case auto, offline, bypass
}

/// What becomes of a running stream when its client leaves: it is read to its end and recorded, ended at once, or read on
/// for some seconds (`grace=10`).
public enum OnClientGone: RawRepresentable, Sendable, Equatable {
  case finish, cancel
  case grace(seconds: Int)

  public init?(rawValue: String) {
    switch rawValue {
    case "finish": self = .finish
    case "cancel": self = .cancel
    default:
      guard rawValue.hasPrefix("grace="), let seconds = Int(rawValue.dropFirst(6)), (0...86_400).contains(seconds)
      else { return nil }
      self = .grace(seconds: seconds)
    }
  }

  public var rawValue: String {
    switch self {
    case .finish: "finish"
    case .cancel: "cancel"
    case .grace(let seconds): "grace=\(seconds)"
    }
  }
}

/// How long a copy counts as fresh under `cache-first`, by class of read.
public struct FreshFor: Sendable, Equatable {
  public var lists = Duration.seconds(30)
  public var conversations = Duration.seconds(120)
  public var checkpoints = Duration.seconds(600)
}

/// Text that shows as `<redacted>` wherever it is printed.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The text itself, for the one place that sends it.
  public let revealed: String
  public init(_ text: String) { revealed = text }
  public var description: String { "<redacted>" }
  public var debugDescription: String { description }
  public var customMirror: Swift.Mirror { Swift.Mirror(self, children: []) }
}

/// A setting that cannot be used.
public struct SettingError: Error, Sendable, CustomStringConvertible {
  public let description: String
  /// Whether a command-line flag is wrong in itself: exit code 64 (`EX_USAGE`); else it is 78 (`EX_CONFIG`).
  public let isUsage: Bool

  public init(_ description: String, isUsage: Bool = false) {
    (self.description, self.isUsage) = (description, isUsage)
  }
}
