internal import Foundation

/// Where the mirror lies when nobody says: `$STATE_DIRECTORY` under systemd, else the XDG data directory.
public enum DatabaseLocation {
  /// The path of the mirror's file.
  public static func path(_ configured: String?, environment: [String: String]) -> String {
    if let configured { return URL(fileURLWithPath: configured).path }  // relative ones are made absolute
    if let state = environment["STATE_DIRECTORY"]?.split(separator: ":").first { return state + "/mirror.sqlite" }
    let data = environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let home = environment["HOME"] ?? NSHomeDirectory()
    return (data ?? home + "/.local/share") + "/chatroutesd/mirror.sqlite"
  }
}
