/// Output buffers that the sockets of a loop take turns with: a connection owns one only while bytes wait in it.
struct BufferPool {
  private var spares: [[UInt8]] = []

  /// An empty buffer with capacity.
  mutating func take() -> [UInt8] {
    if let buffer = spares.popLast() { return buffer }
    var buffer: [UInt8] = []
    buffer.reserveCapacity(Self.bufferBytes)
    return buffer
  }

  mutating func giveBack(_ buffer: consuming [UInt8]) {
    guard spares.count < Self.sparesMax, buffer.capacity <= Self.bufferBytesKeptMax else { return }
    spares.append(buffer)
  }

  /// Room for a head and a small body.
  private static let bufferBytes = 4 << 10
  /// What is kept is 1 MiB at most.
  private static let bufferBytesKeptMax = 32 << 10
  private static let sparesMax = 32
}
