internal import MirrorStore
internal import Synchronization

/// What is read off one stream, beside the relay: the decoder's copy and the tape. Fed in order by whoever has the bytes:
/// the thread that reads upstream's socket while events go straight to the client, else the stream's task.
final class StreamIntake: Sendable {
  private struct State: ~Copyable {
    var copy: StreamCopy
    var tape: StreamTape
    /// So many bytes were fed before they came to the stream's task.
    var fedAhead = 0

    mutating func feed(_ piece: [UInt8]) {
      copy.feed(piece)
      tape.add(piece)
    }
  }

  private let state: Mutex<State>

  init(_ copy: consuming sending StreamCopy, _ tape: StreamTape) {
    state = Mutex(State(copy: copy, tape: tape))
  }

  /// Feeds a piece and sends it straight to the client. The terminal event is not sent so: the mirror comes first.
  /// - Returns: false: it is not sent, and comes to the stream's task.
  func passOn(_ piece: [UInt8], through pipe: RelayPipe) -> Bool {
    guard pipe.isLent else { return false }
    return state.withLock { state in
      state.feed(piece)
      if !state.copy.hasCompletion, pipe.deliver(piece) { return true }
      state.fedAhead = piece.count
      return false
    }
  }

  /// Feeds a piece that came to the stream's task.
  /// - Returns: the JSON text of the `complete` event, when it ended in this piece.
  func take(_ piece: [UInt8]) -> [UInt8]? {
    state.withLock { state in
      let fed = min(state.fedAhead, piece.count)
      state.fedAhead -= fed
      if fed < piece.count { state.feed(fed == 0 ? piece : Array(piece[fed...])) }
      return state.copy.takeCompletion()
    }
  }

  /// What becomes of a stream that is over; nil: it came to its `complete` event.
  /// - Parameter ending: why it is over.
  func remains(_ ending: StreamOutcome) -> Remains? {
    state.withLock { state in
      if state.copy.isComplete { return nil }
      // Of a coding that is not understood here: it may well have been whole.
      if state.copy.isUnreadable { return .unreadable }
      return .draft(state.copy.isTruncated ? .truncated : ending, text: state.copy.text, model: state.copy.model)
    }
  }

  /// What is left of a stream without its `complete` event.
  enum Remains {
    case unreadable
    case draft(StreamOutcome, text: String, model: String?)
  }

  /// The recording so far.
  var tape: StreamTape { state.withLock { $0.tape } }
}
