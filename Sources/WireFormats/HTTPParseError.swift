/// Why bytes are not a message that is accepted here, and which status says so.
///
/// After any of these the connection must be closed once the answer is out: where the next message begins is unknown.
/// No case carries input, so a description can go into an answer or a log.
public enum HTTPParseError: Error, Sendable, Equatable {
  /// The request line does not begin with a token and a space (RFC 9112 §3.1): often TLS on a plain port.
  case invalidMethod
  /// RFC 9112 §3 asks for 501 when a method is longer than any that is implemented.
  case methodTooLong(limit: Int)
  /// CONNECT and TRACE. Not 405: that would need an Allow field (RFC 9110 §15.5.6) for every resource behind.
  case methodNotImplemented
  /// The target is empty, has a byte that is not visible ASCII, or is in none of the forms of RFC 9112 §3.2.
  case invalidTarget
  case targetTooLong(limit: Int)
  /// The request line does not end with `HTTP/` digit `.` digit, one space before it (RFC 9112 §2.3).
  case invalidVersion
  /// A well-formed version whose major number is not 1, as in the preface of HTTP/2.
  case unsupportedVersion
  /// A CR without LF or an LF without CR in the head or in trailers (RFC 9112 §2.2).
  case invalidLineEnd
  case tooManyEmptyLines(limit: Int)

  /// A field line does not begin with a token and a colon (RFC 9112 §5).
  case invalidFieldName
  /// `Name : value` (RFC 9112 §5.1): others have read such names differently.
  case whitespaceBeforeColon
  /// A line that begins with whitespace: obsolete folding (RFC 9112 §5.2) or whitespace behind the request line (§2.2).
  case foldedField
  /// A control character other than tab in a value (RFC 9110 §5.5).
  case invalidFieldValue
  case fieldTooLong(limit: Int)
  case tooManyFields(limit: Int)
  case headTooLong(limit: Int)

  /// HTTP/1.1 without a Host field (RFC 9112 §3.2).
  case missingHost
  /// More than one Host field, even if they agree (RFC 9112 §3.2).
  case repeatedHost
  /// A Host field that is neither empty nor a host with an optional port (RFC 9110 §7.2).
  case invalidHost

  /// Not only decimal digits, or a number beyond 64 bits (RFC 9112 §6.3).
  case invalidContentLength
  /// Several lengths, even if they agree, or a length beside a transfer coding (RFC 9112 §6.3): request smuggling.
  case conflictingFraming
  /// `chunked` is not the last coding or not the only `chunked`, or the version is 1.0 (RFC 9112 §6.1, §6.3).
  case invalidTransferEncoding
  /// A coding below the final `chunked` (RFC 9112 §6.1).
  case unsupportedTransferEncoding
  case bodyTooLong(limit: UInt64)

  /// A chunk's size, extension or line end is malformed (RFC 9112 §7.1).
  case invalidChunk
  case chunkLineTooLong(limit: Int)
  /// Too many chunk-size bytes for too little data, see ``HTTPLimits/chunkOverheadBytesMax``.
  case tooMuchChunkOverhead(limit: Int)
  case trailersTooLong(limit: Int)

  /// The status to answer with.
  public var status: Int {
    switch self {
    case .bodyTooLong: 413
    case .targetTooLong: 414
    case .fieldTooLong, .tooManyFields, .headTooLong, .trailersTooLong: 431
    case .methodTooLong, .methodNotImplemented, .unsupportedTransferEncoding: 501
    case .unsupportedVersion: 505
    default: 400
    }
  }

  /// What is wrong and what would be right, in one sentence or two, without any of the input.
  public var message: String {
    switch self {
    case .invalidMethod:
      "the request does not begin with a method. Is the client speaking TLS or another protocol to this plain HTTP port?"
    case .methodTooLong(let limit):
      "the method is longer than \(limit) bytes."
    case .methodNotImplemented:
      "CONNECT and TRACE are not implemented. Configure this address as the API's base URL, not as an HTTP proxy."
    case .invalidTarget:
      "the request target is not valid. Send a path that begins with / and percent-encode spaces and non-ASCII bytes."
    case .targetTooLong(let limit):
      "the request target is longer than \(limit) bytes. Move data from the query to the body."
    case .invalidVersion:
      "the request line does not end with a version like HTTP/1.1."
    case .unsupportedVersion:
      "this HTTP version is not supported. Use HTTP/1.1."
    case .invalidLineEnd:
      "a line does not end with CR LF."
    case .tooManyEmptyLines(let limit):
      "more than \(limit) empty lines precede the request line."
    case .invalidFieldName:
      "a header field line does not begin with a name and a colon."
    case .whitespaceBeforeColon:
      "whitespace stands between a header field's name and its colon."
    case .foldedField:
      "a header line begins with whitespace. Send each field on a single line."
    case .invalidFieldValue:
      "a header field's value contains a control character."
    case .fieldTooLong(let limit):
      "a header field line is longer than \(limit) bytes. Send a shorter cookie or credential."
    case .tooManyFields(let limit):
      "there are more than \(limit) header fields."
    case .headTooLong(let limit):
      "the request's head is longer than \(limit) bytes. Send fewer or shorter header fields."
    case .missingHost:
      "the Host field is missing. HTTP/1.1 requires it."
    case .repeatedHost:
      "there is more than one Host field."
    case .invalidHost:
      "the Host field is not a host with an optional port."
    case .invalidContentLength:
      "Content-Length is not a single decimal number."
    case .conflictingFraming:
      "several fields state the body's length. Send one Content-Length, or Transfer-Encoding: chunked, but not both."
    case .invalidTransferEncoding:
      "Transfer-Encoding does not end the body with a single chunked coding, or HTTP/1.0 was used with it."
    case .unsupportedTransferEncoding:
      "the transfer coding is not supported. Use chunked alone."
    case .bodyTooLong(let limit):
      "the body is longer than \(limit) bytes."
    case .invalidChunk:
      "a chunk of the body is malformed."
    case .chunkLineTooLong(let limit):
      "a chunk-size line is longer than \(limit) bytes. Send no chunk extensions."
    case .tooMuchChunkOverhead(let limit):
      "chunk-size lines exceed the data by more than \(limit) bytes. Send larger chunks without extensions."
    case .trailersTooLong(let limit):
      "the trailer section is longer than \(limit) bytes."
    }
  }
}

extension HTTPParseError: CustomStringConvertible {
  public var description: String { "\(status): \(message)" }
}
