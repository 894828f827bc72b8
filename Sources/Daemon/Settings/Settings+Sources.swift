internal import ChatRoutes
internal import Foundation
internal import LocalServer
internal import Yams

extension Settings {
  /// Reads the settings from flags, environment and file; the first that has a setting wins, in that order.
  /// - Parameters:
  ///   - flags: values by setting name, as given on the command line.
  ///   - file: path of the YAML file; `nil`: none, which is no error.
  /// - Throws: `SettingError` with `file:line:column: setting: expected …, found …`.
  /// - Parameter isForDaemon: whether what only the daemon needs is read and checked too: secrets, certificates, the proxy. The
  ///   commands that read the mirror work without.
  public static func load(
    flags: [(name: String, values: [String])], environment: [String: String], file: String?, isForDaemon: Bool = true
  ) throws(SettingError) -> Settings {
    try loadWithOrigins(flags: flags, environment: environment, file: file, isForDaemon: isForDaemon).settings
  }

  /// As `load`, with the place that each setting came from, by its name: `FILE:LINE:COLUMN`, `CHATROUTESD_…` or `--…`. What
  /// nobody set is not in it.
  static func loadWithOrigins(
    flags: [(name: String, values: [String])], environment: [String: String], file: String?, isForDaemon: Bool = true
  ) throws(SettingError) -> (settings: Settings, origins: [String: String]) {
    var (settings, origins) = (Settings(), [String: String]())
    if let file { try settings.read(file: file, &origins) }
    try settings.read(environment: environment, &origins)
    for (name, values) in flags {
      try settings.set(name, to: values, at: "--\(name)", &origins)
    }
    guard isForDaemon else { return (settings, origins) }
    try settings.readSecrets(environment: environment, &origins)
    try settings.readProxy(environment: environment, &origins)
    try settings.check()
    return (settings, origins)
  }

  private mutating func set(
    _ name: String, to values: [String], at place: String, _ origins: inout [String: String]
  ) throws(SettingError) {
    guard let row = SettingsTable.row(name) else { preconditionFailure("flag without a setting: \(name)") }
    guard row.apply(&self, values) else {
      throw SettingError(
        "\(place): expected \(row.expected), found \(Self.shown(values))",
        isUsage: place.hasPrefix("--"))
    }
    origins[name] = place
  }

  private mutating func read(environment: [String: String], _ origins: inout [String: String]) throws(SettingError) {
    for row in SettingsTable.all {
      guard let value = environment[row.environmentName] else { continue }
      let values = row.isList ? value.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } : [value]
      try set(row.name, to: values, at: row.environmentName, &origins)
    }
  }

  private mutating func read(file: String, _ origins: inout [String: String]) throws(SettingError) {
    let text: String
    do { text = try Self.text(of: file) } catch {
      throw SettingError("cannot read \(file): \(reason(error)). Check the path given to --config.")
    }
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      throw SettingError(Self.yamlFault(error, file))
    }
    guard let root else { return }  // only comments
    guard case .mapping(let mapping) = root else { throw SettingError("\(file):1:1: expected lines of `name: value`") }
    var values: [String: Node] = [:]
    for (key, value) in mapping {
      let name = key.string ?? ""
      guard SettingsTable.row(name) != nil else {
        let hint = SettingsTable.suggestion(for: name).map { " Did you mean \($0)?" } ?? ""
        throw SettingError("\(place(key, file)): unknown setting \(name).\(hint)")
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw SettingError("\(place(key, file)): \(name) is set twice. Keep one.")
      }
    }
    // In the table's order: `fresh-for` comes before the rows that are more exact.
    for row in SettingsTable.all {
      guard let value = values[row.name] else { continue }
      try read(row, value, file: file)
      origins[row.name] = place(value, file)
    }
  }

  /// A settings file of a thousand lines is long.
  private static let fileBytesMax = 1 << 20

  /// Of a pipe too, as a shell makes one of `<(…)`.
  private static func text(of file: String) throws -> String {
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
    defer { try? handle.close() }  // it was only read
    let bytes = try handle.read(upToCount: fileBytesMax + 1) ?? Data()
    guard bytes.count <= fileBytesMax else { throw CocoaError(.fileReadTooLarge) }
    guard let text = String(data: bytes, encoding: .utf8) else {
      throw CocoaError(.fileReadInapplicableStringEncoding)
    }
    return text
  }

  private mutating func read(_ row: Setting, _ value: Node, file: String) throws(SettingError) {
    let found: [String]
    switch value {
    case .scalar(let scalar): found = [scalar.string]
    case .sequence(let items) where row.isList: found = items.compactMap { $0.scalar?.string }
    default:
      throw SettingError("\(place(value, file)): \(row.name): expected \(row.expected), found a nested value")
    }
    guard row.apply(&self, found) else {
      throw SettingError("\(place(value, file)): \(row.name): expected \(row.expected), found \(Self.shown(found))")
    }
  }

  /// Keys and tokens come from a systemd credential, a file or the environment: never from the command line.
  private mutating func readSecrets(
    environment: [String: String], _ origins: inout [String: String]
  ) throws(SettingError) {
    let credentials = environment["CREDENTIALS_DIRECTORY"]
    if apiKeyFile == nil, let path = credential("api-key", in: credentials) {
      (apiKeyFile, origins["api-key-file"]) = (path, "systemd credential")
    }
    if localTokenFile == nil, let path = credential("local-token", in: credentials) {
      (localTokenFile, origins["local-token-file"]) = (path, "systemd credential")
    }
    if let key = environment["CHATROUTESD_API_KEY"], !key.isEmpty {
      (apiKey, origins[Self.apiKeyName]) = (Secret(key), "CHATROUTESD_API_KEY")
    }
    if let apiKeyFile {
      apiKey = Secret(try readSecret(apiKeyFile, "api-key-file"))
      origins[Self.apiKeyName] = origins["api-key-file"]
    }
  }

  /// What was found instead of a value; what looks like a URL with a password is not shown.
  private static func shown(_ values: [String]) -> String {
    let text = values.joined(separator: ", ")
    return text.contains("@") ? "<redacted>" : "\"\(text)\""
  }

  /// The environment's proxy, where no setting says otherwise.
  private mutating func readProxy(
    environment: [String: String], _ origins: inout [String: String]
  ) throws(SettingError) {
    guard proxy == nil, !proxyIsOff else { return }
    do { proxy = try ProxyAddress(environment: environment, for: upstream) } catch {
      throw SettingError("HTTPS_PROXY: \(error). NO_PROXY or `proxy: none` take it out.")
    }
    if proxy != nil { origins["proxy"] = "HTTPS_PROXY" }
  }

  /// How the key itself is called where values are listed; it is no setting.
  static let apiKeyName = "api-key"

  /// The path of a systemd credential; an empty one stands for "none" (the unit's default).
  private func credential(_ name: String, in directory: String?) -> String? {
    guard let path = directory.map({ $0 + "/" + name }), let text = try? String(contentsOfFile: path, encoding: .utf8)
    else { return nil }  // not given
    return text.allSatisfy(\.isWhitespace) ? nil : path
  }

  /// The first line of a secret file.
  func readSecret(_ path: String, _ setting: String) throws(SettingError) -> String {
    let text: String
    do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw SettingError("\(setting): cannot read \(path): \(reason(error))")
    }
    let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !secret.isEmpty, secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw SettingError("\(setting): \(path) must hold one line of printable ASCII")
    }
    return secret
  }

  private func check() throws(SettingError) {
    _ = try extraRoots()
    for address in listen where !address.isLoopback && localTokenFile == nil {
      throw SettingError(
        "listen: \(address) can be reached from other machines. Set local-token-file, or listen on 127.0.0.1.")
    }
  }

  /// The certificates of `ca-file`.
  func extraRoots() throws(SettingError) -> ExtraRoots? {
    guard let caFile else { return nil }
    do { return try ExtraRoots(pemFile: caFile) } catch { throw SettingError("ca-file: \(error)") }
  }

  private static func yamlFault(_ error: any Error, _ file: String) -> String {
    switch error as? YamlError {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      return "\(file):\(mark.line):\(mark.column): not valid YAML. Each line is `name: value`."
    case .duplicatedKeysInMapping(let duplicates, let context):
      let name = duplicates.first ?? "a setting"
      return "\(file):\(context.mark.line):\(context.mark.column): \(name) is set twice. Keep one."
    default: return "\(file): not valid YAML. Each line is `name: value`."
    }
  }

  private func place(_ node: Node, _ file: String) -> String {
    node.mark.map { "\(file):\($0.line):\($0.column)" } ?? file
  }
}

/// Foundation's reason without the path, which the caller names.
func reason(_ error: any Error) -> String {
  let error = error as NSError
  let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
  switch (underlying.domain, underlying.code) {
  case (NSPOSIXErrorDomain, _): return String(cString: strerror(Int32(underlying.code))).lowercased()
  case (NSCocoaErrorDomain, CocoaError.fileReadNoSuchFile.rawValue),
    (NSCocoaErrorDomain, CocoaError.fileNoSuchFile.rawValue):
    return "no such file"
  case (NSCocoaErrorDomain, CocoaError.fileReadNoPermission.rawValue),
    (NSCocoaErrorDomain, CocoaError.fileWriteNoPermission.rawValue):
    return "permission denied"
  case (NSCocoaErrorDomain, CocoaError.fileReadInapplicableStringEncoding.rawValue): return "it is not UTF-8 text"
  case (NSCocoaErrorDomain, CocoaError.fileReadTooLarge.rawValue): return "it is larger than 1 MiB"
  default: return error.localizedDescription
  }
}
