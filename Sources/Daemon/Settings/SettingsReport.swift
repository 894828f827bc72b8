/// Every setting with its value and where that came from; secrets redacted.
public struct SettingsReport: Sendable {
  public struct Line: Codable, Sendable, Equatable {
    public var name: String
    /// As the file would have it; nil: there is none.
    public var value: String?
    /// `default`, `FILE:LINE:COLUMN`, `CHATROUTESD_…`, `--…` or `systemd credential`.
    public var origin: String
  }

  public let lines: [Line]

  /// - Throws: `SettingError`, as `Settings.load`, and when the local token cannot be read.
  public init(
    flags: [(name: String, values: [String])], environment: [String: String], file: String?
  ) throws(SettingError) {
    let (settings, origins) = try Settings.loadWithOrigins(flags: flags, environment: environment, file: file)
    if let path = settings.localTokenFile { _ = try settings.readSecret(path, "local-token-file") }
    var lines = SettingsTable.all.map { row in
      Line(name: row.name, value: row.text(in: settings), origin: origins[row.name] ?? "default")
    }
    lines.append(
      Line(
        name: Settings.apiKeyName, value: settings.apiKey.map { "\($0)" },
        origin: origins[Settings.apiKeyName] ?? "default"))
    self.lines = lines
  }

  /// `name: value  # origin`, one line each: YAML, but for the key.
  public var text: String {
    let entries = lines.map { line in
      let value = line.value.map { "\(line.name): \($0)" } ?? "# \(line.name):"
      return (line.name == Settings.apiKeyName ? "# \(value.replacing("# ", with: ""))" : value, line.origin)
    }
    let width = min(entries.map(\.0.count).max() ?? 0, 48)
    return entries.map { entry, origin in
      entry + String(repeating: " ", count: max(0, width - entry.count)) + "  # " + origin
    }.joined(separator: "\n")
  }
}

extension SettingsTable {
  /// The reference of all settings in Markdown: `docs/settings.md`.
  public static var reference: String {
    let rows = all.map { row in
      let value = row.defaultText.map { "`\($0)`" } ?? ""
      return "| `\(row.name)` | \(row.expected) | \(value) | \(row.isLive ? "yes" : "") | \(row.help) |"
    }
    return """
      # Settings

      Made from the table in the code by `chatroutesd config --reference`; a test compares the two. What each is for, and what to
      consider, says [Config/chatroutesd.yaml](../Config/chatroutesd.yaml). The environment variable of a setting is `CHATROUTESD_` and its
      name in capitals with underscores; it wins over the file, and flags win over both.

      *Live* ones are taken over at SIGHUP (`systemctl reload chatroutesd`), without dropping a request; the others at the next start.

      | setting | value | default | live | |
      |---|---|---|---|---|
      \(rows.joined(separator: "\n"))

      """
  }
}
