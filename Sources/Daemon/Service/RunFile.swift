internal import Foundation

/// What a running daemon tells the commands of its user: where it listens. A file beside the database.
public struct RunFile: Codable, Sendable, Equatable {
  public var pid: Int32
  /// Addresses as in `--listen`, ports resolved.
  public var listen: [String]

  public init(pid: Int32, listen: [String]) { (self.pid, self.listen) = (pid, listen) }

  private static func path(_ directory: String) -> String { directory + "/running.json" }

  /// - Returns: `nil` when no daemon runs on this mirror.
  public static func read(in directory: String) -> RunFile? {
    guard let data = FileManager.default.contents(atPath: path(directory)),
      let file = try? JSONDecoder().decode(RunFile.self, from: data),  // a damaged file tells nothing
      kill(file.pid, 0) == 0 || errno == EPERM
    else { return nil }
    return file
  }

  func write(in directory: String) throws(StartError) {
    let path = Self.path(directory)
    guard let data = try? JSONEncoder().encode(self) else { preconditionFailure("two plain fields are no JSON") }
    guard FileManager.default.createFile(atPath: path, contents: data, attributes: [.posixPermissions: 0o600]) else {
      throw StartError("cannot write \(path). Check the owner and the mode of its directory.")
    }
  }

  static func remove(in directory: String) {
    try? FileManager.default.removeItem(atPath: path(directory))  // the next start overwrites it
  }
}
