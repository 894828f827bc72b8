public import HTTPTypes

/// An answer to one request.
///
/// The server adds `Date` if there is none, and always writes `Connection`, `Content-Length` and `Transfer-Encoding`
/// itself: copies in the head are dropped, except a `Content-Length` in an answer to HEAD that has no body here.
/// `Connection: close` in the head ends the connection with this answer.
public struct Response: Sendable {
  /// Status and fields. The status is 200 or above; anything else counts as a failure of the handler (500).
  public var head: HTTPResponse
  public var body: Body

  public init(head: HTTPResponse, body: Body = .empty) {
    self.head = head
    self.body = body
  }

  /// A small answer in one line.
  public init(status: HTTPResponse.Status, fields: HTTPFields = [:], body: Body = .empty) {
    self.init(head: HTTPResponse(status: status, headerFields: fields), body: body)
  }

  /// An answer rendered before.
  public init(_ ready: ReadyAnswer) {
    self.init(head: ready.rendered.head, body: .rendered(ready))
  }

  /// What follows the head. Never sent in an answer to HEAD, nor with status 204 or 304.
  public enum Body: Sendable {
    case empty
    case bytes([UInt8])
    /// Written piece by piece; the next piece is asked for when the client took the last. A known length must be met
    /// exactly. Without one the body is chunked; to HTTP/1.0 it ends with the connection. If the closure throws, the
    /// connection is cut so that the client sees a broken body. Not called when no body is sent.
    case stream(length: Int64?, @Sendable (BodyWriter) async throws -> Void)
    /// Everything encoded before; the response's own `head` is not looked at.
    case rendered(ReadyAnswer)
  }
}
