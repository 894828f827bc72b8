internal import MirrorStore

/// Observations on their way into the mirror, which has one writer.
struct RecordingQueue: Sendable, Equatable {
  /// Beyond it, answers to reads and streams as they came are not recorded; messages are, since they were paid for.
  static let bytesMax = 256 << 20
  static let countMax = 1000

  private(set) var count = 0
  private(set) var bytes = 0

  /// - Returns: false: too much is waiting, and this one can be left out.
  mutating func enter(_ size: Int, mayBeLeftOut: Bool) -> Bool {
    let isFull = count >= Self.countMax || (count > 0 && bytes + size > Self.bytesMax)
    guard !mayBeLeftOut || !isFull else { return false }
    count += 1
    bytes += size
    return true
  }

  mutating func leave(_ size: Int) {
    count -= 1
    bytes -= size
  }
}

/// Why the mirror could not be written, for `/status` and the log.
struct RecordingFailure: Sendable {
  let what: String
  let cause: String
  let at: UnixTime
}
