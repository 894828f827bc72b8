import ArgumentParser
import Daemon
import Foundation

extension CompletionKind {
  /// Ids of conversations in the mirror: the one that `--database` names so far, or the usual one.
  static let conversations = CompletionKind.custom { arguments, _, _ in
    guard let path = databasePath(arguments), let mirror = try? LocalMirror(path: path),
      let found = try? mirror.conversations(limit: completionsMax)
    else { return [] }  // nothing to offer; the command itself will say why
    return found.map(\.id)
  }

  /// More help nobody to find one.
  private static let completionsMax = 200

  private static func databasePath(_ arguments: [String]) -> String? {
    let environment = ProcessInfo.processInfo.environment
    if let flag = arguments.firstIndex(of: "--database"), flag + 1 < arguments.count { return arguments[flag + 1] }
    guard
      let settings = try? Settings.load(flags: [], environment: environment, file: environment["CHATROUTESD_CONFIG"])
    else { return nil }  // the command itself will say what is wrong with them
    return DatabaseLocation.path(settings.database, environment: environment)
  }
}
