internal import Foundation
internal import GRDB

extension Partition {
  /// The API's own answer to this very read, and whether it went stale.
  func response(_ read: MirrorRead) throws -> (response: StoredResponse, isStale: Bool)? {
    guard
      let row = try first(
        "SELECT status, fields, body, fetched_at, stale FROM response WHERE account = ? AND read = ?",
        [account, read.canonicalText])
    else { return nil }
    let response = StoredResponse(
      status: try row[0], fields: StoredResponse.fields(fromBlob: try row.bytes(1) ?? []), body: try row.bytes(2) ?? [],
      fetchedAt: UnixTime(milliseconds: try row[3]))
    return (response, try row[4])
  }

  /// Without its body, which may be large.
  func entityTag(_ read: MirrorRead) throws -> String? {
    let row = try first(
      "SELECT fields FROM response WHERE account = ? AND read = ? AND status = 200", [account, read.canonicalText])
    guard let blob = try row?.bytes(0) else { return nil }
    return StoredResponse.fields(fromBlob: blob).first { $0.name.lowercased() == "etag" }?.value
  }
}

extension Observation {
  func saveResponse(_ read: MirrorRead, _ response: StoredResponse) throws {
    try response.body.withUncopiedData { body in try saveResponse(read, response, body) }
  }

  private func saveResponse(_ read: MirrorRead, _ response: StoredResponse, _ body: Data) throws {
    try part.run(
      """
      INSERT INTO response (account, read, kind, conversation, status, fields, body, fetched_at, stale)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (account, read) DO UPDATE SET status = excluded.status, fields = excluded.fields,
        body = excluded.body, fetched_at = excluded.fetched_at, stale = excluded.stale
      """,
      [
        part.account, read.canonicalText, read.kind.rawValue,
        read.conversationID.map { $0.replacing("\0", with: "\\0") },
        response.status, response.fieldBlob.blob, body, response.fetchedAt.milliseconds,
        showsWhatIsGone,
      ])
  }

  /// Verbatim answers of these kinds no longer show what is known.
  /// - Parameter conversation: nil: of every conversation.
  func makeStale(_ kinds: some Collection<MirrorRead.Kind>, of conversation: String?) throws {
    for kind in kinds {
      if let conversation, kind != .conversations {
        try part.run(
          "UPDATE response SET stale = 1 WHERE account = ? AND conversation = ? AND kind = ? AND stale = 0",
          [part.account, conversation, kind.rawValue])
      } else {
        try part.run(
          "UPDATE response SET stale = 1 WHERE account = ? AND kind = ? AND stale = 0", [part.account, kind.rawValue])
      }
    }
  }

  /// An answer showed something that others still show as it was before.
  func makeStaleWhatChanged() throws {
    if changes.listOfConversations { try makeStale([.conversations], of: nil) }
    for (conversation, facets) in changes.facets {
      try makeStale(Set(facets.flatMap { Staleness.readsShowing[$0] ?? [] }), of: conversation)
    }
  }
}

extension [UInt8] {
  /// The bytes as `Data` without a copy of what may be 64 MiB: good within the closure only.
  fileprivate func withUncopiedData<Result>(_ body: (Data) throws -> Result) rethrows -> Result {
    try withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return try body(Data()) }
      return try body(
        Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count, deallocator: .none))
    }
  }
}
