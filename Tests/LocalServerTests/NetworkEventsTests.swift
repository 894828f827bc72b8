import CLinux
import LocalServer
import Testing

@Suite(.timeLimit(.minutes(1))) struct NetworkEventsTests {
  /// One rtnetlink message: length, type, flags, sequence, sender, then what the type says.
  private static func message(_ type: UInt16, _ payload: [UInt8]) -> [UInt8] {
    let length = UInt32(16 + payload.count)
    var bytes = withUnsafeBytes(of: length) { Array($0) } + withUnsafeBytes(of: type) { Array($0) }
    bytes += [UInt8](repeating: 0, count: 10) + payload
    return bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
  }

  /// A link message: family, type, index, flags, change.
  private static func link(flags: UInt32) -> [UInt8] {
    message(16, [UInt8](repeating: 0, count: 8) + withUnsafeBytes(of: flags) { Array($0) } + [0, 0, 0, 0])
  }

  static let (up, running): (UInt32, UInt32) = (0x1, 0x40)

  @Test(arguments: [
    (link(flags: up | running), true), (link(flags: up), false), (message(16, [0, 0]), false),
    (message(17, [UInt8](repeating: 255, count: 16)), false), (message(20, [2, 24, 0, 0, 1, 0, 0, 0]), true),
    (message(21, [2, 24, 0, 0, 1, 0, 0, 0]), false), (message(24, [UInt8](repeating: 0, count: 12)), true),
    (message(25, [UInt8](repeating: 0, count: 12)), false), (link(flags: up) + message(24, [0, 0, 0, 0]), true),
    ([], false), ([16, 0, 0, 0], false), (Array(link(flags: up | running).dropLast(1)), false),
    ([UInt8](repeating: 255, count: 64), false), ([UInt8](repeating: 0, count: 64), false),
  ])
  func newsOfTheNetworkIsUnderstood(_ bytes: [UInt8], _ isUp: Bool) {
    #expect((clinux_network_came_up(bytes, bytes.count) != 0) == isUp)
  }

  @Test func listeningEndsWithItsConsumer() async {
    let listening = Task { for await _ in NetworkEvents.comingUp() {} }
    listening.cancel()
    await listening.value
  }
}
