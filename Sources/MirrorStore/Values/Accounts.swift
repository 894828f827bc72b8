/// What stands for a credential in the mirror: its keyed digest. The credential itself never comes here.
public struct AccountKey: Hashable, Sendable {
  public let digest: [UInt8]

  /// - Parameter digest: 32 bytes, HMAC-SHA-256 of the credential.
  public init(_ digest: [UInt8]) {
    precondition(digest.count == 32, "an account key is an HMAC-SHA-256 of 32 bytes")
    self.digest = digest
  }
}

/// One account's part of the mirror.
public struct AccountID: Hashable, Sendable {
  public let rawValue: Int64

  public init(rawValue: Int64) {
    self.rawValue = rawValue
  }
}
