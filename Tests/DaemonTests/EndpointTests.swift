import MirrorStore
import Testing

@testable import Daemon

@Suite struct EndpointTests {
  static let rows: [(String, String, Endpoint)] = [
    ("GET", "/conversations", .read(.conversations(page: nil, limit: nil, filter: nil))),
    ("GET", "/conversations?limit=5&page=2", .read(.conversations(page: 2, limit: 5, filter: nil))),
    ("GET", "/conversations?page=2&filter=shared&limit=5", .read(.conversations(page: 2, limit: 5, filter: "shared"))),
    (
      "GET", "/conversations?page=undefined&limit=undefined&filter=undefined",
      .read(.conversations(page: nil, limit: nil, filter: nil))
    ),
    ("GET", "/conversations/c%201", .read(.conversation("c 1"))),
    ("GET", "/conversations/c1/tree", .read(.tree("c1"))),
    ("GET", "/conversations/c1/messages", .read(.messages(conversation: "c1", branch: nil))),
    ("GET", "/conversations/c1/messages?branchId=b+1", .read(.messages(conversation: "c1", branch: "b 1"))),
    ("GET", "/conversations/c1/branches", .read(.branches(conversation: "c1"))),
    ("GET", "/conversations/c1/branches/b1/messages", .read(.branchMessages(conversation: "c1", branch: "b1"))),
    ("GET", "/conversations/c1/checkpoints?branchId=b1", .read(.checkpoints(conversation: "c1", branch: "b1"))),
    ("POST", "/conversations", .write(.createConversation)),
    ("PATCH", "/conversations/c1", .write(.updateConversation("c1"))),
    ("DELETE", "/conversations/c1", .write(.deleteConversation("c1"))),
    ("POST", "/conversations/c1/messages", .write(.send(conversation: "c1", branch: nil))),
    ("POST", "/conversations/c1/messages/stream", .stream(conversation: "c1")),
    ("PATCH", "/messages/m1", .write(.updateMessage("m1"))),
    ("DELETE", "/messages/m1", .write(.deleteMessage("m1"))),
    ("POST", "/conversations/c1/branches", .write(.createBranch(conversation: "c1"))),
    ("POST", "/conversations/c1/fork", .write(.fork(conversation: "c1"))),
    ("PATCH", "/conversations/c1/branches/b1", .write(.updateBranch(conversation: "c1", branch: "b1"))),
    ("DELETE", "/conversations/c1/branches/b1", .write(.deleteBranch(conversation: "c1", branch: "b1"))),
    ("POST", "/conversations/c1/branches/b1/messages", .write(.send(conversation: "c1", branch: "b1"))),
    ("POST", "/conversations/c1/branches/b1/merge", .write(.mergeBranch(conversation: "c1", branch: "b1"))),
    ("POST", "/conversations/c1/checkpoints", .write(.createCheckpoint(conversation: "c1"))),
    ("DELETE", "/checkpoints/k1", .write(.deleteCheckpoint("k1"))),
    ("POST", "/checkpoints/k1/recreate", .write(.recreateCheckpoint("k1"))),
  ]

  @Test(arguments: rows)
  func everyCallOfTheTableIsKnown(method: String, path: String, endpoint: Endpoint) {
    #expect(Endpoint.classify(method: method, target: Array(("/api/v1" + path).utf8)[...]) == endpoint)
  }

  @Test(arguments: [
    ("GET", "/api/v1/autobranch/health"), ("POST", "/api/v1/auth/login"), ("GET", "/api/v1/auth/me"),
    ("GET", "/api/v2/conversations"), ("GET", "/api/v1/conversations/"), ("GET", "/api/v1/conversations/../secrets"),
    ("GET", "/api/v1/conversations?search=x"), ("GET", "/api/v1/conversations?page=1&page=2"),
    ("GET", "/api/v1/conversations?page=first"), ("GET", "/api/v1/conversations?page=0"),
    ("GET", "/api/v1/conversations?page=2&limit=9223372036854775807"), ("GET", "/api/v1/conversations?page=1000001"),
    ("GET", "/api/v1/conversations/a%2Fb"), ("GET", "/api/v1/conversations/%zz"), ("GET", "/api/v1/conversations/%ff"),
    ("GET", "/api/v1//conversations"), ("HEAD", "/api/v1/conversations"), ("POST", "/api/v1/conversations?dry=1"),
    ("BREW", "/api/v1/conversations"),
  ])
  func whatIsNotInTheTableIsForwardedUntouched(method: String, target: String) {
    #expect(Endpoint.classify(method: method, target: Array(target.utf8)[...]) == .unknown)
  }
}
