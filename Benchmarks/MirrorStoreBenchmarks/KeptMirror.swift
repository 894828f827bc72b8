import Foundation
import MirrorStore

/// The file that is measured: 1,000 talks of 1,000 messages and 20 of 100, read through the mirror as a daemon would have.
/// It is made once and kept with the build.
enum KeptMirror {
  /// Messages of about 150 bytes.
  static let long = (0..<1000).map { Talk(number: $0, messageCount: 1000, wordsPerMessage: 25) }
  /// Messages of about 1 KB.
  static let short = (1000..<1020).map { Talk(number: $0, messageCount: 100, wordsPerMessage: 165) }
  /// The index of the one long talk whose own answer went stale, so that it has to be composed.
  static let outdated = 500

  /// Where it lies. It is made when there is none, or when the schema or what it is made from has changed since.
  static func path() async throws -> String {
    let recipe = try recipe()
    // No such file: it was never made, or not to the end.
    if let madeBy = try? Data(contentsOf: kept.appending(path: "recipe")), madeBy == recipe { return file(in: kept) }
    try await make()
    try recipe.write(to: kept.appending(path: "recipe"))
    return file(in: kept)
  }

  /// A copy to write to. There is one at a time.
  static func copy() async throws -> String {
    let original = try await path()
    try removeCopy()
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: original, toPath: file(in: scratch))
    // Else the first checkpoint would wait for all of it.
    try FileHandle(forUpdating: URL(filePath: file(in: scratch))).synchronize()
    return file(in: scratch)
  }

  static func removeCopy() throws {
    if FileManager.default.fileExists(atPath: scratch.path) { try FileManager.default.removeItem(at: scratch) }
  }

  // MARK: Making

  private static func make() async throws {
    if FileManager.default.fileExists(atPath: kept.path) { try FileManager.default.removeItem(at: kept) }
    let mirror = try await OpenMirror(path: file(in: kept))
    for (index, talk) in (long + short).enumerated() {
      if index.isMultiple(of: 100), index < long.count { tell("messages saved: \(index / 100) of 10 × 100,000") }
      try await mirror.save(talk.answer(), to: .conversation(talk.id))
      try await mirror.store.index(slice: 1000)
    }
    let limit = 100
    for page in 1...(long.count + short.count + limit - 1) / limit {
      let answer = Talk.page(page, of: long + short, limit: limit)
      try await mirror.save(answer, to: .conversations(page: page, limit: limit, filter: nil))
    }
    try await mirror.store.invalidate(.updateConversation(long[outdated].id), account: mirror.account)
    try mirror.store.close()
  }

  /// Goes to standard error: standard output may be a result that a program reads.
  private static func tell(_ progress: String) {
    FileHandle.standardError.write(Data("making the mirror that is measured; \(progress)\n".utf8))
  }

  // MARK: Places

  private static let here = URL(filePath: #filePath).deletingLastPathComponent()
  private static let benchmarks = here.deletingLastPathComponent()
  private static let kept = benchmarks.appending(path: ".build/mirror")
  private static let scratch = benchmarks.appending(path: ".build/mirror-copy")

  private static func file(in folder: URL) -> String { folder.appending(path: "mirror.sqlite").path }

  private static func recipe() throws -> Data {
    let schema = benchmarks.deletingLastPathComponent().appending(path: "Sources/MirrorStore/Rows/Schema.swift")
    let own = ["KeptMirror.swift", "Prose.swift", "Talk.swift"].map { here.appending(path: $0) }
    return try ([schema] + own).reduce(into: Data()) { try $0.append(Data(contentsOf: $1)) }
  }
}

/// A mirror and the account that is measured.
struct OpenMirror: Sendable {
  let store: MirrorStore
  let account: AccountID

  init(path: String) async throws {
    store = try MirrorStore.open(.file(path))
    account = try await store.admit(AccountKey([UInt8](repeating: 7, count: 32)))
  }

  func save(_ answer: StoredResponse, to read: MirrorRead) async throws {
    let outcome = try await store.save(read, answer, account: account)
    precondition(outcome == .stored, "an answer made here is one that the mirror keeps")
  }
}
