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

  func first(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
    try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
  }

  func all(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
    try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
  }

  /// Without a copy of every row; the body must not run the same SQL again.
  func each(_ sql: String, _ arguments: StatementArguments, _ body: (Row) throws -> Void) throws {
    let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
    while let row = try rows.next() { try body(row) }
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

extension Row {
  func bytes(_ index: Int) throws -> [UInt8]? {
    try withUnsafeData(atIndex: index) { $0.map { Array($0) } }
  }

  /// A JSON text that was checked when it was stored.
  func json(_ index: Int) throws -> JSONObject? {
    try bytes(index).flatMap { JSONText(trusted: $0[...]).object }
  }

  func append(_ index: Int, to bytes: inout [UInt8]) throws {
    try withUnsafeData(atIndex: index) { data in
      if let data { bytes.append(contentsOf: data) }
    }
  }

  /// Whether a column holds one whole JSON text.
  func isJSON(_ index: Int) throws -> Bool {
    guard let bytes = try bytes(index) else { return false }
    return (try? JSONText(checking: bytes)) != nil  // why not does not matter
  }
}

extension Sequence<UInt8> {
  /// As SQLite stores it.
  var blob: Data { Data(self) }
}
