import Foundation
import Testing

@testable import MirrorStore

/// A store with one admitted account and a clock that moves by a second with every observation.
final class Mirror {
  let store: MirrorStore
  let account: AccountID
  private(set) var seconds: Int64 = 1_800_000_000

  static let key = AccountKey(Array(repeating: 7, count: 32))

  init(_ location: MirrorStore.Location = .memory) async throws {
    store = try MirrorStore.open(location)
    account = try await store.admit(Self.key)
  }

  var now: UnixTime { UnixTime(milliseconds: seconds * 1000) }

  func tick() -> UnixTime {
    seconds += 1
    return now
  }

  /// - Parameter indexing: whether what it says can be searched for at once.
  @discardableResult
  func show(
    _ read: MirrorRead, _ body: String, status: Int = 200, at time: UnixTime? = nil, indexing: Bool = true
  ) async throws -> SaveOutcome {
    let outcome = try await store.save(
      read, StoredResponse(status: status, fields: [], body: Array(body.utf8), fetchedAt: time ?? tick()),
      account: account)
    if indexing { try await store.index() }
    return outcome
  }

  @discardableResult
  func write(
    _ write: MirrorWrite, _ request: String = "", answer: String = "", at time: UnixTime? = nil, indexing: Bool = true
  ) async throws -> SaveOutcome {
    let outcome = try await store.save(
      write, requestBody: Array(request.utf8), responseBody: Array(answer.utf8), at: time ?? tick(),
      account: account)
    if indexing { try await store.index() }
    return outcome
  }

  func doubt(_ write: MirrorWrite) async throws {
    try await store.invalidate(write, at: tick(), account: account)
  }

  func answer(_ read: MirrorRead) throws -> MirrorAnswer {
    try store.answer(read, account: account)
  }

  /// The text of a composed answer.
  func composed(_ read: MirrorRead) throws -> String {
    let answer = try answer(read)
    guard case .composed(let json, _, _) = answer else {
      Issue.record("not composed: \(answer)")
      return ""
    }
    try JSONScanner.check(json)
    return String(decoding: json, as: UTF8.self)
  }

  func isComplete(_ read: MirrorRead) throws -> Bool {
    guard case .composed(_, _, true) = try answer(read) else { return false }
    return true
  }

  /// The ids in an array of a composed answer.
  func ids(_ name: String, _ read: MirrorRead) throws -> [String] {
    let payload = try Payload(Array(try composed(read).utf8))
    return try #require(try payload.entities(name)).map(\.id)
  }
}

func message(_ id: String, _ role: String = "user", _ content: String = "text", branch: String? = nil) -> String {
  let place = branch.map { #","branchId":"\#($0)""# } ?? ""
  return #"{"id":"\#(id)","role":"\#(role)","content":"\#(content)"\#(place)}"#
}

func messages(_ entries: String...) -> String {
  #"{"success":true,"data":{"messages":[\#(entries.joined(separator: ","))]}}"#
}

func conversation(_ id: String, title: String = "t", updated: String? = nil) -> String {
  let time = updated.map { #","updatedAt":"\#($0)""# } ?? ""
  return #"{"id":"\#(id)","title":"\#(title)"\#(time)}"#
}

func page(_ ids: [String], total: Int, page: Int = 1, limit: Int = 2) -> String {
  let next = page * limit < total
  let members =
    #""conversations":[\#(ids.map { conversation($0) }.joined(separator: ","))],"total":\#(total),"page":\#(page),"#
    + #""limit":\#(limit),"hasNext":\#(next)"#
  return #"{"success":true,\#(members)}"#
}

let allConversations = MirrorRead.conversations(page: nil, limit: nil, filter: nil)

func mainMessages(_ conversation: String) -> MirrorRead { .messages(conversation: conversation, branch: nil) }

/// A directory that is removed with the value.
final class ScratchDirectory {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("mirror-\(UUID().uuidString)").path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }  // nothing was created: nothing to remove
}
