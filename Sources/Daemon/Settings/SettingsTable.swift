internal import ChatRoutes
internal import Foundation
internal import LocalServer
internal import Logging

/// One row of the table: how a setting is called, what it takes, and where the value goes.
public struct Setting: Sendable {
  /// Name in the file; the environment variable is `CHATROUTESD_` and the name in capitals with underscores.
  public let name: String
  /// What the value looks like, as error messages say it.
  public let expected: String
  public let help: String
  public let isList: Bool
  /// Whether a new value is taken over at SIGHUP; else at the next start.
  public var isLive: Bool { SettingsTable.live.contains(name) }
  let apply: @Sendable (inout Settings, [String]) -> Bool
  /// The value as the file would have it, one element unless it is a list; nil: there is none.
  let show: @Sendable (Settings) -> [String]?

  /// `CHATROUTESD_…`, the environment's name of the setting.
  public var environmentName: String {
    "CHATROUTESD_" + name.uppercased().replacing("-", with: "_")
  }

  /// The value when nobody sets it, as `value(in:)` writes it.
  public var defaultText: String? { text(in: Settings()) }

  /// The value as the file would have it; nil: there is none.
  func text(in settings: Settings) -> String? {
    guard let values = show(settings) else { return nil }
    return isList ? "[" + values.map(Self.quoted).joined(separator: ", ") + "]" : values.first.map(Self.plain)
  }

  /// YAML reads most words as they are.
  private static func plain(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"#'\"{}[],&*!|>%@`".utf8.contains($0) }
    return isPlain && !text.isEmpty && !text.hasSuffix(":") && !text.hasPrefix("-") ? text : quoted(text)
  }

  private static func quoted(_ text: String) -> String { JSONText.quoted(text) }

  fileprivate init(_ name: String, _ expected: String, _ help: String, one accessor: SettingAccessor) {
    (self.name, self.expected, self.help, isList) = (name, expected, help, false)
    apply = { settings, values in values.count == 1 && accessor.apply(&settings, values[0]) }
    show = { settings in accessor.show(settings).map { [$0] } }
  }

  fileprivate init(
    _ name: String, _ expected: String, _ help: String,
    list apply: @escaping @Sendable (inout Settings, [String]) -> Bool,
    show: @escaping @Sendable (Settings) -> [String]
  ) {
    (self.name, self.expected, self.help, isList) = (name, expected, help, true)
    self.apply = apply
    self.show = show
  }
}

/// How one value is read and written.
private struct SettingAccessor: Sendable {
  let apply: @Sendable (inout Settings, String) -> Bool
  let show: @Sendable (Settings) -> String?
}

/// The one list of settings: file, environment, flags and documentation are checked against it.
public enum SettingsTable {
  public static let all: [Setting] = [
    Setting(
      "listen", "addresses such as 127.0.0.1:8484, [::1]:8484 or unix:/path", "where local apps connect", list: listen,
      show: { $0.listen.map(\.description) }),
    Setting(
      "upstream", "an origin without a path, such as https://api.chatroutes.com", "the API behind the daemon",
      one: SettingAccessor(apply: upstream, show: { $0.upstream })),
    Setting("database", "a file path", "the mirror", one: path(\.database)),
    Setting("freshness", "network-first or cache-first", "who is asked first", one: choice(\.freshness)),
    Setting(
      "fresh-for", "seconds", "all three freshness times at once",
      one: SettingAccessor(apply: freshFor, show: { _ in nil })),
    Setting("fresh-for-lists", "seconds", "how long a conversation list is fresh", one: seconds(\.freshFor.lists)),
    Setting(
      "fresh-for-conversations", "seconds", "how long conversations, messages, branches and trees are fresh",
      one: seconds(\.freshFor.conversations)),
    Setting("fresh-for-checkpoints", "seconds", "how long checkpoints are fresh", one: seconds(\.freshFor.checkpoints)),
    Setting(
      "soft-deadline", "seconds", "how long a read waits for upstream when there is a copy",
      one: seconds(\.softDeadline)),
    Setting("mode", "auto, offline or bypass", "who answers", one: choice(\.mode)),
    Setting(
      "log-level", "trace, debug, info, notice, warning, error or critical", "how much is logged",
      one: SettingAccessor(apply: logLevel, show: { $0.logLevel.rawValue })),
    Setting("access-log", "true or false", "one line a request, without query values", one: flag(\.accessLog)),
    Setting("api-key-file", "a file path", "a key for apps that send none", one: path(\.apiKeyFile)),
    Setting(
      "local-token-file", "a file path", "a token that local callers must send",
      one: path(\.localTokenFile)),
    Setting(
      "allowed-hosts", "host names or addresses without a port", "further names for the Host field",
      list: {
        $0.allowedHosts = $1
        return $1.allSatisfy(isHost)
      }, show: { $0.allowedHosts }),
    Setting(
      "allowed-origins", "origins such as http://localhost:3000, without a path", "web origins that may call",
      list: {
        $0.allowedOrigins = $1
        return $1.allSatisfy(isOrigin)
      }, show: { $0.allowedOrigins }),
    Setting("ca-file", "a file path", "certificates trusted beside those of the system", one: path(\.caFile)),
    Setting(
      "proxy", "http://host:port without a password, or none", "HTTP proxy to an https upstream; else HTTPS_PROXY",
      one: SettingAccessor(apply: proxy, show: { $0.proxyIsOff ? "none" : $0.proxy.map { "\($0)" } })),
    Setting("connect-timeout", "seconds", "bound for TCP and TLS towards upstream", one: seconds(\.connectTimeout)),
    Setting("upstream-timeout", "seconds", "bound for upstream's response head", one: seconds(\.upstreamTimeout)),
    Setting(
      "stream-idle-timeout", "seconds", "longest silence inside an upstream body", one: seconds(\.streamIdleTimeout)),
    Setting(
      "on-client-gone", "finish, cancel or grace=SECONDS", "what a stream does when its client leaves",
      one: choice(\.onClientGone)),
    Setting("absorb-retries", "true or false", "repeated writes share a call", one: flag(\.absorbRetries)),
    Setting("finish-limit", "seconds", "how long an abandoned stream is read on", one: seconds(\.finishLimit)),
    Setting("capture-limit", "bytes", "how much of one stream is recorded", one: bytes(\.captureLimit)),
    Setting("response-capture-limit", "bytes", "largest answer that is mirrored", one: bytes(\.responseCaptureLimit)),
    Setting("request-body-limit", "bytes", "largest request body", one: bytes(\.requestBodyLimit)),
    Setting("memory-cache", "bytes", "rendered answers kept in memory", one: bytes(\.memoryCache)),
    Setting("max-size", "bytes, 0 for no limit", "largest mirror", one: bytes(\.maxSize)),
    Setting(
      "max-responses-size", "bytes, 0 for no limit", "whole answers kept beside the messages",
      one: bytes(\.maxResponsesSize)),
    Setting("max-messages-size", "bytes, 0 for no limit", "texts of messages", one: bytes(\.maxMessagesSize)),
    Setting(
      "max-recordings-size", "bytes, 0 for none", "streams kept as they came", one: bytes(\.maxRecordingsSize)),
    Setting(
      "max-age", "seconds up to 100 years, 0 for good", "how long unused conversations are kept",
      one: number(\.maxAge, in: 0...3_155_760_000)),
    Setting("keep-deleted", "true or false", "whether texts of deleted messages are kept", one: flag(\.keepDeleted)),
    Setting(
      "event-loops", "a number from 1 to 64", "threads that serve clients",
      one: SettingAccessor(apply: eventLoops, show: { $0.eventLoops.map(String.init) })),
    Setting("connections-max", "a number", "clients served at once", one: bytes(\.connectionsMax)),
    Setting(
      "requests-per-connection", "a number above 0", "requests on one connection before it is closed",
      one: number(\.requestsPerConnection, in: 1...Int(Int32.max))),
    Setting(
      "target-limit", "bytes, from 256 to 1048576", "longest request target",
      one: number(\.targetLimit, in: headLimits)),
    Setting(
      "field-limit", "bytes, from 256 to 1048576", "longest header field line",
      one: number(\.fieldLimit, in: headLimits)),
    Setting(
      "head-limit", "bytes, from 256 to 1048576", "longest request head", one: number(\.headLimit, in: headLimits)),
    Setting(
      "fields-max", "a number from 8 to 4096", "header fields of one request", one: number(\.fieldsMax, in: 8...4096)),
    Setting("head-timeout", "seconds", "bound for a request's head", one: seconds(\.headTimeout)),
    Setting("body-timeout", "seconds", "longest pause inside a request body", one: seconds(\.bodyTimeout)),
    Setting(
      "write-stall-timeout", "seconds", "longest time that a client takes no byte", one: seconds(\.writeStallTimeout)),
    Setting("keep-alive-timeout", "seconds", "how long an idle connection stays", one: seconds(\.keepAliveTimeout)),
    Setting(
      "linger-timeout", "seconds", "how long a closing connection waits for its client",
      one: seconds(\.lingerTimeout)),
    Setting(
      "drain-deadline", "seconds", "how long running requests may take at shutdown", one: seconds(\.drainDeadline)),
  ]

  /// Those that may change while the daemon runs.
  static let live: Set = [
    "freshness", "fresh-for", "fresh-for-lists", "fresh-for-conversations", "fresh-for-checkpoints", "soft-deadline",
    "log-level", "access-log", "api-key-file", "local-token-file", "allowed-hosts", "allowed-origins", "max-size",
    "max-responses-size", "max-messages-size", "max-age", "keep-deleted",
  ]

  /// The row called `name`.
  public static func row(_ name: String) -> Setting? { all.first { $0.name == name } }

  /// The setting whose name is nearest to a mistyped one, when it is near at all.
  public static func suggestion(for name: String) -> String? {
    let near = all.map { ($0.name, editDistance(Array(name.utf8), Array($0.name.utf8))) }.min { $0.1 < $1.1 }
    return near.flatMap { $0.1 <= 3 ? $0.0 : nil }
  }

  private static func listen(_ settings: inout Settings, _ values: [String]) -> Bool {
    let addresses = values.compactMap { try? ListenAddress(parsing: $0) }  // the row's `expected` is the better text
    guard addresses.count == values.count, !addresses.isEmpty else { return false }
    settings.listen = addresses
    settings.listenIsExplicit = true
    return true
  }

  private static func upstream(_ settings: inout Settings, _ value: String) -> Bool {
    var text = value
    if text.hasSuffix("/") { text.removeLast() }
    guard let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme),
      parts.host?.isEmpty == false,
      parts.path.isEmpty, parts.query == nil, parts.fragment == nil, parts.user == nil
    else { return false }
    settings.upstream = text
    return true
  }

  /// A password has no place in a file that others may read or an option that they can: the environment's HTTPS_PROXY may
  /// hold one.
  private static func proxy(_ settings: inout Settings, _ value: String) -> Bool {
    (settings.proxyIsOff, settings.proxy) = (value == "none", nil)
    guard value != "none" else { return true }
    guard !value.contains("@"), let address = try? ProxyAddress(parsing: value) else { return false }
    settings.proxy = address
    return true
  }

  /// `devbox.lan`, `192.168.0.2`, `[fe80::1]`, `fe80::1`; no pattern, no port.
  private static func isHost(_ value: String) -> Bool {
    let isBracketed = value.hasPrefix("[") && value.hasSuffix("]")
    if ListenAddress.canonicalLiteral(isBracketed ? String(value.dropFirst().dropLast()) : value) != nil { return true }
    let isName = value.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || ".-_".utf8.contains(byte)
    }
    return isName && !value.isEmpty && !value.hasPrefix(".") && !value.contains("..")
  }

  /// As browsers write it in `Origin`: scheme, host, a port that is not the scheme's own; or `null`.
  private static func isOrigin(_ value: String) -> Bool {
    if value == "null" { return true }
    guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "*") }), !value.hasSuffix(":"),
      let parts = URLComponents(string: value), let scheme = parts.scheme, parts.host?.isEmpty == false
    else { return false }
    let hasUsualPort = parts.port != nil && parts.port == ["http": 80, "https": 443][scheme.lowercased()]
    return parts.path.isEmpty && parts.query == nil && parts.fragment == nil && parts.user == nil && !hasUsualPort
  }

  private static func freshFor(_ settings: inout Settings, _ value: String) -> Bool {
    guard let time = duration(value) else { return false }
    settings.freshFor = FreshFor(lists: time, conversations: time, checkpoints: time)
    return true
  }

  private static func logLevel(_ settings: inout Settings, _ value: String) -> Bool {
    guard let level = Logger.Level(rawValue: value) else { return false }
    settings.logLevel = level
    return true
  }

  private static func eventLoops(_ settings: inout Settings, _ value: String) -> Bool {
    guard let number = Int(value), (1...64).contains(number) else { return false }
    settings.eventLoops = number
    return true
  }

  private static func path(_ path: any WritableKeyPath<Settings, String?> & Sendable) -> SettingAccessor {
    SettingAccessor(
      apply: { settings, value in
        settings[keyPath: path] = value
        return !value.isEmpty
      }, show: { $0[keyPath: path] })
  }

  private static func choice<Choice: RawRepresentable<String> & SendableMetatype>(
    _ path: any WritableKeyPath<Settings, Choice> & Sendable
  ) -> SettingAccessor {
    SettingAccessor(
      apply: { settings, value in
        guard let choice = Choice(rawValue: value) else { return false }
        settings[keyPath: path] = choice
        return true
      }, show: { $0[keyPath: path].rawValue })
  }

  private static func flag(
    _ path: any WritableKeyPath<Settings, Bool> & Sendable
  ) -> SettingAccessor {
    SettingAccessor(
      apply: { settings, value in
        guard let flag = Bool(value) else { return false }
        settings[keyPath: path] = flag
        return true
      }, show: { String($0[keyPath: path]) })
  }

  private static func seconds(
    _ path: any WritableKeyPath<Settings, Duration> & Sendable
  ) -> SettingAccessor {
    SettingAccessor(
      apply: { settings, value in
        guard let time = duration(value) else { return false }
        settings[keyPath: path] = time
        return true
      }, show: { secondsText($0[keyPath: path]) })
  }

  /// No daemon needs less than one line of a terminal or more than a head of 1 MiB.
  private static let headLimits = 256...1 << 20

  private static func bytes(
    _ path: any WritableKeyPath<Settings, Int> & Sendable
  ) -> SettingAccessor {
    number(path, in: 0...Int.max)
  }

  private static func number(
    _ path: any WritableKeyPath<Settings, Int> & Sendable, in range: ClosedRange<Int>
  ) -> SettingAccessor {
    SettingAccessor(
      apply: { settings, value in
        guard let number = Int(value), range.contains(number) else { return false }
        settings[keyPath: path] = number
        return true
      }, show: { String($0[keyPath: path]) })
  }

  /// Seconds as a decimal number, from 0 to a year.
  private static func duration(_ value: String) -> Duration? {
    guard let seconds = Double(value), seconds >= 0, seconds <= 31_536_000 else { return nil }
    return .milliseconds(Int64(seconds * 1000))
  }

  /// `120`, `0.25`.
  private static func secondsText(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    guard attoseconds != 0 else { return String(seconds) }
    let milliseconds = String(attoseconds / 1_000_000_000_000_000)
    var text = "\(seconds).\(String(repeating: "0", count: 3 - milliseconds.count))\(milliseconds)"
    while text.hasSuffix("0") { text.removeLast() }
    return text
  }

  private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
