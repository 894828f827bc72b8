internal import Foundation
internal import GRDB

/// One account's part of the mirror inside of one transaction.
struct Partition {
  let db: Database
  let account: Int64
  /// Set once an answer turned out to hold a damaged text: every text is then checked, and damaged ones are left out.
  var leavesDamagedOut = false

  /// Sees this account anything? A refused one does not.
  func isAdmitted() throws -> Bool {
    try first("SELECT 1 FROM account WHERE id = ? AND refused = 0", [account]) != nil
  }

  func first(_ sql: String, _ arguments: StatementArguments) throws -> StoredRow? { try db.first(sql, arguments) }

  func all(_ sql: String, _ arguments: StatementArguments) throws -> [StoredRow] { try db.all(sql, arguments) }

  /// Without a copy of every row; the body must neither keep the row nor run the same SQL again.
  func each(_ sql: String, _ arguments: StatementArguments, _ body: (StoredRow) throws -> Void) throws {
    try db.each(sql, arguments, body)
  }

  func numbers(_ sql: String, _ arguments: StatementArguments) throws -> [Int64] {
    try Int64.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
  }

  func run(_ sql: String, _ arguments: StatementArguments) throws {
    try db.cachedStatement(sql: sql).execute(arguments: arguments)
  }

  func insert(_ sql: String, _ arguments: StatementArguments) throws -> Int64 {
    try run(sql, arguments)
    return db.lastInsertedRowID
  }
}

extension Sequence<UInt8> {
  /// As SQLite stores it.
  var blob: Data { Data(self) }
}
