import Foundation
import GRDB
import Testing

@testable import MirrorStore

@Suite struct StoredRowTests {
  private func row(_ columns: String) throws -> StoredRow {
    let queue = try DatabaseQueue()
    let row = try queue.read { try $0.first("SELECT \(columns)") }
    return try #require(row)
  }

  @Test(arguments: ["'text'", "x'00'", "NULL"])
  func anotherTypeThanANumberIsDamage(_ value: String) throws {
    let row = try row(value)
    #expect(throws: RowDecodingError.self) { try row[0] as Int64 }
    #expect(throws: RowDecodingError.self) { try row[0] as Bool }
    let error = #expect(throws: (any Error).self) { try row[0] as Int64 }
    #expect(MirrorError(try #require(error), doing: "read").kind == .corrupt)
  }

  @Test(arguments: ["7", "1.5", "NULL"])
  func anotherTypeThanATextIsDamage(_ value: String) throws {
    #expect(throws: RowDecodingError.self) { try row(value)[0] as String }
  }

  @Test func whatMayBeMissingMayBeMissing() throws {
    let row = try row("NULL, 5, 'a' AS name")
    #expect(try row[0] as Int64? == nil && row[0] as String? == nil && row.bytes(0) == nil)
    #expect(try row[1] as Int64? == 5 && row["name"] == "a")
  }

  @Test func aNumberWhereATextMayBeMissingIsDamage() throws {
    #expect(throws: RowDecodingError.self) { try row("7")[0] as String? }
  }
}
