internal import MirrorStore
internal import Synchronization

/// A value that may be replaced while the daemon runs; whoever reads it gets the old one or the new one, whole.
final class Live<Value: Sendable>: Sendable {
  private let value: Mutex<Value>

  init(_ value: Value) { self.value = Mutex(value) }

  var current: Value { value.withLock { $0 } }

  func replace(with new: Value) { value.withLock { $0 = new } }
}

/// What settings turn into that may change while the daemon runs.
struct LiveSettings: Sendable {
  let gate: Live<RequestGate>
  let apiKey: Live<Secret?>
  let reading: Live<Reads.Policy>
  let retention: Live<RetentionPolicy>
  let accessLog: Live<Bool>

  init(_ settings: Settings) throws(StartError) {
    gate = Live(try Self.gate(settings))
    apiKey = Live(settings.apiKey)
    reading = Live(Self.reading(settings))
    retention = Live(settings.retention)
    accessLog = Live(settings.accessLog)
  }

  /// Takes over new settings: all of them, or none.
  func replace(with settings: Settings) throws(StartError) {
    let newGate = try Self.gate(settings)
    gate.replace(with: newGate)
    apiKey.replace(with: settings.apiKey)
    reading.replace(with: Self.reading(settings))
    retention.replace(with: settings.retention)
    accessLog.replace(with: settings.accessLog)
  }

  private static func reading(_ settings: Settings) -> Reads.Policy {
    .init(freshness: settings.freshness, freshFor: settings.freshFor, softDeadline: settings.softDeadline)
  }

  private static func gate(_ settings: Settings) throws(StartError) -> RequestGate {
    var token: Secret?
    if let file = settings.localTokenFile {
      do throws(SettingError) { token = Secret(try settings.readSecret(file, "local-token-file")) } catch {
        throw StartError("\(error)")
      }
    }
    return RequestGate(
      allowedHosts: settings.allowedHosts, allowedOrigins: settings.allowedOrigins, localToken: token)
  }
}
