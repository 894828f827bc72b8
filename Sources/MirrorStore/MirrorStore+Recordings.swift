internal import GRDB

extension MirrorStore {
  /// Keeps a stream that came to its end, to be served again as it was; the oldest recordings go when there are too many.
  /// - Parameters:
  ///   - completeEventData: the JSON text of its `complete` event, which names the message that it brought.
  ///   - bytesMax: how much all recordings may have together.
  public func saveRecording(
    _ recording: StreamRecording, conversation: String, completeEventData: [UInt8], bytesMax: Int64, account: AccountID
  ) async throws(MirrorError) {
    // Not JSON, or without an id: nobody could ask for it.
    guard let message = (try? Payload(completeEventData))?.entity("message")?.id else { return }
    try await write("keep a stream") { db in
      try db.execute(
        sql: """
          INSERT INTO recording (account, conversation, message, status, fields, bytes, pace, started_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (account, message) DO NOTHING
          """,
        arguments: [
          account.rawValue, conversation, message, recording.status,
          StoredResponse(status: 0, fields: recording.fields, body: [], fetchedAt: .now).fieldBlob.blob,
          recording.bytes.blob, recording.pace.blob, recording.startedAt.milliseconds,
        ])
      while try Int64.fetchOne(db, sql: "SELECT bytes FROM tally WHERE kind = 'recording'") ?? 0 > bytesMax {
        try db.execute(sql: "DELETE FROM recording WHERE id = (SELECT min(id) FROM recording)")
        // A damaged count: there is nothing more to drop.
        guard db.changesCount > 0 else { break }
      }
    }
  }

  /// The stream that brought a message; nil: it is not kept.
  public func recording(ofMessage id: String) throws(MirrorError) -> StreamRecording? {
    try read("look a recorded stream up") { db in
      let row = try db.first(
        "SELECT status, fields, bytes, pace, started_at FROM recording WHERE message = ? ORDER BY id DESC LIMIT 1", [id]
      )
      guard let row, let bytes = try row.bytes(2) else { return nil }
      return StreamRecording(
        status: try row[0], fields: StoredResponse.fields(fromBlob: try row.bytes(1) ?? []), bytes: bytes,
        pieces: StreamRecording.pieces(fromPace: try row.bytes(3) ?? [], byteCount: bytes.count),
        startedAt: UnixTime(milliseconds: try row[4]))
    }
  }

  /// Recorded streams, newest first.
  public func recordings(limit: Int) throws(MirrorError) -> [RecordingSummary] {
    try read("list recorded streams") { db in
      try db.all(
        """
        SELECT message, conversation, started_at, length(bytes), length(pace) / 8, pace FROM recording
        ORDER BY id DESC LIMIT ?
        """, [max(limit, 0)]
      ).map { row in
        let pieces = StreamRecording.pieces(fromPace: try row.bytes(5) ?? [], byteCount: try row[3])
        return RecordingSummary(
          messageID: try row[0], conversationID: try row[1], startedAt: UnixTime(milliseconds: try row[2]),
          byteCount: try row[3], pieceCount: try row[4], milliseconds: Int(pieces.last?.milliseconds ?? 0))
      }
    }
  }
}
