internal import GRDB

extension Partition {
  /// The conversation that a checkpoint belongs to; nil: the checkpoint is not known.
  func conversation(ofCheckpoint kid: String) throws -> ConversationRef? {
    try first(
      """
      SELECT conversation.id, cid FROM checkpoint JOIN conversation ON conversation.id = checkpoint.conversation
      WHERE checkpoint.account = ? AND kid = ?
      """, [account, kid]
    ).map { ConversationRef(row: try $0[0], cid: try $0[1]) }
  }
}

extension Observation {
  /// Keeps a checkpoint and gives its row.
  mutating func saveCheckpoint(_ sighting: Sighting, in ref: ConversationRef, branch: String?) throws -> Int64 {
    let seen = sighting.object
    let branch = seen["branch_id"]?.identifier ?? seen["branchId"]?.identifier ?? branch
    guard
      let known = try part.first(
        "SELECT id, text, gone_at, saved_at FROM checkpoint WHERE account = ? AND kid = ?", [part.account, sighting.id])
    else {
      return try part.insert(
        "INSERT INTO checkpoint (account, conversation, kid, branch, text, saved_at) VALUES (?, ?, ?, ?, ?, ?)",
        [part.account, ref.row, sighting.id, branch, seen.text.bytes.blob, now])
    }
    let id: Int64 = try known[0]
    guard mayShow(goneAt: try known[2]) else { return id }
    if try known[2] as Int64? != nil || known.json(1)?.contradicts(seen) != false {
      try noteChange(.checkpoints, in: ref, knownAt: known[3])
    }
    try part.run(
      "UPDATE checkpoint SET text = ?, branch = coalesce(?, branch), saved_at = ?, gone_at = NULL WHERE id = ?",
      [seen.text.bytes.blob, branch, now, id])
    return id
  }

  mutating func hideCheckpoint(_ row: Int64, in ref: ConversationRef) throws {
    let knownAt: Int64? = try part.first("SELECT saved_at FROM checkpoint WHERE id = ?", [row])?[0]
    try noteChange(.checkpoints, in: ref, knownAt: knownAt ?? 0)
    try part.run("UPDATE checkpoint SET gone_at = ? WHERE id = ?", [now, row])
  }
}
