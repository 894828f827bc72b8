internal import Glibc

/// Bytes on their way to one socket: small things copied together, then at most one large piece that is sent from where
/// it lies, then what closes it.
struct Outbound {
  /// What was appended by copying; the storage is lent by the loop and goes back when everything is sent.
  private(set) var copied: [UInt8] = []
  private var lent: [UInt8] = []
  private var suffix: [UInt8] = []
  private var sent = 0

  /// Above this, copying costs more than a second entry in the vector.
  static let copiedPieceBytesMax = 16 << 10

  /// Up to here, answers to pipelined requests are kept to leave together.
  static let coalescedBytesMax = 32 << 10

  /// Whether more may be appended: nothing may stand behind a piece that is sent from where it lies.
  var takesMore: Bool { lent.isEmpty && remaining < Self.coalescedBytesMax }

  var remaining: Int { copied.count + lent.count + suffix.count - sent }
  var isEmpty: Bool { remaining == 0 }
  var needsStorage: Bool { copied.capacity == 0 }

  /// Lets the closure append to the copied part. Nothing may follow a lent piece until it is sent.
  @inline(__always)
  mutating func append(_ body: (inout [UInt8]) -> Void) {
    precondition(lent.isEmpty, "bytes appended behind a piece that is still being sent")
    body(&copied)
  }

  /// Adds a piece, copied when it is small, then `suffix`.
  mutating func append(piece: [UInt8], suffix: StaticString = "") {
    let suffix = UnsafeBufferPointer(start: suffix.utf8Start, count: suffix.utf8CodeUnitCount)
    guard piece.count > Self.copiedPieceBytesMax else {
      append {
        $0.append(contentsOf: piece)
        $0.append(contentsOf: suffix)
      }
      return
    }
    precondition(lent.isEmpty, "two large pieces at once")
    lent = piece
    self.suffix = Array(suffix)
  }

  /// Gives the storage of the copied part away once everything is sent.
  mutating func takeStorage() -> [UInt8] {
    precondition(isEmpty)
    var storage: [UInt8] = []
    swap(&storage, &copied)
    reset()
    return storage
  }

  mutating func lendStorage(_ storage: [UInt8]) {
    copied = storage
  }

  /// Tries to send everything in one call.
  mutating func send(to descriptor: CInt) -> System.Outcome {
    let outcome = lent.isEmpty ? sendCopied(to: descriptor) : sendAll(to: descriptor)
    if case .done(let count) = outcome { advance(by: count) }
    return outcome
  }

  private mutating func advance(by count: Int) {
    sent += count
    if remaining == 0 {
      copied.removeAll(keepingCapacity: true)
      reset()
    }
  }

  private mutating func reset() {
    if !lent.isEmpty { lent = [] }
    if !suffix.isEmpty { suffix = [] }
    sent = 0
  }

  private func sendCopied(to descriptor: CInt) -> System.Outcome {
    copied.withUnsafeBytes { System.send(descriptor, UnsafeRawBufferPointer(rebasing: $0[sent...])) }
  }

  private func sendAll(to descriptor: CInt) -> System.Outcome {
    copied.withUnsafeBytes { copied in
      lent.withUnsafeBytes { lent in
        suffix.withUnsafeBytes { suffix in
          withUnsafeTemporaryAllocation(of: iovec.self, capacity: 3) { vector in
            var skip = sent
            var count = 0
            for piece in [copied, lent, suffix] {
              let skipped = min(skip, piece.count)
              skip -= skipped
              guard skipped < piece.count else { continue }
              let start = UnsafeMutableRawPointer(mutating: piece.baseAddress.unsafelyUnwrapped + skipped)
              vector.initializeElement(at: count, to: iovec(iov_base: start, iov_len: piece.count - skipped))
              count += 1
            }
            return System.send(descriptor, UnsafeMutableBufferPointer(rebasing: vector[..<count]))
          }
        }
      }
    }
  }
}
