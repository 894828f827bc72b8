internal import Synchronization
public import WireFormats

/// One request as it came in: its head as received, its body still to be read.
public struct Request: Sendable {
  /// The request line and the fields, verbatim.
  public let head: RequestHead
  /// The body; nothing of it is read from the socket before it is asked for.
  public let body: RequestBody
  /// Who sent it.
  public let peer: Peer

  private let connection: Connection?

  public init(head: RequestHead, body: RequestBody, peer: Peer) {
    self.init(head: head, body: body, peer: peer, connection: nil)
  }

  init(head: RequestHead, body: RequestBody, peer: Peer, connection: Connection?) {
    self.head = head
    self.body = body
    self.peer = peer
    self.connection = connection
  }

  /// The event loop of the client's connection: work that only hands bytes to the client costs least there, since it changes
  /// no thread. It must not block, like a handler. nil: the request came over no connection.
  public var executor: (any TaskExecutor)? { connection?.loop }

  /// Whether the client has closed at least its sending side: it may have hung up, or only said that nothing more comes
  /// (RFC 9112 §9.6 lets it wait for the answer all the same). May be asked from any thread.
  public var clientHasFinishedSending: Bool {
    connection?.socket.hasEnded.load(ordering: .relaxed) ?? false
  }
}
