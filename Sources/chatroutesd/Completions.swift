import ArgumentParser
import Daemon
import Foundation

extension CompletionKind {
  /// Ids of conversations in the mirror: the one that `--database` names so far, or the usual one.
  static let conversations = CompletionKind.custom { arguments, _, _ in
    guard let path = databasePath(arguments), let mirror = try? LocalMirror(path: path),
      let found = try? mirror.conversations(limit: completionsMax)
    else { return [] }  // nothing to offer; the command itself will say why
    return found.map(\.id).filter(isHarmless)
  }

  /// bash expands what it is offered, command substitution included: an id that holds anything a shell could read is typed
  /// by hand.
  private static func isHarmless(_ id: String) -> Bool {
    !id.hasPrefix("-")
      && id.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  /// More help nobody to find one.
  private static let completionsMax = 200

  private static func databasePath(_ arguments: [String]) -> String? {
    let environment = ProcessInfo.processInfo.environment
    if let flag = arguments.firstIndex(of: "--database"), flag + 1 < arguments.count { return arguments[flag + 1] }
    guard
      let settings = try? Settings.load(
        flags: [], environment: environment, file: LocationOptions.usualFile(environment),
        isForDaemon: false)
    else { return nil }  // the command itself will say what is wrong with them
    return DatabaseLocation.path(settings.database, environment: environment)
  }
}
