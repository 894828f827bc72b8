internal import GRDB

/// A row as the file gives it. Every column is looked at before it is taken for what it should be: a damaged file is an
/// error that the caller learns of (`MirrorError.Kind.corrupt`), never the end of the process.
struct StoredRow {
  fileprivate let row: Row

  // Not through `StatementColumnConvertible`: on that way SQLite makes a 0 of a text.

  /// - Throws: `RowDecodingError` when the column holds something else, or nothing where something must be.
  subscript<Value: DatabaseValueConvertible>(_ index: Int) -> Value {
    get throws { try row.decode(atIndex: index) }
  }

  subscript<Value: DatabaseValueConvertible>(_ name: String) -> Value {
    get throws { try row.decode(forColumn: name) }
  }

  func bytes(_ index: Int) throws -> [UInt8]? {
    try row.withUnsafeData(atIndex: index) { $0.map { Array($0) } }
  }

  /// A JSON text that was checked when it was stored.
  func json(_ index: Int) throws -> JSONObject? {
    try bytes(index).flatMap { JSONText(trusted: $0[...]).object }
  }

  func append(_ index: Int, to bytes: inout [UInt8]) throws {
    try row.withUnsafeData(atIndex: index) { data in
      if let data { bytes.append(contentsOf: data) }
    }
  }

  /// Whether a column holds one whole JSON text.
  func isJSON(_ index: Int) throws -> Bool {
    guard let bytes = try bytes(index) else { return false }
    return (try? JSONText(checking: bytes)) != nil  // why not does not matter
  }
}

extension Database {
  func first(_ sql: String, _ arguments: StatementArguments = []) throws -> StoredRow? {
    try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments).map(StoredRow.init)
  }

  func all(_ sql: String, _ arguments: StatementArguments = []) throws -> [StoredRow] {
    try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments).map(StoredRow.init)
  }

  /// Without a copy of every row; the body must neither keep the row nor run the same SQL again.
  func each(_ sql: String, _ arguments: StatementArguments = [], _ body: (StoredRow) throws -> Void) throws {
    let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
    while let row = try rows.next() { try body(StoredRow(row: row)) }
  }
}
