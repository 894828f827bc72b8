internal import MirrorStore
internal import Synchronization

/// What was asked of upstream and what came of it, by kind of call. It holds no ids.
final class UpstreamTally: Sendable {
  /// A kind of call with one of its outcomes.
  struct Key: Hashable, Sendable {
    /// `Endpoint.label`.
    let endpoint: String
    /// The status of the answer, or the kind of failure, such as `refused`.
    let outcome: String
  }

  /// At most: some twenty kinds, and the statuses and failures that there are.
  private let counts = Mutex<[Key: UInt64]>([:])
  private let times = Endpoint.Effect.allCases.map { _ in Histogram() }

  func add(_ endpoint: Endpoint, outcome: String, after duration: Duration) {
    let key = Key(endpoint: endpoint.label, outcome: outcome)
    counts.withLock { $0[key, default: 0] += 1 }
    self.times(endpoint.effect).observe(duration)
  }

  /// In a fixed order.
  var all: [(key: Key, count: UInt64)] {
    counts.withLock { $0 }.map { (key: $0.key, count: $0.value) }
      .sorted { ($0.key.endpoint, $0.key.outcome) < ($1.key.endpoint, $1.key.outcome) }
  }

  /// How long upstream took until the head of its answer, or until it failed.
  func times(_ effect: Endpoint.Effect) -> Histogram { times[Endpoint.Effect.allCases.firstIndex(of: effect)!] }
}

extension Endpoint {
  /// What kind of call it is, for metrics: a fixed set of words.
  var label: String {
    switch self {
    case .read(let read):
      switch read {
      case .conversations: "list_conversations"
      case .conversation: "get_conversation"
      case .tree: "get_tree"
      case .messages: "list_messages"
      case .branches: "list_branches"
      case .branchMessages: "list_branch_messages"
      case .checkpoints: "list_checkpoints"
      }
    case .write(let write):
      switch write {
      case .createConversation: "create_conversation"
      case .updateConversation: "update_conversation"
      case .deleteConversation: "delete_conversation"
      case .send: "send_message"
      case .updateMessage: "update_message"
      case .deleteMessage: "delete_message"
      case .createBranch: "create_branch"
      case .fork: "fork"
      case .updateBranch: "update_branch"
      case .deleteBranch: "delete_branch"
      case .mergeBranch: "merge_branch"
      case .createCheckpoint: "create_checkpoint"
      case .deleteCheckpoint: "delete_checkpoint"
      case .recreateCheckpoint: "recreate_checkpoint"
      }
    case .stream: "stream_message"
    case .unknown: "other"
    }
  }

  /// What times are told apart by.
  enum Effect: String, CaseIterable, Sendable {
    case read, write, stream, other
  }

  var effect: Effect {
    switch self {
    case .read: .read
    case .write: .write
    case .stream: .stream
    case .unknown: .other
    }
  }
}
