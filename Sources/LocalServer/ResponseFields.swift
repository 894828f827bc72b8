internal import HTTPTypes

extension HTTPResponse {
  /// Without the fields that say how the message is framed on this connection.
  func withoutFraming() -> HTTPResponse {
    var head = self
    for name in [HTTPField.Name.connection, .contentLength, .transferEncoding] where headerFields.contains(name) {
      head.headerFields[fields: name] = []
    }
    return head
  }
}

extension Response {
  /// Whether the handler wants the connection to end with this answer: `Connection: close` in its head.
  var asksToClose: Bool {
    if case .rendered = body { return false }
    return head.headerFields[.connection]?.lowercased() == "close"
  }
}

extension Response {
  /// Whether it ends the request (RFC 9110 §15.2: 1xx do not).
  var isFinal: Bool {
    if case .rendered(let ready) = body { return ready.rendered.status.code >= 200 }
    return head.status.code >= 200
  }
}

extension HTTPResponse.Status {
  /// 1xx, 204 and 304 end with their head (RFC 9112 §6.3).
  var forbidsBody: Bool { code == 204 || code == 304 || code < 200 }
}

extension [UInt8] {
  mutating func append(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func appendContentLength(_ length: Int64) {
    append("Content-Length: ")
    append(contentsOf: String(length).utf8)
    append("\r\n")
  }
}
