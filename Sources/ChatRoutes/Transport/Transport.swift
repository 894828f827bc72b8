public import HTTPTypes

/// Sends requests to one origin: the seam between this library and the network.
///
/// ``HTTPTransport`` is the real one; tests and offline demonstrations supply their own.
public protocol Transport: Sendable {
  /// Sends one request and returns as soon as the head of the final response (never a 1xx) is there.
  ///
  /// A request is put on the wire at most once, with one exception: GET, HEAD and OPTIONS are sent a second time when a
  /// reused connection turns out to have been closed by the origin before it answered anything.
  /// - Throws: `TransportError`, also when the current task is cancelled (`.cancelled`).
  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse

  /// Opens a connection (TCP, and TLS where the origin uses it) and closes it again: spends no API call.
  /// - Throws: why the origin cannot be reached, `.connectTimeout` after `timeout`.
  func probe(timeout: Duration) async throws(TransportError)
}

/// A request as it is to appear on the wire.
public struct TransportRequest: Sendable {
  /// Where the bytes after the head come from.
  public enum Body: Sendable {
    /// No body: `Content-Length: 0` for POST, PUT and PATCH, no framing field for any other method.
    case none
    /// These bytes, framed by `Content-Length`, also when there are none.
    case bytes([UInt8])
    /// Bytes as the sequence delivers them, read only as fast as the origin accepts them: framed by `Content-Length` when
    /// the length is known, else chunked. A sequence that throws, or delivers another number of bytes, fails the request.
    case stream(length: Int64?, any AsyncSequence<[UInt8], any Error> & Sendable)
  }

  /// An HTTP method token; the case matters.
  public var method: String

  /// The request target in origin form (`/path?query`), sent byte for byte: nothing is decoded, encoded or normalised.
  public var target: String

  /// The fields in the order, case and number in which they are sent. `Host`, `Content-Length` and `Transfer-Encoding`
  /// are left out and derived from the origin and `body`.
  public var fields: HTTPFields

  /// What follows the head.
  public var body: Body

  /// Bound for name resolution, TCP and TLS together. A pooled connection takes none of it.
  public var connectTimeout: Duration

  /// Bound for the silence before the response head, counted from the last byte of the request; also for how long the
  /// origin may refuse to take more of the body. A body that is slow to come does not count.
  public var headTimeout: Duration

  /// Bound for a silence within the response body, counted only while the origin is asked for more: never while the
  /// consumer of the body pauses.
  public var bodyIdleTimeout: Duration

  /// A request with the time bounds of the official clients (30 s) and 10 s to connect.
  public init(
    method: String, target: String, fields: HTTPFields = [:], body: Body = .none,
    connectTimeout: Duration = .seconds(10), headTimeout: Duration = .seconds(30),
    bodyIdleTimeout: Duration = .seconds(30)
  ) {
    self.method = method
    self.target = target
    self.fields = fields
    self.body = body
    self.connectTimeout = connectTimeout
    self.headTimeout = headTimeout
    self.bodyIdleTimeout = bodyIdleTimeout
  }

  /// Whether the method promises to change nothing (GET, HEAD, OPTIONS; RFC 9110 §9.2.1): such a request may be repeated.
  public var isSafe: Bool { method == "GET" || method == "HEAD" || method == "OPTIONS" }
}

/// The head of a response, and its body as it arrives.
public struct TransportResponse: Sendable {
  /// The status code, 200 or higher, or 101. A custom reason phrase is lost.
  public var status: Int

  /// The fields in order, with case and duplicates as received, hop-by-hop fields included. Bytes that are not UTF-8
  /// arrive as U+FFFD: the HTTP decoder below makes strings of values.
  public var fields: HTTPFields

  /// The body bytes as sent (content codings untouched, chunked framing removed; trailers are dropped).
  public var body: TransportBody

  /// A response; scripted transports make their own.
  public init(status: Int, fields: HTTPFields = [:], body: TransportBody = TransportBody([])) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}
