import Crypto
import Foundation

/// One message, deleted ones included.
struct Message: Sendable {
  let id: String
  let conversationID: String
  let branchID: String
  let parentID: String?
  let role: String
  var content: String
  /// The model that wrote it; nil for a user's message.
  let model: String?
  let metadata: JSON?
  let createdAt: Timestamp
  var updatedAt: Timestamp?
  var version = 1
  var deletedAt: Timestamp?

  /// SHA-256 over the documented members in their documented order, absent ones as null.
  var contentHash: String {
    let hashed: JSON = [
      "v": 1, "role": .string(role), "content": .string(content), "model": JSON(model),
      "parentMessageId": JSON(parentID), "branchId": .string(branchID), "createdAt": .string(createdAt.text),
    ]
    return hex(SHA256.hash(data: Data(hashed.bytes)))
  }

  var json: JSON {
    let head: JSON = [
      "id": .string(id), "conversationId": .string(conversationID), "branchId": .string(branchID),
      "parentMessageId": JSON(parentID), "role": .string(role), "content": .string(content),
      "tokenCount": .int(tokenCount), "contentHash": .string(contentHash), "version": .int(version),
      "createdAt": .string(createdAt.text),
    ]
    return head.adding("updatedAt", updatedAt.map { .string($0.text) }).adding("metadata", metadata)
  }

  /// The few members that a stream's `complete` event documents.
  var shortJSON: JSON {
    [
      "id": .string(id), "role": .string(role), "content": .string(content), "tokenCount": .int(tokenCount),
      "createdAt": .string(createdAt.text),
    ]
  }

  var tokenCount: Int { max(1, LanguageModel.tokens(of: content).count) }
}

/// How much of its parent a branch shows before its own messages.
enum ContextMode: String, Sendable {
  /// The parent's list up to and including the fork point.
  case full = "FULL"
  /// The last ten of these.
  case partial = "PARTIAL"
  /// The fork point alone.
  case minimal = "MINIMAL"
}

/// One line of a conversation; the first of a conversation is its main branch.
struct Branch: Sendable {
  let id: String
  let parentID: String?
  let forkPointID: String?
  var title: String
  var description: String?
  var contextMode: ContextMode
  var isActive = true
  let createdAt: Timestamp
  var updatedAt: Timestamp
  var mergedAt: Timestamp?
  /// Its own messages in order, deleted ones included; inherited ones are not repeated here.
  var own: [String] = []

  var isMain: Bool { parentID == nil }

  /// - Parameter messageCount: length of the branch's shown list.
  func json(conversationID: String, messageCount: Int) -> JSON {
    let head: JSON = [
      "id": .string(id), "conversationId": .string(conversationID), "parentBranchId": JSON(parentID),
      "forkPointMessageId": JSON(forkPointID), "title": .string(title),
    ]
    let tail: JSON = [
      "contextMode": .string(contextMode.rawValue), "isMain": .bool(isMain), "isActive": .bool(isActive),
      "createdAt": .string(createdAt.text), "updatedAt": .string(updatedAt.text), "messageCount": .int(messageCount),
    ]
    return head.adding("description", description.map(JSON.string)).merging(tail)
      .adding("mergedAt", mergedAt.map { .string($0.text) })
  }
}

/// A summary of a branch up to one message; the API writes these in snake_case.
struct Checkpoint: Sendable {
  let id: String
  let conversationID: String
  let branchID: String
  let anchorID: String
  var summary: String
  var createdAt: Timestamp

  var json: JSON {
    [
      "id": .string(id), "conversation_id": .string(conversationID), "branch_id": .string(branchID),
      "anchor_message_id": .string(anchorID), "summary": .string(summary),
      "token_count": .int(LanguageModel.tokens(of: summary).count), "created_at": .string(createdAt.text),
    ]
  }
}
