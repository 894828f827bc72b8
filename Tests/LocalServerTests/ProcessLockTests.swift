import Foundation
import LocalServer
import Testing

@Suite struct ProcessLockTests {
  @Test func oneHolderAtATime() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "lock-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var first = ProcessLock(path: path)
    #expect(first != nil)
    #expect(ProcessLock(path: path) == nil)
    first = nil
    #expect(ProcessLock(path: path) != nil)
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
  }

  @Test func noFolderIsNoLock() {
    #expect(ProcessLock(path: "/nonexistent/folder/lock") == nil)
  }
}
