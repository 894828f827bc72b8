internal import Synchronization

/// Takes the body of a streamed answer, piece by piece.
///
/// One task at a time, and only until the closure that received it returns: later writes throw `.requestOver`.
public struct BodyWriter: Sendable {
  private let destination: Destination

  private enum Destination: Sendable {
    case connection(Connection, number: UInt64)
    case closure(@Sendable ([UInt8]) async throws -> Void)
  }

  init(connection: Connection, number: UInt64) {
    destination = .connection(connection, number: number)
  }

  /// A writer that hands every piece to a closure, for answers that go over no connection.
  public init(_ take: @escaping @Sendable ([UInt8]) async throws -> Void) {
    destination = .closure(take)
  }

  /// Sends a piece and returns when the kernel took all of it; no bytes: returns at once.
  ///
  /// Cancelling the task does not end the wait; the peer, the write-stall timeout and the end of a drain do.
  /// - Throws: `ConnectionError`: `.clientGone`, `.writeStalled`, `.lengthMismatch`.
  public func write(_ bytes: [UInt8]) async throws {
    guard !bytes.isEmpty else { return }
    switch destination {
    case .closure(let take): try await take(bytes)
    case .connection(let connection, let number):
      try await connection.onLoop { () throws(ConnectionError) in try await connection.write(bytes, of: number) }
    }
  }

  /// Lends the way to the client's socket to other threads, for pieces that come while the caller waits for something
  /// else. The caller ends the loan with ``takeBack(_:)`` before it writes or lends again.
  /// - Returns: nil: not now, or not for this answer (its length is promised, or the caller is not on the connection's
  ///   loop); ``write(_:)`` is the way then.
  public func lend() -> DirectWriter? {
    guard case .connection(let connection, let number) = destination, connection.loop.isPreferredByCurrentTask
    else { return nil }
    return connection.lend(for: number)
  }

  /// Ends the loan, and sends what the kernel did not take from it.
  /// - Throws: As ``write(_:)``.
  public func takeBack(_ direct: DirectWriter) async throws {
    guard case .connection(let connection, let number) = destination else { return }
    try await connection.onLoop { () throws(ConnectionError) in try await connection.takeBack(direct, of: number) }
  }

  /// Whether nothing can reach the client any more. A client that closed without a reset is noticed by the first write.
  public var clientIsGone: Bool {
    switch destination {
    case .closure: false
    case .connection(let connection, _): connection.socket.isGone.load(ordering: .relaxed)
    }
  }
}
