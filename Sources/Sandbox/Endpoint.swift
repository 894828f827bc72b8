extension Sandbox {
  /// The calls of the ChatRoutes API; the raw value is the name used in logs and counts.
  public enum Endpoint: String, Sendable, CaseIterable {
    case conversationsCreate = "conversations.create"
    case conversationsList = "conversations.list"
    case conversationsGet = "conversations.get"
    case conversationsUpdate = "conversations.update"
    case conversationsDelete = "conversations.delete"
    case conversationsTree = "conversations.get_tree"
    case messagesSend = "messages.send"
    case messagesStream = "messages.stream"
    case messagesList = "messages.list"
    case messagesUpdate = "messages.update"
    case messagesDelete = "messages.delete"
    case branchesList = "branches.list"
    case branchesCreate = "branches.create"
    case branchesFork = "branches.fork"
    case branchesUpdate = "branches.update"
    case branchesDelete = "branches.delete"
    case branchesMessages = "branches.get_messages"
    case branchesSend = "branches.send_message"
    case branchesMerge = "branches.merge"
    case checkpointsList = "checkpoints.list"
    case checkpointsCreate = "checkpoints.create"
    case checkpointsDelete = "checkpoints.delete"
    case checkpointsRecreate = "checkpoints.recreate"
    case autobranchSuggest = "autobranch.suggest_branches"
    case autobranchHealth = "autobranch.health"
    case authRegister = "auth.register"
    case authLogin = "auth.login"
    case authRefresh = "auth.refresh"
    case authLogout = "auth.logout"
    case authMe = "auth.me"

    /// Whether the call works without a credential.
    var isOpen: Bool {
      switch self {
      case .authRegister, .authLogin, .authRefresh, .autobranchHealth: true
      default: false
      }
    }
  }
}

/// One line of the API's table: a method, a path below `/api/v1` and the call that they mean.
struct Route: Sendable {
  let method: String
  let pattern: [Substring]
  let endpoint: Sandbox.Endpoint

  private init(_ method: String, _ pattern: StaticString, _ endpoint: Sandbox.Endpoint) {
    self.method = method
    self.pattern = "\(pattern)".split(separator: "/")
    self.endpoint = endpoint
  }

  static let all: [Route] = [
    Route("POST", "/conversations", .conversationsCreate),
    Route("GET", "/conversations", .conversationsList),
    Route("GET", "/conversations/:cid", .conversationsGet),
    Route("PATCH", "/conversations/:cid", .conversationsUpdate),
    Route("DELETE", "/conversations/:cid", .conversationsDelete),
    Route("GET", "/conversations/:cid/tree", .conversationsTree),
    Route("POST", "/conversations/:cid/messages", .messagesSend),
    Route("POST", "/conversations/:cid/messages/stream", .messagesStream),
    Route("GET", "/conversations/:cid/messages", .messagesList),
    Route("PATCH", "/messages/:mid", .messagesUpdate),
    Route("DELETE", "/messages/:mid", .messagesDelete),
    Route("GET", "/conversations/:cid/branches", .branchesList),
    Route("POST", "/conversations/:cid/branches", .branchesCreate),
    Route("POST", "/conversations/:cid/fork", .branchesFork),
    Route("PATCH", "/conversations/:cid/branches/:bid", .branchesUpdate),
    Route("DELETE", "/conversations/:cid/branches/:bid", .branchesDelete),
    Route("GET", "/conversations/:cid/branches/:bid/messages", .branchesMessages),
    Route("POST", "/conversations/:cid/branches/:bid/messages", .branchesSend),
    Route("POST", "/conversations/:cid/branches/:bid/merge", .branchesMerge),
    Route("GET", "/conversations/:cid/checkpoints", .checkpointsList),
    Route("POST", "/conversations/:cid/checkpoints", .checkpointsCreate),
    Route("DELETE", "/checkpoints/:id", .checkpointsDelete),
    Route("POST", "/checkpoints/:id/recreate", .checkpointsRecreate),
    Route("POST", "/autobranch/suggest-branches", .autobranchSuggest),
    Route("GET", "/autobranch/health", .autobranchHealth),
    Route("POST", "/auth/register", .authRegister),
    Route("POST", "/auth/login", .authLogin),
    Route("POST", "/auth/refresh", .authRefresh),
    Route("POST", "/auth/logout", .authLogout),
    Route("GET", "/auth/me", .authMe),
  ]

  /// The endpoint a call names and the identifiers in its path, in order. Nil: no such endpoint, wrong methods included.
  static func find(_ call: Call) -> (endpoint: Sandbox.Endpoint, identifiers: [String])? {
    guard call.segments.starts(with: ["api", "v1"]) else { return nil }
    let path = call.segments.dropFirst(2)
    for route in all where route.method == call.routedMethod {
      if let identifiers = route.identifiers(in: path) { return (route.endpoint, identifiers) }
    }
    return nil
  }

  private func identifiers(in path: ArraySlice<String>) -> [String]? {
    guard path.count == pattern.count else { return nil }
    var identifiers: [String] = []
    for (part, segment) in zip(pattern, path) {
      if part.hasPrefix(":") {
        identifiers.append(segment)
      } else if part != segment {
        return nil
      }
    }
    return identifiers
  }
}
