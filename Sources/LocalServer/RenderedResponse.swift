public import HTTPTypes
internal import WireFormats

/// A whole answer encoded once and sent many times, without looking at its fields again.
public final class RenderedResponse: Sendable {
  /// Status and fields, without those that the server writes itself.
  public let head: HTTPResponse
  /// The body's bytes.
  public let body: [UInt8]
  /// Status line and all field lines that do not change from use to use.
  let prefix: [UInt8]
  let hasDate: Bool
  /// `head.status`, which is made anew each time it is asked for.
  let status: HTTPResponse.Status

  public init(head: HTTPResponse, body: [UInt8]) {
    self.head = head.withoutFraming()
    self.body = body
    status = head.status
    hasDate = head.headerFields.contains(.date)
    var prefix: [UInt8] = []
    ResponseEncoder.appendHead(self.head, to: &prefix)
    if !status.forbidsBody { prefix.appendContentLength(Int64(body.count)) }
    self.prefix = prefix
  }

  /// About what the answer holds in memory.
  public var byteCount: Int { prefix.count + body.count }
}

/// An answer rendered before, and what is special about this use of it.
public struct ReadyAnswer: Sendable {
  let rendered: RenderedResponse
  /// Whole field lines with CRLF that this use adds.
  public let extraFields: [UInt8]

  /// - Parameter extraFields: Whole field lines with CRLF, like `Age: 3\r\n`.
  public init(_ rendered: RenderedResponse, extraFields: [UInt8] = []) {
    self.rendered = rendered
    self.extraFields = extraFields
  }
}
