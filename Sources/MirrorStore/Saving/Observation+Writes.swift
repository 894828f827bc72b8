internal import GRDB

extension Observation {
  /// Folds what a write did into the mirror.
  /// - Throws: `Unmirrored` when the answer does not tell.
  mutating func fold(_ seen: SeenWrite) throws {
    switch seen.write {
    case .createConversation: try foldCreate(seen)
    case .updateConversation(let id): try foldUpdate(seen, conversation: id)
    case .deleteConversation(let id): try foldDelete(conversation: id)
    case .send(let id, let branch): try foldSend(seen, conversation: id, branch: branch)
    case .updateMessage(let id): try foldUpdate(seen, message: id)
    case .deleteMessage(let id): try foldDelete(message: id)
    case .createBranch(let id): try foldBranch(seen, forkPoint: "baseNodeId", in: conversationRef(id))
    case .fork(let id): try foldBranch(seen, forkPoint: "forkPointMessageId", in: conversationRef(id))
    case .updateBranch(let id, let branch): try foldUpdate(seen, branch: branch, in: conversationRef(id))
    case .deleteBranch(let id, let branch): try hideBranch(branch, in: conversationRef(id))
    case .mergeBranch(let id, _): try foldMerge(seen, in: conversationRef(id))
    case .createCheckpoint(let id): try foldCheckpoint(seen, in: conversationRef(id))
    case .deleteCheckpoint(let id): try foldDelete(checkpoint: id)
    case .recreateCheckpoint(let id): try foldRecreate(seen, checkpoint: id)
    }
  }

  /// What a write may have done makes verbatim answers old.
  /// - Parameter doubting: the outcome is unknown: lists can no longer say what does not exist.
  func makeStale(by write: MirrorWrite, in ref: ConversationRef?, doubting: Bool) throws {
    guard let effect = Staleness.ofWrite[write.kind] else {
      preconditionFailure("the staleness table lacks a write")
    }
    let cid = ref?.cid ?? write.conversationID
    try makeStale(effect.stale, of: cid)
    guard doubting else { return }
    for kind in effect.doubted {
      // Nothing is held of a conversation without a row; without a name it may be any.
      if kind == .conversations || cid == nil {
        try doubtLists(kind, of: nil)
      } else if let row = try ref?.row ?? part.conversation(cid ?? "")?.row {
        try doubtLists(kind, of: row)
      }
    }
  }

  /// The conversation a write is about; nil: not known here.
  func ref(of write: MirrorWrite) throws -> ConversationRef? {
    switch write {
    case .updateMessage(let id), .deleteMessage(let id): try part.conversation(ofMessage: id)
    case .deleteCheckpoint(let id), .recreateCheckpoint(let id): try part.conversation(ofCheckpoint: id)
    default: try write.conversationID.flatMap { try part.conversation($0) }
    }
  }

  // MARK: Conversations

  private mutating func foldCreate(_ seen: SeenWrite) throws {
    let created = try seen.entity("conversation")
    let ref = try saveConversation(created.id, created.object, .full)
    try markWritten(ref)
    let branches = (created.object["branches"] ?? seen.answer?["branches"])?.elements()?.compactMap { Sighting($0) }
    let messages = created.object["messages"]?.elements()?.compactMap { Sighting($0) } ?? []
    if let branches, !branches.isEmpty { try foldBranches(branches, true, .partial, in: ref) }
    try foldMessages(messages, branch: nil, true, .partial, in: ref)
    _ = try openList(.checkpoints, of: ref.row, complete: true)
    try addToLists(ref)
    try moveToFront(ref)
  }

  private mutating func foldUpdate(_ seen: SeenWrite, conversation id: String) throws {
    let patch = try seen.update("conversation", id: id)
    let ref = try saveConversation(id, patch.object, .patch)
    try moveToFront(ref)
  }

  mutating func foldDelete(conversation id: String) throws {
    let ref = try conversationRef(id)
    try hideConversation(ref)
    try removeFromLists(ref)
  }

  // MARK: Messages

  private mutating func foldUpdate(_ seen: SeenWrite, message id: String) throws {
    let update = try seen.update("message", id: id)
    let known = try part.conversation(ofMessage: id)
    let named = update.object["conversationId"]?.identifier
    guard let ref = try known ?? named.map({ try conversationRef($0) }) else {
      throw Unmirrored(reason: "the conversation of the message is not known")
    }
    let old = try part.first("SELECT id, branch FROM message WHERE account = ? AND mid = ?", [part.account, id])
    let row = try saveMessage(
      MessageSighting(message: update, branch: old.flatMap { try $0[1] as String? }, extent: .partial), in: ref)
    if let old = try old?[0] as Int64?, old != row {
      try keepEarlier(ofMessage: old, replacedBy: row)
      try replaceMember(old, with: row, in: .messages, of: ref)
      try hideMessage(old, in: ref)
    }
    try moveToFront(ref)
  }

  private mutating func foldDelete(message id: String) throws {
    guard let ref = try part.conversation(ofMessage: id),
      let row = try part.first(
        "SELECT id, branch FROM message WHERE account = ? AND mid = ? AND gone_at IS NULL", [part.account, id])
    else { return }
    try hideMessage(row[0], in: ref)
    try addToMessageCount(-1, branch: row[1], in: ref)
    try moveToFront(ref)
  }

  // MARK: Branches

  private mutating func foldBranch(_ seen: SeenWrite, forkPoint name: String, in ref: ConversationRef) throws {
    let branch = try seen.entity("branch")
    let forkPoint = branch.object["forkPointMessageId"]?.identifier ?? seen.request?[name]?.identifier
    let parent = try branch.object["parentBranchId"]?.identifier ?? parentBranch(forkPoint: forkPoint, in: ref)
    let row = try saveBranch(branch, in: ref, .whole, parent: parent, forkPoint: forkPoint)
    try append(row, to: openList(.branches, of: ref.row))
    let mode = branch.object.string("contextMode") ?? seen.request?.string("contextMode") ?? "FULL"
    let inherited = mode == "FULL" ? try context(upTo: forkPoint, parent: parent, in: ref) : nil
    let list = try openList(.messages, branch.id, of: ref.row, complete: inherited?.complete ?? false)
    for member in inherited?.members ?? [] { try append(member, to: list) }
    _ = try openList(.checkpoints, branch.id, of: ref.row, complete: true)
    try moveToFront(ref)
  }

  private func parentBranch(forkPoint: String?, in ref: ConversationRef) throws -> String? {
    let own = try forkPoint.flatMap {
      try part.first("SELECT branch FROM message WHERE account = ? AND mid = ?", [part.account, $0])?[0] as String?
    }
    return try own ?? part.mainBranch(of: ref.row)
  }

  /// What a branch inherits: its parent's messages up to the fork point; nil: not known.
  private func context(
    upTo forkPoint: String?, parent: String?, in ref: ConversationRef
  ) throws -> (members: [Int64], complete: Bool)? {
    guard let forkPoint, let list = try part.messageList(branch: parent, of: ref.row),
      let row = try part.first("SELECT id FROM message WHERE account = ? AND mid = ?", [part.account, forkPoint])
    else { return nil }
    let members = try part.members(of: list)
    return members.firstIndex(of: try row[0]).map { (Array(members[...$0]), list.complete) }
  }

  private mutating func foldUpdate(_ seen: SeenWrite, branch id: String, in ref: ConversationRef) throws {
    let update = try seen.update("branch", id: id)
    let isKnown = try part.first("SELECT 1 FROM branch WHERE conversation = ? AND bid = ?", [ref.row, id]) != nil
    guard isKnown || update.object.contains("id") else { throw Unmirrored(reason: "the branch is not known") }
    _ = try saveBranch(Sighting(id: id, object: update.object), in: ref, .partial)
  }

  /// What a merge moves is the API's secret: its branch is kept, and the lists wait to be seen again.
  private mutating func foldMerge(_ seen: SeenWrite, in ref: ConversationRef) throws {
    try doubtLists(.messages, of: ref.row)
    try doubtLists(.branches, of: ref.row)
    let branch = try seen.entity("branch")
    let row = try saveBranch(branch, in: ref, .partial)
    try append(row, to: openList(.branches, of: ref.row))
    try moveToFront(ref)
  }

  // MARK: Checkpoints

  private mutating func foldCheckpoint(_ seen: SeenWrite, in ref: ConversationRef) throws {
    let checkpoint = try seen.entity("checkpoint")
    let branch = seen.request?["branchId"]?.identifier
    let row = try saveCheckpoint(checkpoint, in: ref, branch: branch)
    try append(row, to: openList(.checkpoints, of: ref.row))
    if let branch = checkpoint.object["branch_id"]?.identifier ?? branch {
      try append(row, to: openList(.checkpoints, branch, of: ref.row))
    }
  }

  private mutating func foldDelete(checkpoint id: String) throws {
    guard let ref = try part.conversation(ofCheckpoint: id),
      let row = try part.first("SELECT id FROM checkpoint WHERE account = ? AND kid = ?", [part.account, id])
    else { return }
    try hideCheckpoint(row[0], in: ref)
  }

  private mutating func foldRecreate(_ seen: SeenWrite, checkpoint id: String) throws {
    let checkpoint = try seen.entity("checkpoint")
    let named = checkpoint.object["conversation_id"]?.identifier
    guard let ref = try part.conversation(ofCheckpoint: id) ?? named.map({ try conversationRef($0) }) else {
      throw Unmirrored(reason: "the conversation of the checkpoint is not known")
    }
    let old = try part.first("SELECT id, branch FROM checkpoint WHERE account = ? AND kid = ?", [part.account, id])
    let row = try saveCheckpoint(checkpoint, in: ref, branch: old.flatMap { try $0[1] as String? })
    guard let old = try old?[0] as Int64?, old != row else { return }
    try replaceMember(old, with: row, in: .checkpoints, of: ref)
    try hideCheckpoint(old, in: ref)
  }
}
