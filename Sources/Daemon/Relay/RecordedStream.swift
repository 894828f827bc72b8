internal import MirrorStore

/// A stream as the mirror gets it.
struct RecordedStream: Sendable {
  enum Ending: Sendable {
    /// The JSON text of the `complete` event.
    case complete([UInt8])
    case broken(StreamOutcome)
  }

  let conversation: String
  let requestBody: [UInt8]
  var text = ""
  var model: String?
  var ending: Ending

  /// What came of the answer.
  var bytes: [UInt8] { if case .complete(let event) = ending { event } else { Array(text.utf8) } }
  var byteCount: Int { requestBody.count + bytes.count }
}
