internal import Crypto
internal import Foundation

/// Secrets that the daemon makes for itself and keeps beside the database, mode 0600.
public enum SecretFile: String, Sendable {
  /// Key of the hashes that stand for credentials.
  case accountKey = "account-key"
  /// What the pages' links and cookies are made with.
  case pageSecret = "page-secret"

  /// Reads the secret, making it first if there is none.
  /// - Throws: `StartError` when the file can neither be read nor written.
  public func loadOrCreate(in directory: String) throws(StartError) -> [UInt8] {
    if let secret = try load(in: directory) { return secret }
    let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    let path = path(in: directory)
    // Written aside and linked into place: of two daemons starting at once, one wins and both read its secret.
    let draft = path + ".\(getpid())"
    guard FileManager.default.createFile(atPath: draft, contents: Data(secret), attributes: [.posixPermissions: 0o600])
    else { throw StartError("cannot write \(path). Check the owner and the mode of its directory.") }
    defer { try? FileManager.default.removeItem(atPath: draft) }  // a left-over draft is harmless
    do { try FileManager.default.linkItem(atPath: draft, toPath: path) } catch {
      guard let secret = try load(in: directory) else {
        throw StartError("cannot write \(path): \(reason(error)).")
      }
      return secret
    }
    return secret
  }

  /// Reads the secret; `nil`: there is none.
  public func load(in directory: String) throws(StartError) -> [UInt8]? {
    let path = path(in: directory)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw StartError("cannot read \(path). Run this as the user who runs the daemon.")
    }
    guard data.count == 32 else { throw StartError("\(path) is damaged: expected 32 bytes, found \(data.count).") }
    return Array(data)
  }

  private func path(in directory: String) -> String { directory + "/" + rawValue }
}

/// Why the daemon cannot start; the process ends with exit code 69 (`EX_UNAVAILABLE`).
public struct StartError: Error, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
