internal import LocalServer
internal import Synchronization
internal import WireFormats

/// A request's body on its way upstream that remembers why it could not be read: the transport only tells that it could
/// not, and the client is to learn whether it was too slow or too long.
struct ClientBody: AsyncSequence, Sendable {
  fileprivate final class Outcome: Sendable {
    let failure = Mutex<ConnectionError?>(nil)
  }

  private let body: RequestBody
  private let outcome = Outcome()

  init(_ body: RequestBody) { self.body = body }

  var framing: BodyFraming { body.framing }
  var failure: ConnectionError? { outcome.failure.withLock { $0 } }

  func makeAsyncIterator() -> Iterator { Iterator(pieces: body.makeAsyncIterator(), outcome: outcome) }

  struct Iterator: AsyncIteratorProtocol {
    fileprivate var pieces: RequestBody.Iterator
    fileprivate let outcome: Outcome

    mutating func next() async throws -> [UInt8]? {
      do { return try await pieces.next() } catch {
        outcome.failure.withLock { $0 = error as? ConnectionError }
        throw error
      }
    }
  }
}
