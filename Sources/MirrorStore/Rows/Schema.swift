internal import GRDB

/// The tables of the mirror. Migrations are named and only ever appended: a released one never changes.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 accounts and conversations") { db in try db.execute(sql: conversations) }
    migrator.registerMigration("2 lists and verbatim answers") { db in try db.execute(sql: listsAndResponses) }
    migrator.registerMigration("3 search") { db in try db.execute(sql: search) }
    migrator.registerMigration("4 tally") { db in try db.execute(sql: tally) }
    migrator.registerMigration("5 retention") { db in try db.execute(sql: retention) }
    migrator.registerMigration("6 index later") { db in try db.execute(sql: indexLater) }
    migrator.registerMigration("7 recordings") { db in try db.execute(sql: recordings) }
    migrator.registerMigration("8 forgetting") { db in try db.execute(sql: forgetting) }
    migrator.registerMigration("9 drafts by question") { db in
      try db.execute(
        sql: "DROP INDEX draft_of_conversation; CREATE INDEX draft_of_question ON draft (conversation, question)")
    }
    migrator.registerMigration("10 usage") { db in try db.execute(sql: usage) }
    migrator.registerMigration("11 earlier versions") { db in try db.execute(sql: earlier) }
    migrator.registerMigration("12 days") { db in try db.execute(sql: days) }
    migrator.registerMigration("13 untold conversations") { db in try db.execute(sql: untold) }
    return migrator
  }

  /// `text` columns hold JSON as received; the columns beside them are unescaped copies to query by.
  /// `gone_at`: deleted, or no longer shown by a complete list; the row stays as a tombstone.
  private static let conversations = """
    CREATE TABLE account (
      id INTEGER PRIMARY KEY,
      key BLOB NOT NULL UNIQUE,
      refused INTEGER NOT NULL DEFAULT 0,
      -- the page size that the API chose when the request named none
      list_limit INTEGER
    ) STRICT;

    CREATE TABLE conversation (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
      cid TEXT NOT NULL,
      -- as GET of the conversation shows it, without messages and branches
      text BLOB,
      -- as the list of conversations shows it
      item_text BLOB,
      title TEXT,
      sort_at INTEGER NOT NULL DEFAULT 0,
      -- did GET of the conversation embed these? NULL: never seen
      shows_messages INTEGER,
      shows_branches INTEGER,
      saved_at INTEGER NOT NULL,
      -- the last write through here: what is older is known to be out of date in ways that its answer did not tell
      written_at INTEGER NOT NULL DEFAULT 0,
      gone_at INTEGER,
      UNIQUE (account, cid)
    ) STRICT;
    CREATE INDEX conversation_newest ON conversation (account, sort_at);

    CREATE TABLE branch (
      id INTEGER PRIMARY KEY,
      conversation INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
      bid TEXT NOT NULL,
      parent TEXT,
      fork_point TEXT,
      is_main INTEGER NOT NULL,
      text BLOB NOT NULL,
      saved_at INTEGER NOT NULL,
      gone_at INTEGER,
      UNIQUE (conversation, bid)
    ) STRICT;

    CREATE TABLE message (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
      conversation INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
      mid TEXT NOT NULL,
      -- NULL: the main branch, whose id was not known
      branch TEXT,
      role TEXT,
      text BLOB NOT NULL,
      -- 1: conversationId, 2: branchId are to be added when the text is shown
      fill INTEGER NOT NULL DEFAULT 0,
      -- 1: made here from a request, until a list shows the real one
      provisional INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER,
      saved_at INTEGER NOT NULL,
      gone_at INTEGER,
      UNIQUE (account, mid)
    ) STRICT;
    CREATE INDEX message_of_conversation ON message (conversation);
    -- looked at for every new message of the user's: few rows, whatever the length of the conversation
    CREATE INDEX message_provisional ON message (conversation) WHERE provisional = 1;

    CREATE TABLE checkpoint (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
      conversation INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
      kid TEXT NOT NULL,
      branch TEXT,
      text BLOB NOT NULL,
      saved_at INTEGER NOT NULL,
      gone_at INTEGER,
      UNIQUE (account, kid)
    ) STRICT;
    CREATE INDEX checkpoint_of_conversation ON checkpoint (conversation);

    CREATE TABLE draft (
      id INTEGER PRIMARY KEY,
      conversation INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
      branch TEXT,
      question TEXT NOT NULL,
      answer TEXT NOT NULL,
      model TEXT,
      outcome TEXT NOT NULL,
      saved_at INTEGER NOT NULL,
      -- the newest message row when the stream broke: what replaces the draft is newer
      newest_message INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX draft_of_conversation ON draft (conversation);
    """

  private static let listsAndResponses = """
    CREATE TABLE list (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
      -- NULL: a list of conversations
      conversation INTEGER REFERENCES conversation(id) ON DELETE CASCADE,
      -- conversations, messages, branches, checkpoints
      kind TEXT NOT NULL,
      -- the filter or branch; '' is the list without one
      key TEXT NOT NULL,
      complete INTEGER NOT NULL,
      -- how many the API said there are
      total INTEGER,
      as_of INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX list_identity ON list (account, ifnull(conversation, 0), kind, key);
    CREATE INDEX list_of_conversation ON list (conversation);

    -- member: a row of the table that the list's kind names; such rows stay as tombstones while their list exists
    CREATE TABLE list_member (
      list INTEGER NOT NULL REFERENCES list(id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      member INTEGER NOT NULL,
      PRIMARY KEY (list, position),
      UNIQUE (list, member)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE response (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
      read TEXT NOT NULL,
      kind TEXT NOT NULL,
      conversation TEXT,
      status INTEGER NOT NULL,
      fields BLOB NOT NULL,
      body BLOB NOT NULL,
      fetched_at INTEGER NOT NULL,
      stale INTEGER NOT NULL DEFAULT 0,
      UNIQUE (account, read)
    ) STRICT;
    CREATE INDEX response_of_conversation ON response (account, conversation, kind);
    """

  /// One passage a visible message and one a title; newer ones have larger ids, so newest first costs no sorting.
  private static let search = """
    CREATE TABLE passage (
      id INTEGER PRIMARY KEY,
      conversation INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
      -- NULL: the title
      message INTEGER UNIQUE REFERENCES message(id) ON DELETE CASCADE,
      words TEXT NOT NULL
    ) STRICT;
    CREATE INDEX passage_of_conversation ON passage (conversation);

    CREATE VIRTUAL TABLE passage_index USING fts5(
      words, content = 'passage', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
    );
    CREATE TRIGGER passage_inserted AFTER INSERT ON passage BEGIN
      INSERT INTO passage_index (rowid, words) VALUES (new.id, new.words);
    END;
    CREATE TRIGGER passage_deleted AFTER DELETE ON passage BEGIN
      INSERT INTO passage_index (passage_index, rowid, words) VALUES ('delete', old.id, old.words);
    END;
    CREATE TRIGGER passage_updated AFTER UPDATE ON passage BEGIN
      INSERT INTO passage_index (passage_index, rowid, words) VALUES ('delete', old.id, old.words);
      INSERT INTO passage_index (rowid, words) VALUES (new.id, new.words);
    END;
    """

  /// Texts that wait to be forgotten; what was forgotten is not looked at again.
  private static let forgetting = """
    DROP INDEX response_age;
    CREATE INDEX response_age ON response (stale DESC, fetched_at);
    DROP INDEX message_gone;
    DROP INDEX branch_gone;
    DROP INDEX checkpoint_gone;
    DROP INDEX conversation_gone;
    CREATE INDEX message_gone ON message (gone_at) WHERE gone_at IS NOT NULL AND text <> x'7B7D';
    CREATE INDEX branch_gone ON branch (gone_at) WHERE gone_at IS NOT NULL AND text <> x'7B7D';
    CREATE INDEX checkpoint_gone ON checkpoint (gone_at) WHERE gone_at IS NOT NULL AND text <> x'7B7D';
    CREATE INDEX conversation_gone ON conversation (gone_at)
      WHERE gone_at IS NOT NULL AND ifnull(text, item_text) IS NOT NULL;
    """

  /// Streams as they came, by the message that they brought. They go with it.
  private static let recordings = """
    CREATE TABLE recording (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
      conversation TEXT NOT NULL,
      message TEXT NOT NULL,
      status INTEGER NOT NULL,
      fields BLOB NOT NULL,
      bytes BLOB NOT NULL,
      -- milliseconds since the head and count of bytes, of each piece
      pace BLOB NOT NULL,
      started_at INTEGER NOT NULL,
      UNIQUE (account, message)
    ) STRICT;
    CREATE INDEX recording_of_message ON recording (message);
    CREATE INDEX recording_of_conversation ON recording (account, conversation);
    CREATE TRIGGER recording_of_hidden_message AFTER UPDATE OF gone_at ON message WHEN new.gone_at IS NOT NULL BEGIN
      DELETE FROM recording WHERE account = new.account AND message = new.mid;
    END;
    CREATE TRIGGER recording_of_deleted_message AFTER DELETE ON message BEGIN
      DELETE FROM recording WHERE account = old.account AND message = old.mid;
    END;
    CREATE TRIGGER recording_of_hidden_conversation AFTER UPDATE OF gone_at ON conversation WHEN new.gone_at IS NOT NULL
    BEGIN
      DELETE FROM recording WHERE account = new.account AND conversation = new.cid;
    END;
    """ + tallyTriggers("recording", "%.id IS NOT NULL", ["fields", "bytes", "pace"])

  /// What answers cost, as the API counted it. A row outlives its message: it was paid for all the same.
  private static let usage = """
    CREATE TABLE usage (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
      conversation TEXT NOT NULL,
      message TEXT NOT NULL,
      model TEXT,
      prompt_tokens INTEGER,
      completion_tokens INTEGER,
      total_tokens INTEGER,
      -- the time of the answer
      said_at INTEGER NOT NULL,
      UNIQUE (account, message)
    ) STRICT;
    CREATE INDEX usage_by_time ON usage (said_at);
    """

  /// Conversations of which only messages were seen are few, and counted for each page of the list.
  private static let untold = """
    CREATE INDEX conversation_untold ON conversation (id) WHERE gone_at IS NULL AND ifnull(text, item_text) IS NULL;
    """

  /// What the daemon did, day by day, in UTC. A few rows a day: they go by their age only.
  private static let days = """
    -- US dollars, as the API named it in the message's metadata
    ALTER TABLE usage ADD COLUMN cost REAL;
    UPDATE usage SET cost = (
      SELECT CAST(json_extract(words, '$.metadata.cost') AS REAL) FROM (
        -- a damaged text must not fail all of this
        SELECT iif(json_valid(CAST(text AS TEXT)), CAST(text AS TEXT), '{}') AS words
        FROM message WHERE message.account = usage.account AND mid = usage.message
      )
      WHERE json_type(words, '$.metadata.cost') IN ('integer', 'real')
        AND json_extract(words, '$.metadata.cost') BETWEEN 0 AND 1000000
    );
    CREATE TABLE day_count (
      day TEXT NOT NULL,
      kind TEXT NOT NULL,
      count INTEGER NOT NULL,
      PRIMARY KEY (day, kind)
    ) STRICT, WITHOUT ROWID;
    """

  /// What messages said before they were edited. Their bytes count as those of messages.
  private static let earlier = """
    CREATE TABLE earlier (
      id INTEGER PRIMARY KEY,
      message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
      text BLOB NOT NULL,
      replaced_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX earlier_of_message ON earlier (message);
    CREATE INDEX earlier_by_time ON earlier (replaced_at);
    CREATE TRIGGER tally_earlier_insert AFTER INSERT ON earlier BEGIN
      UPDATE tally SET bytes = bytes + length(new.text) WHERE kind = 'message';
    END;
    CREATE TRIGGER tally_earlier_delete AFTER DELETE ON earlier BEGIN
      UPDATE tally SET bytes = bytes - length(old.text) WHERE kind = 'message';
    END;
    -- how many messages a conversation shows is asked for every line of the list
    CREATE INDEX message_shown ON message (conversation) WHERE gone_at IS NULL;
    """

  /// Finding the words of a message costs more than storing it, so passages are indexed after their transaction.
  private static let indexLater = """
    CREATE TABLE unindexed (passage INTEGER PRIMARY KEY) STRICT;
    DROP TRIGGER passage_inserted;
    DROP TRIGGER passage_deleted;
    DROP TRIGGER passage_updated;
    CREATE TRIGGER passage_inserted AFTER INSERT ON passage BEGIN
      INSERT INTO unindexed (passage) VALUES (new.id);
    END;
    CREATE TRIGGER passage_deleted AFTER DELETE ON passage BEGIN
      INSERT INTO passage_index (passage_index, rowid, words)
        SELECT 'delete', old.id, old.words WHERE NOT EXISTS (SELECT 1 FROM unindexed WHERE passage = old.id);
      DELETE FROM unindexed WHERE passage = old.id;
    END;
    CREATE TRIGGER passage_updated AFTER UPDATE ON passage BEGIN
      INSERT INTO passage_index (passage_index, rowid, words)
        SELECT 'delete', old.id, old.words WHERE NOT EXISTS (SELECT 1 FROM unindexed WHERE passage = old.id);
      -- OR IGNORE would be overruled by the statement that set the trigger off
      INSERT INTO unindexed (passage) SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM unindexed WHERE passage = new.id);
    END;
    """

  /// What goes first must be found without reading everything.
  private static let retention = """
    CREATE INDEX response_age ON response (stale, fetched_at);
    CREATE INDEX message_gone ON message (gone_at) WHERE gone_at IS NOT NULL;
    CREATE INDEX branch_gone ON branch (gone_at) WHERE gone_at IS NOT NULL;
    CREATE INDEX checkpoint_gone ON checkpoint (gone_at) WHERE gone_at IS NOT NULL;
    CREATE INDEX conversation_gone ON conversation (gone_at) WHERE gone_at IS NOT NULL;
    """

  /// How many visible rows a table has and how many bytes all its texts have: counting either would read the whole table.
  private static let tally = """
    CREATE TABLE tally (
      kind TEXT PRIMARY KEY,
      visible INTEGER NOT NULL,
      bytes INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """ + tallied.map(tallyTriggers).joined()

  /// A table with how to see, of one row, whether it is visible, and the texts that are counted.
  private static let tallied: [(table: String, isVisible: String, texts: [String])] = [
    ("conversation", "%.gone_at IS NULL AND ifnull(%.text, %.item_text) IS NOT NULL", ["text", "item_text"]),
    ("branch", "%.gone_at IS NULL", ["text"]),
    ("message", "%.gone_at IS NULL", ["text"]),
    ("checkpoint", "%.gone_at IS NULL", ["text"]),
    ("draft", "%.id IS NOT NULL", ["question", "answer"]),
    ("response", "%.id IS NOT NULL", ["fields", "body"]),
  ]

  private static func size(of texts: [String], _ row: String) -> String {
    texts.map { "ifnull(length(CAST(\(row).\($0) AS BLOB)), 0)" }.joined(separator: " + ")
  }

  /// The query for what the tally of a table should say; nil: it is not counted.
  static func sizeOfTexts(of table: String) -> String? {
    let earlier = table == "message" ? " + (SELECT ifnull(sum(length(text)), 0) FROM earlier)" : ""
    return tallied.first { $0.table == table }.map {
      "SELECT ifnull(sum(\(size(of: $0.texts, table))), 0)\(earlier) FROM \(table)"
    }
  }

  private static func tallyTriggers(_ table: String, _ isVisible: String, _ texts: [String]) -> String {
    func visible(_ row: String) -> String { "(\(isVisible.replacing("%", with: row)))" }
    func bytes(_ row: String) -> String { size(of: texts, row) }
    func trigger(_ event: String, _ visible: String, _ bytes: String) -> String {
      """

      CREATE TRIGGER tally_\(table)_\(event.prefix(6).lowercased()) AFTER \(event) ON \(table) BEGIN
        UPDATE tally SET visible = visible + \(visible), bytes = bytes + \(bytes) WHERE kind = '\(table)';
      END;
      """
    }
    let columns = Set(texts + (isVisible.contains("gone_at") ? ["gone_at"] : [])).sorted().joined(separator: ", ")
    return """

      INSERT INTO tally SELECT '\(table)', ifnull(sum\(visible(table)), 0), ifnull(sum(\(bytes(table))), 0) FROM \(table);
      """ + trigger("INSERT", visible("new"), bytes("new"))
        + trigger("DELETE", "0 - \(visible("old"))", "0 - (\(bytes("old")))")
        + trigger(
          "UPDATE OF \(columns)", "\(visible("new")) - \(visible("old"))", "\(bytes("new")) - (\(bytes("old")))")
  }
}
