import Synchronization

/// A body in given pieces.
struct Pieces: AsyncSequence, Sendable {
  typealias Element = [UInt8]
  typealias Failure = any Error

  let pieces: [[UInt8]]
  /// Thrown after the last piece.
  let error: (any Error)?

  init(_ pieces: [String], then error: (any Error)? = nil) {
    self.pieces = pieces.map { Array($0.utf8) }
    self.error = error
  }

  init(bytes pieces: [[UInt8]], then error: (any Error)? = nil) {
    (self.pieces, self.error) = (pieces, error)
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: pieces[...], error: error) }

  struct AsyncIterator: AsyncIteratorProtocol {
    var rest: ArraySlice<[UInt8]>
    let error: (any Error)?

    mutating func next() async throws -> [UInt8]? {
      if let piece = rest.popFirst() { return piece }
      if let error { throw error }
      return nil
    }
  }
}

final class Counter: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }

  func increment() { count.withLock { $0 += 1 } }
}
