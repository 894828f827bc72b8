internal import HTTPTypes
public import WireFormats

/// What a caller proves itself with. Kept in memory only (see `Accounts.rememberedMax`); the mirror sees its keyed hash.
public struct Credential: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  let bytes: [UInt8]

  /// All bytes at once: the synthesized way goes byte by byte, and this is looked up on every request.
  public func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  public var description: String { "<redacted>" }
  public var customMirror: Swift.Mirror { Swift.Mirror(self, children: []) }

  /// The credential of a request: `Authorization`, `X-API-Key`, or both; `nil`: it carries none.
  ///
  /// `Authorization: ApiKey K` and `X-API-Key: K` are the same credential.
  public init?(of head: RequestHead) {
    let authorization = head.first("authorization").map(Self.withoutKeyScheme)
    let key = head.first("x-api-key")
    switch (authorization, key) {
    case (let one?, nil), (nil, let one?): bytes = Array(one)
    case (let one?, let two?): bytes = one == two ? Array(one) : Array(one) + [0x0A] + Array(two)
    case (nil, nil): return nil
    }
  }

  /// The credential that the daemon itself holds.
  init(apiKey: Secret) {
    bytes = Array(apiKey.revealed.utf8)
  }

  /// Whether bytes show the secret of this credential: the key, or the token behind `Bearer`. Shorter ones than a key can
  /// have are not looked for: they would be found in any text.
  func isShown(in text: some Collection<UInt8>) -> Bool {
    secrets.contains { $0.count >= Self.secretBytesMin && text.holds($0) }
  }

  private static let secretBytesMin = 12

  private var secrets: [ArraySlice<UInt8>] {
    bytes.split(separator: 0x0A).map { part in
      let bearer = "bearer "
      let isBearer = part.count > bearer.utf8.count && zip(part, bearer.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
      return isBearer ? part.dropFirst(bearer.utf8.count) : part
    }
  }

  private static func withoutKeyScheme(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let scheme: StaticString = "apikey "
    guard value.count > scheme.utf8CodeUnitCount else { return value }
    for offset in 0..<scheme.utf8CodeUnitCount
    where value[value.startIndex + offset] | 0x20 != scheme.utf8Start[offset] { return value }
    return value.dropFirst(scheme.utf8CodeUnitCount).drop { $0 == 0x20 }
  }
}

extension Collection<UInt8> {
  /// Whether these bytes stand in here somewhere.
  fileprivate func holds(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first else { return true }
    return withContiguousStorageIfAvailable { text in
      var rest = text[...]
      while let start = rest.firstIndex(of: first) {
        rest = rest[start...]
        if rest.starts(with: bytes) { return true }
        rest = rest.dropFirst()
      }
      return false
    } ?? Array(self).holds(bytes)
  }
}
