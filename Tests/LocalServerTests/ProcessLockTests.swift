import Foundation
import LocalServer
import Testing

@Suite struct ProcessLockTests {
  @Test func oneHolderAtATime() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "lock-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var first: ProcessLock? = try ProcessLock(path: path)
    #expect(throws: ProcessLock.Failure.held) { try ProcessLock(path: path) }
    withExtendedLifetime(first) {}
    first = nil
    _ = try ProcessLock(path: path)
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
  }

  @Test func aNoteIsForTheNextHolderOnly() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "lock-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }  // it was never made
    do {
      let first = try ProcessLock(path: path)
      #expect(first.note.isEmpty)
      first.leave("clean")
    }
    do { #expect(try ProcessLock(path: path).note == "clean") }
    #expect(try ProcessLock(path: path).note.isEmpty, "the second left nothing")
  }

  @Test func noFolderIsNoLock() {
    #expect(throws: ProcessLock.Failure.cannotOpen("no such file or directory")) {
      try ProcessLock(path: "/nonexistent/folder/lock")
    }
  }
}
