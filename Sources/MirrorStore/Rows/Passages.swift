internal import GRDB

/// The search index follows what is visible: hidden messages leave it, titles and texts that change are indexed anew.
extension Observation {
  func indexTitle(_ ref: ConversationRef, _ title: String?, was old: String?) throws {
    guard let title, title != old else { return }
    try part.run("DELETE FROM passage WHERE conversation = ? AND message IS NULL", [ref.row])
    guard !title.isEmpty else { return }
    try part.run("INSERT INTO passage (conversation, words) VALUES (?, ?)", [ref.row, title])
  }

  func indexMessage(_ message: Int64, _ ref: ConversationRef, _ content: String?) throws {
    guard let content, !content.isEmpty else { return try unindexMessage(message) }
    // A passage keeps its id when its words change: an edit does not make an old message new.
    try part.run(
      """
      INSERT INTO passage (conversation, message, words) VALUES (?, ?, ?)
      ON CONFLICT (message) DO UPDATE SET words = excluded.words WHERE words <> excluded.words
      """, [ref.row, message, content])
  }

  func unindexMessage(_ message: Int64) throws {
    try part.run("DELETE FROM passage WHERE message = ?", [message])
  }

  /// For a conversation that is shown again after it had gone.
  func indexAgain(_ ref: ConversationRef) throws {
    try part.run("DELETE FROM passage WHERE conversation = ?", [ref.row])
    if let row = try part.first("SELECT title FROM conversation WHERE id = ?", [ref.row]) {
      try indexTitle(ref, row[0], was: nil)
    }
    for row in try part.all(
      "SELECT id, text FROM message WHERE conversation = ? AND gone_at IS NULL ORDER BY id", [ref.row])
    {
      try indexMessage(row[0], ref, try row.json(1)?["content"]?.columnText)
    }
  }
}
