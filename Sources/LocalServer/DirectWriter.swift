internal import Synchronization
internal import WireFormats

/// Writes pieces of a streamed body to the client's socket on the thread that has them: two changes of threads less for
/// each than through the connection's loop.
///
/// The loop lends it while it has nothing of its own to send (``BodyWriter/lend()``) and takes it back before it writes
/// again or the answer ends; between the two, the loop leaves the socket's sending side alone.
public final class DirectWriter: Sendable {
  /// What became of a piece.
  public enum Outcome: Sendable {
    /// The kernel has all of it.
    case sent
    /// The kernel has a part of it or nothing; the rest waits here for the loop, which is now due to take the writer back.
    case kept
    /// Nothing of it was taken: the loan is over.
    case refused
  }

  private struct State {
    var isOpen = true
    /// The piece with its framing; after a write, what the kernel did not take.
    var bytes: [UInt8] = []
  }

  private let state = Mutex(State())
  /// Open as long as the loan: the connection takes it back before it closes.
  private let descriptor: CInt
  private let isChunked: Bool

  init(_ descriptor: CInt, isChunked: Bool) {
    (self.descriptor, self.isChunked) = (descriptor, isChunked)
  }

  /// Sends a piece, not empty, without ever waiting. From any thread, one call after the other.
  ///
  /// A client that has gone looks like one that takes nothing: the loop finds out.
  public func write(_ piece: [UInt8]) -> Outcome {
    state.withLock { state in
      guard state.isOpen else { return .refused }
      frame(piece, in: &state.bytes)
      let sent = state.bytes.withUnsafeBytes { System.send(descriptor, $0) }
      if case .done(state.bytes.count) = sent {
        state.bytes.removeAll(keepingCapacity: true)
        return .sent
      }
      if case .done(let count) = sent { state.bytes.removeFirst(count) }
      state.isOpen = false
      return .kept
    }
  }

  private func frame(_ piece: [UInt8], in output: inout [UInt8]) {
    if isChunked { ResponseEncoder.appendChunkHead(byteCount: piece.count, to: &output) }
    output += piece
    if isChunked { output.append("\r\n") }
  }

  /// Ends the loan; a write under way on another thread ends first.
  /// - Returns: What is still to be sent, with its framing.
  func close() -> [UInt8] {
    state.withLock { state in
      state.isOpen = false
      defer { state.bytes = [] }
      return state.bytes
    }
  }
}
