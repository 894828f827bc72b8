@testable import Sandbox

/// A world with one account, its time standing at 2026-01-01, and short words for calling it.
struct WorldUnderTest {
  static let start: Int64 = 1_767_225_600_000
  var world: World
  var now = Timestamp(milliseconds: start)

  init(_ change: (inout SandboxConfiguration) -> Void = { _ in }) {
    var configuration = SandboxConfiguration(tokenDelay: .zero, fixedTime: Self.start)
    change(&configuration)
    world = World(configuration: configuration, now: now)
  }

  struct Answer {
    let reply: Reply
    let json: JSON
    var status: Int { reply.status }
    var data: JSON { json["data"] ?? .null }
    var error: String? { json["error"]?.string }
  }

  /// Calls below `/api/v1`; a generation is finished at once.
  @discardableResult
  mutating func call(
    _ method: String, _ path: String, _ body: String = "", key: String? = Sandbox.demoKey, ifNoneMatch: String? = nil
  ) -> Answer {
    let call = Call(
      method: method, target: "/api/v1" + path, authorization: key.map { "ApiKey " + $0 }, ifNoneMatch: ifNoneMatch,
      body: Array(body.utf8))
    let reply: Reply
    switch world.respond(to: call, now: now) {
    case .reply(let answered): reply = answered
    case .generate(let generation): reply = world.finish(generation, for: call, now: now)
    case .stream(let generation):
      var streamed = Reply(json: .object([]))
      streamed.body = Array((generation.events + world.finishStream(generation, now: now)).joined())
      reply = streamed
    }
    return Answer(reply: reply, json: JSON(parsing: reply.body) ?? .null)
  }

  /// - Returns: Identifiers of a new conversation and its main branch.
  mutating func newConversation(_ title: String = "T") -> (id: String, main: String) {
    let made = call("POST", "/conversations", #"{"title":"\#(title)"}"#).data["conversation"] ?? .null
    return (made["id"]?.string ?? "", made["branches"]?.array?.first?["id"]?.string ?? "")
  }

  /// Sends one message; gives the identifiers of the user's and of the assistant's.
  @discardableResult
  mutating func send(_ conversation: String, _ content: String = "hello", branch: String? = nil) -> [String] {
    let path = branch.map { "/conversations/\(conversation)/branches/\($0)/messages" }
    let answer = call("POST", path ?? "/conversations/\(conversation)/messages", #"{"content":"\#(content)"}"#)
    let message = answer.data["message"] ?? .null
    return [message["parentMessageId"]?.string ?? "", message["id"]?.string ?? ""]
  }

  mutating func fork(_ conversation: String, at message: String, mode: String = "FULL", title: String = "F") -> String {
    let body = #"{"forkPointMessageId":"\#(message)","title":"\#(title)","contextMode":"\#(mode)"}"#
    return call("POST", "/conversations/\(conversation)/fork", body).data["branch"]?["id"]?.string ?? ""
  }

  /// Identifiers of what a branch shows; nil: the main branch, by the conversation's own list.
  mutating func shown(_ conversation: String, _ branch: String? = nil) -> [String] {
    let path = branch.map { "/branches/\($0)" } ?? ""
    return call("GET", "/conversations/\(conversation)\(path)/messages").data["messages"]?.ids ?? []
  }
}

extension JSON {
  var ids: [String] { (array ?? []).compactMap { $0["id"]?.string } }
  var names: [String] {
    guard case .object(let members) = self else { return [] }
    return members.map(\.name)
  }
  var text: String { String(decoding: bytes, as: UTF8.self) }
}
