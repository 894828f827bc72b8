import WireFormats

/// An answer as it is written: events with pieces of the text, then one with the whole message; may be iterated once.
///
///     for try await chunk in try await client.messages.stream(to: id, .init(content: "Hello")) {
///       print(chunk.content ?? "", terminator: "")
///     }
///
/// Leaving the loop, or cancelling the task, closes the connection.
public struct MessageStream: AsyncSequence, Sendable {
  public typealias Element = StreamChunk
  public typealias Failure = ChatRoutesError

  let body: TransportBody
  let conversationID: String
  let branchID: String?

  /// Starts reading.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(pieces: body.makeAsyncIterator(), conversationID: conversationID, branchID: branchID)
  }

  /// Reads to the end of the stream for the whole answer.
  /// - Returns: nil: the server ended the stream in good order without a whole message.
  public func completion() async throws(ChatRoutesError) -> SendMessageResponse? {
    var completion: SendMessageResponse?
    var chunks = makeAsyncIterator()
    while let chunk = try await chunks.next() { completion = chunk.completion ?? completion }
    return completion
  }

  /// Reads the events of a stream.
  public struct AsyncIterator: AsyncIteratorProtocol {
    /// nil: the stream is over, and the connection released.
    private var pieces: TransportBody.AsyncIterator?
    private let conversationID: String
    private let branchID: String?
    private var events = SSEDecoder()
    private var isComplete = false

    init(pieces: TransportBody.AsyncIterator, conversationID: String, branchID: String?) {
      self.pieces = pieces
      self.conversationID = conversationID
      self.branchID = branchID
    }

    /// The next event; nil: the server ended the stream in good order (`complete`, or `[DONE]`).
    /// - Throws: a network error when the stream breaks off before that.
    public mutating func next() async throws(ChatRoutesError) -> StreamChunk? {
      while pieces != nil {
        if let event = try nextEvent() {
          if let chunk = chunk(event) { return chunk }
        } else {
          try await readOn()
        }
      }
      return nil
    }

    private mutating func nextEvent() throws(ChatRoutesError) -> SSEEvent? {
      do {
        return try events.nextEvent()
      } catch {
        pieces = nil
        throw ChatRoutesError.invalidResponse(status: 200, "The stream cannot be read: \(error)")
      }
    }

    /// nil: the event is the end, or (as for the official clients) nothing to hand on.
    private mutating func chunk(_ event: SSEEvent) -> StreamChunk? {
      if event.data.elementsEqual("[DONE]".utf8) {
        pieces = nil
        return nil
      }
      guard let json = try? JSONValue(parsing: event.data), var chunk = StreamChunk(json: json) else { return nil }
      if chunk.type == .complete {
        isComplete = true
        chunk.message = chunk.message.map(placed)
      }
      return chunk
    }

    /// The message with its place in the conversation, which the server leaves to the request.
    private func placed(_ message: Message) -> Message {
      var message = message
      message.conversationId = message.conversationId ?? conversationID
      message.branchId = message.branchId ?? branchID
      return message
    }

    private mutating func readOn() async throws(ChatRoutesError) {
      do {
        if let piece = try await pieces?.next() { return events.feed(piece) }
      } catch {
        pieces = nil
        // The message is whole: how the connection ends after it does not matter.
        if isComplete { return }
        throw ChatRoutesError(error)
      }
      pieces = nil
      if !isComplete {
        let error = TransportError(.connectionLost, "the stream has no end", requestMayHaveTakenEffect: true)
        throw ChatRoutesError(error)
      }
    }
  }
}
