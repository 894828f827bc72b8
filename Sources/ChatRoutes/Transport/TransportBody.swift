import AsyncHTTPClient
import NIOCore

/// The bytes of a response body in the pieces in which they arrive; may be iterated once.
///
/// Ends only when the body is complete; a body that is cut short throws. Reading is back-pressured: what nobody asks for
/// stays in the socket. Letting go of the body or its iterator before the end closes the connection.
public struct TransportBody: AsyncSequence, Sendable {
  public typealias Element = [UInt8]
  public typealias Failure = TransportError

  private let makePieces: @Sendable () -> Pieces
  private var attempt: Attempt?

  /// The next piece, nil at the end.
  typealias Pieces = () async throws -> [UInt8]?

  /// Deals with a piece where it arrives; false: it does not, and the piece goes to the iterator.
  public typealias Shortcut = @Sendable ([UInt8]) -> Bool

  /// A body that is already here, as one piece.
  public init(_ bytes: [UInt8]) {
    makePieces = {
      var rest = bytes
      return {
        defer { rest = [] }
        return rest.isEmpty ? nil : rest
      }
    }
  }

  /// A body made of pieces from elsewhere. Errors other than `TransportError` become `.connectionLost`.
  public init<Pieces: AsyncSequence & Sendable>(_ pieces: Pieces) where Pieces.Element == [UInt8] {
    makePieces = {
      var iterator = pieces.makeAsyncIterator()
      return { try await iterator.next() }
    }
  }

  init(upstream body: HTTPClientResponse.Body, of attempt: Attempt) {
    self.attempt = attempt
    makePieces = {
      var iterator = body.makeAsyncIterator()
      var inHand = 0
      return {
        attempt.dealtWith(inHand)
        inHand = 0
        do {
          if let piece = try await iterator.next() {
            inHand = piece.readableBytes
            return Array(piece.readableBytesView)
          }
          attempt.isOver()
          return nil
        } catch {
          attempt.isOver()
          throw attempt.failure(error)
        }
      }
    }
  }

  /// Offers the pieces that arrive from the network from now on to a closure, before they are queued for the iterator: a
  /// relay saves two changes of threads for each.
  ///
  /// The closure runs on the thread that reads the socket and must not block. It is offered a piece only when all before it
  /// are dealt with: taken here, or given by the iterator, which was then asked for the next. The end and errors come to
  /// the iterator alone. A body that does not come from the network offers nothing.
  public func offerPieces(to shortcut: @escaping Shortcut) { attempt?.offerPieces(to: shortcut) }

  /// Starts reading.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(nextPiece: makePieces()) }

  /// Reads the body; piece boundaries have no meaning.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let nextPiece: Pieces

    /// The next bytes, never empty; nil once the body is complete.
    /// - Throws: `.bodyIdle`, `.connectionLost`, `.badResponse`, `.cancelled`.
    public mutating func next() async throws(TransportError) -> [UInt8]? {
      do {
        while let piece = try await nextPiece() {
          if !piece.isEmpty { return piece }
        }
      } catch {
        throw TransportError(classifying: error, requestMayHaveTakenEffect: true)
      }
      if Task.isCancelled { throw TransportError(.cancelled, requestMayHaveTakenEffect: true) }
      return nil
    }
  }

  /// The whole body.
  /// - Throws: `.badResponse` when it is longer than `bytesMax`; else as ``AsyncIterator/next()``.
  public func collect(upTo bytesMax: Int) async throws(TransportError) -> [UInt8] {
    var bytes: [UInt8] = []
    var iterator = makeAsyncIterator()
    while let piece = try await iterator.next() {
      guard bytes.count + piece.count <= bytesMax else {
        throw TransportError(.badResponse, "the body is longer than \(bytesMax) bytes", requestMayHaveTakenEffect: true)
      }
      bytes += piece
    }
    return bytes
  }
}
