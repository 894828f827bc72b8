internal import GRDB

extension Observation {
  /// Folds the answer to a read into the mirror.
  mutating func fold(_ seen: SeenRead, _ read: MirrorRead) throws {
    switch (seen, read) {
    case (.conversations(let page), .conversations(_, let limit, let filter)):
      try foldPage(page, filter: filter, limitWasAsked: limit != nil)
    case (.conversation(let object, let messages, let branches), .conversation(let id)):
      try foldConversation(id, object, messages, branches)
    case (.tree(let object, let branches, let mainBranch), .tree(let id)):
      try foldTree(id, object, branches, mainBranch)
    case (.messages(let messages, let showsAll), .messages(let id, let branch)):
      try foldMessages(messages, branch: branch, showsAll, .whole, in: conversationRef(id))
    case (.messages(let messages, let showsAll), .branchMessages(let id, let branch)):
      try foldMessages(messages, branch: branch, showsAll, .whole, in: conversationRef(id))
    case (.branches(let branches, let showsAll), .branches(let id)):
      try foldBranches(branches, showsAll, .whole, in: conversationRef(id))
    case (.checkpoints(let checkpoints, let showsAll), .checkpoints(let id, let branch)):
      try foldCheckpoints(checkpoints, branch: branch, showsAll, in: conversationRef(id))
    default:
      preconditionFailure("an answer was taken apart for another read")
    }
  }

  /// Upstream does not find the conversation that was asked for.
  mutating func foldAbsence(of read: MirrorRead) throws {
    guard let cid = read.conversationID, try part.conversation(cid) != nil else { return }
    try foldDelete(conversation: cid)
    try makeStale(Set(MirrorRead.Kind.allCases), of: cid)
  }

  private mutating func foldConversation(
    _ id: String, _ object: JSONObject, _ messages: [Sighting]?, _ branches: [Sighting]?
  ) throws {
    let wasKnown = try part.conversation(id) != nil
    let ref = try saveConversation(id, object, .full)
    try saveEmbedding(ref, messages: messages != nil, branches: branches != nil)
    if let branches { try foldBranches(branches, true, .partial, in: ref) }
    if let messages { try foldMessages(messages, branch: nil, true, .partial, in: ref) }
    if !wasKnown { try doubtCompleteList() }
  }

  /// A conversation came to light that a list held for complete does not have: that list no longer is.
  private mutating func doubtCompleteList() throws {
    guard let list = try part.list(.conversations, of: nil), list.complete else { return }
    try doubtLists(.conversations, of: nil)
    changes.listOfConversations = true
  }

  private mutating func foldTree(
    _ id: String, _ object: JSONObject?, _ branches: [Sighting]?, _ mainBranch: Sighting?
  ) throws {
    let ref = try object.map { try saveConversation(id, $0, .patch) } ?? conversationRef(id)
    if let mainBranch { _ = try saveBranch(mainBranch, in: ref, .partial, isMain: true) }
    if let branches { try foldBranches(branches, true, .partial, in: ref) }
  }

  mutating func foldMessages(
    _ messages: [Sighting], branch: String?, _ showsAll: Bool, _ extent: Extent, in ref: ConversationRef
  ) throws {
    let rows = try messages.map {
      try saveMessage(MessageSighting(message: $0, branch: branch, extent: extent), in: ref)
    }
    let key = branch ?? ""
    for row in try saveList(.messages, key, of: ref, rows, showsAll: showsAll, facet: .messages) {
      try messageLeft(row, list: key, in: ref)
    }
    try dropAnsweredDrafts(in: ref)
  }

  mutating func foldBranches(
    _ branches: [Sighting], _ showsAll: Bool, _ extent: Extent, in ref: ConversationRef
  ) throws {
    let rows = try branches.map { try saveBranch($0, in: ref, extent) }
    for row in try saveList(.branches, of: ref, rows, showsAll: showsAll, facet: .branches) {
      if let gone = try part.first(
        "SELECT bid FROM branch WHERE id = ? AND gone_at IS NULL AND saved_at <= ?", [row, now])
      {
        try hideBranch(gone[0], in: ref)
      }
    }
  }

  private mutating func foldCheckpoints(
    _ checkpoints: [Sighting], branch: String?, _ showsAll: Bool, in ref: ConversationRef
  ) throws {
    let rows = try checkpoints.map { try saveCheckpoint($0, in: ref, branch: branch) }
    for row in try saveList(.checkpoints, branch ?? "", of: ref, rows, showsAll: showsAll, facet: .checkpoints) {
      try hideCheckpoint(row, in: ref)
    }
  }
}
