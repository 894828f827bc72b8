public import WireFormats

/// What can go wrong between a handler and its client.
public enum ConnectionError: Error, Sendable, Equatable {
  /// The connection was closed or reset by the client, or cut at the end of a drain.
  case clientGone
  /// The client took nothing for as long as `ServerConfiguration.writeStallTimeout`.
  case writeStalled
  /// The client sent nothing of the body for as long as `ServerConfiguration.bodyProgressTimeout`.
  case bodyStalled
  /// The client closed its side before the body was complete.
  case bodyTruncated
  /// The body's framing is broken, or it is over the limit.
  case bodyMalformed(HTTPParseError)
  /// More than the reader wanted.
  case bodyTooLong(bytesMax: UInt64)
  /// More or fewer bytes were written than the length that the head promised.
  case lengthMismatch(promised: Int64)
  /// The request was already answered: body and writer are of no use any more.
  case requestOver
}

extension ConnectionError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .clientGone: "the client closed the connection"
    case .writeStalled: "the client stopped reading the answer"
    case .bodyStalled: "the client stopped sending the request body"
    case .bodyTruncated: "the client closed the connection within the request body"
    case .bodyMalformed(let error): "the request body cannot be read: \(error.message)"
    case .bodyTooLong(let bytesMax): "the request body is longer than \(bytesMax) bytes"
    case .lengthMismatch(let promised): "the answer's body is not the \(promised) bytes that its head promised"
    case .requestOver: "the request was already answered"
    }
  }
}
