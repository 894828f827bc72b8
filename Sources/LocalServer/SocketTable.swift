/// The sockets of one loop, found by the number that epoll reports. A number is never used for two sockets, so an event
/// that arrives late finds nothing.
struct SocketTable {
  private var slots: [Socket?] = []
  private var free: [Int] = []
  private var generation: UInt64 = 0

  /// - Returns: The socket's token: a generation in the high half, a slot in the low half.
  mutating func insert(_ socket: Socket) -> UInt64 {
    generation = (generation + 1) & 0x7fff_ffff
    let slot = free.popLast() ?? slots.count
    if slot == slots.count { slots.append(socket) } else { slots[slot] = socket }
    return generation << 32 | UInt64(slot)
  }

  mutating func remove(_ token: UInt64) {
    guard self[token] != nil else { return }
    let slot = Int(token & 0xffff_ffff)
    slots[slot] = nil
    free.append(slot)
  }

  subscript(_ token: UInt64) -> Socket? {
    let slot = Int(token & 0xffff_ffff)
    guard slots.indices.contains(slot), let socket = slots[slot], socket.token == token else { return nil }
    return socket
  }

  var all: some Sequence<Socket> { slots.lazy.compactMap { $0 } }
}
