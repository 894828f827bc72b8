internal import HTTPTypes
internal import Synchronization

/// Ids of requests that upstream gave none, such as `local-5f3a9c02-1f`: one a request, told apart across restarts.
enum RequestID {
  private static let prefix =
    "local-" + hexadecimal(UInt64(UInt32.random(in: .min ... .max)) | 1 << 32).dropFirst() + "-"
  private static let prefixBytes = Array(prefix.utf8)
  private static let last = Atomic<UInt64>(0)

  static func next() -> String { prefix + hexadecimal(number()) }

  /// The same as bytes, for the hot path.
  static func append(to bytes: inout [UInt8]) {
    bytes += prefixBytes
    appendHexadecimal(number(), to: &bytes)
  }

  private static func number() -> UInt64 { last.add(1, ordering: .relaxed).newValue }

  private static func hexadecimal(_ number: UInt64) -> String {
    var bytes: [UInt8] = []
    appendHexadecimal(number, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func appendHexadecimal(_ number: UInt64, to bytes: inout [UInt8]) {
    let digits = max(1, (64 - number.leadingZeroBitCount + 3) / 4)
    for shift in (0..<digits).reversed() {
      let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * shift)) & 0xF
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}

extension HTTPField.Name {
  /// Upstream's id of a request, or else this daemon's.
  static let requestID = HTTPField.Name("X-Request-Id")!
}
