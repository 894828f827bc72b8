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

  /// The next piece, nil at the end.
  typealias Pieces = () async throws -> [UInt8]?

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
    makePieces = {
      var iterator = body.makeAsyncIterator()
      return {
        do {
          if let piece = try await iterator.next() { return Array(piece.readableBytesView) }
          attempt.isOver()
          return nil
        } catch {
          attempt.isOver()
          throw attempt.failure(error)
        }
      }
    }
  }

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
