/// The answer to a read, taken apart before the database is touched.
enum SeenRead {
  struct Page {
    var items: [Sighting]
    var page: Int64
    /// nil: the API did not say and the request did not ask.
    var limit: Int64?
    var total: Int64?
    var hasNext: Bool
  }

  case conversations(Page)
  case conversation(JSONObject, messages: [Sighting]?, branches: [Sighting]?)
  case tree(JSONObject?, branches: [Sighting]?, mainBranch: Sighting?)
  case messages([Sighting], showsAll: Bool)
  case branches([Sighting], showsAll: Bool)
  case checkpoints([Sighting], showsAll: Bool)

  init(_ read: MirrorRead, body: [UInt8]) throws(Unmirrored) {
    let payload = try Payload(body)
    switch read {
    case .conversations(let page, let limit, _):
      self = .conversations(try Page(payload, page: page, limit: limit))
    case .conversation(let id):
      self = try Self.conversation(payload, id)
    case .tree(let id):
      self = try Self.tree(payload, id)
    case .messages, .branchMessages:
      let messages = try Self.list("messages", payload)
      self = .messages(messages, showsAll: !payload.saysMore(than: messages.count))
    case .branches:
      let branches = try Self.list("branches", payload)
      self = .branches(branches, showsAll: !payload.saysMore(than: branches.count))
    case .checkpoints:
      let checkpoints = try Self.list("checkpoints", payload)
      self = .checkpoints(checkpoints, showsAll: !payload.saysMore(than: checkpoints.count))
    }
  }

  private static func list(_ name: String, _ payload: Payload) throws(Unmirrored) -> [Sighting] {
    guard let entities = try payload.entities(name) else { throw Unmirrored(reason: "the answer has no \(name)") }
    return entities
  }

  private static func conversation(_ payload: Payload, _ id: String) throws(Unmirrored) -> SeenRead {
    guard let seen = payload.entity("conversation"), seen.id == id else {
      throw Unmirrored(reason: "the answer does not show the conversation that was asked for")
    }
    return .conversation(
      seen.object, messages: try embedded("messages", in: seen.object, payload),
      branches: try embedded("branches", in: seen.object, payload))
  }

  /// nil: not embedded.
  private static func embedded(
    _ name: String, in object: JSONObject, _ payload: Payload
  ) throws(Unmirrored) -> [Sighting]? {
    guard let elements = (object[name] ?? payload[name])?.elements() else { return nil }
    var sightings: [Sighting] = []
    for element in elements {
      guard let sighting = Sighting(element) else { throw Unmirrored(reason: "an entry of \(name) has no id") }
      sightings.append(sighting)
    }
    return sightings
  }

  private static func tree(_ payload: Payload, _ id: String) throws(Unmirrored) -> SeenRead {
    let conversation = payload["conversation"].flatMap { Sighting($0) }
    guard payload["tree"] != nil || payload["mainBranch"] != nil, conversation.map({ $0.id == id }) ?? true else {
      throw Unmirrored(reason: "the answer does not show the tree that was asked for")
    }
    let branches = payload["branches"]?.elements().map { $0.compactMap { Sighting($0) } }
    return .tree(conversation?.object, branches: branches, mainBranch: payload["mainBranch"].flatMap { Sighting($0) })
  }
}

extension SeenRead.Page {
  /// No list is that long; sums and products of two such numbers stay in bounds.
  private static var numberMax: Int64 { 1 << 30 }

  init(_ payload: Payload, page: Int?, limit: Int?) throws(Unmirrored) {
    guard let items = try payload.entities("conversations") else {
      throw Unmirrored(reason: "the answer has no conversations")
    }
    let numbers =
      ["page", "limit", "total"].compactMap { payload[$0]?.integer } + [page, limit].compactMap { $0.map(Int64.init) }
    guard numbers.allSatisfy({ (0...Self.numberMax).contains($0) }) else {
      throw Unmirrored(reason: "the answer's page numbers are beyond all bounds")
    }
    self.items = items
    self.page = max(payload["page"]?.integer ?? page.map(Int64.init) ?? 1, 1)
    self.limit = (payload["limit"]?.integer ?? limit.map(Int64.init)).flatMap { $0 > 0 ? $0 : nil }
    let saidTotal = payload["total"]?.integer
    total = saidTotal
    if let saidNext = payload["hasNext"]?.bool {
      hasNext = saidNext
    } else if let saidTotal, let perPage = self.limit {
      hasNext = (self.page - 1) * perPage + Int64(items.count) < saidTotal
    } else {
      // Nothing says how many there are: a full page may have a next one.
      hasNext = self.limit.map { Int64(items.count) >= $0 } ?? (saidTotal.map { Int64(items.count) < $0 } ?? false)
    }
  }

  var isWholeList: Bool { page == 1 && !hasNext }

  /// How many come before this page; nil: cannot be known.
  var start: Int64? {
    if page == 1 { return 0 }
    return limit.flatMap { limit in
      let (start, overflow) = (page - 1).multipliedReportingOverflow(by: limit)
      return overflow ? nil : start
    }
  }

  /// How many conversations there are according to this page; nil: it does not say.
  var impliedTotal: Int64? {
    if let total { return total }
    return hasNext ? nil : start.map { $0 + Int64(items.count) }
  }
}
