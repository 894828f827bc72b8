public import WireFormats

/// One request as it came in: its head as received, its body still to be read.
public struct Request: Sendable {
  /// The request line and the fields, verbatim.
  public let head: RequestHead
  /// The body; nothing of it is read from the socket before it is asked for.
  public let body: RequestBody
  /// Who sent it.
  public let peer: Peer

  public init(head: RequestHead, body: RequestBody, peer: Peer) {
    self.head = head
    self.body = body
    self.peer = peer
  }
}
