import Testing
import WireFormats

@Suite struct SSEBoundaryScannerTests {
  private func boundaries(_ pieces: [String]) -> [Int?] {
    var scanner = SSEBoundaryScanner()
    return pieces.map { scanner.lastBoundary(in: bytes($0)) }
  }

  @Test(
    arguments: [
      (["data: a\n\n"], [9]), (["data: a\n"], [nil]), (["data: a"], [nil]), ([""], [nil]),
      (["data: a\n\ndata: b"], [9]),
      (["data: a\n\ndata: b\n\n"], [18]), (["data: a\n", "\n"], [nil, 1]), (["a\n", "", "\nb"], [nil, nil, 1]),
      (["a\r\rb"], [3]), (["a\r\r"], [3]), (["a\r", "\r", "b"], [nil, 1, 0]), (["a\r\n\r\nb"], [5]),
      (["a\r\n\r\n"], [5]),
      (["a\r\n\r"], [nil]), (["a\r\n\r", "\nb"], [nil, 1]), (["a\r\n\r", "b"], [nil, 0]),
      (["a\r\n", "\r\n"], [nil, 2]),
      (["a\r", "\n\r\n"], [nil, 3]), (["a\r", "\nb"], [nil, nil]), (["a\r\nb\r\n"], [nil]), (["a\n\r\nb"], [4]),
      (["a\n\r", "\nb"], [3, 1]),
      (["a\r\n\nb"], [4]), (["a\r\n\rb"], [4]), (["\n"], [1]), ([":\n\n\n"], [4]),
    ] as [([String], [Int?])])
  func boundaryIsBehindTheLastWholeEvent(_ pieces: [String], _ expected: [Int?]) {
    #expect(boundaries(pieces) == expected)
  }

  @Test func storageThatIsNotContiguousIsScannedToo() {
    var scanner = SSEBoundaryScanner()
    #expect(scanner.lastBoundary(in: bytes("xa\n\nb").lazy.filter { $0 != 0x78 }) == 3)
  }

  /// All streams of up to 7 of these bytes, all ways to cut them in two: an event that ends is never left behind.
  @Test func cuttingAtBoundariesNeverTearsAnEvent() throws {
    let alphabet = bytes("d\r\n")
    for length in 1...7 {
      var digits = [Int](repeating: 0, count: length)
      repeat {
        let stream = digits.map { alphabet[$0] }
        let ends = Self.eventEnds(in: stream)
        for cut in 0..<length {
          var scanner = SSEBoundaryScanner()
          let first = scanner.lastBoundary(in: stream[..<cut])
          let second = scanner.lastBoundary(in: stream[cut...]).map { cut + $0 }
          // A last CR of the first piece may be the end of an event, or half of it.
          let early = stream[..<cut].last == 0x0D ? cut : -1
          if let first { #expect(ends.contains(first) || first == early, "\(stream) \(cut)") }
          #expect(first ?? 0 >= ends.last { $0 < cut || ($0 == cut && early < 0) } ?? 0, "\(stream) \(cut)")
          if let second { #expect(ends.contains(second) || second == length, "\(stream) \(cut)") }
          #expect(max(first ?? 0, second ?? 0) >= ends.last { $0 < length } ?? 0, "\(stream) \(cut)")
        }
      } while Self.advance(&digits, base: alphabet.count)
    }
  }

  /// Where events end, found by splitting into lines without regard to speed.
  private static func eventEnds(in stream: [UInt8]) -> [Int] {
    var ends: [Int] = []
    var (lineStart, index) = (0, 0)
    while index < stream.count {
      guard stream[index] == 0x0D || stream[index] == 0x0A else {
        index += 1
        continue
      }
      let isPair = stream[index] == 0x0D && index + 1 < stream.count && stream[index + 1] == 0x0A
      let next = index + (isPair ? 2 : 1)
      if lineStart == index { ends.append(next) }
      (lineStart, index) = (next, next)
    }
    return ends
  }

  private static func advance(_ digits: inout [Int], base: Int) -> Bool {
    for place in digits.indices {
      digits[place] += 1
      if digits[place] < base { return true }
      digits[place] = 0
    }
    return false
  }
}
