/// SplitMix64: small, fast and the same on every machine for one seed.
struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A generator for these texts: equal parts give equal numbers (FNV-1a over parts and their ends).
  init(seed: UInt64, of parts: String...) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
    for part in parts {
      for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
      hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
    }
    state = hash
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int(next() % UInt64(choices.count))]
  }

  /// A new identifier such as `conv_1f0c…`: the prefix and 24 hexadecimal digits.
  mutating func identifier(_ prefix: String) -> String {
    var bytes: [UInt8] = []
    for word in [next(), next()] {
      for shift in stride(from: 0, to: 48, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return prefix + "_" + hex(bytes)
  }
}
