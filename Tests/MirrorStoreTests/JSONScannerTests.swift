import Testing

@testable import MirrorStore

@Suite struct JSONScannerTests {
  @Test(arguments: [
    "null", "true", "false", "0", "-0", "1.0", "1e3", "1E+3", "-1.5e-10", "1180591620717411303424", "\"\"",
    #""\"\\\/\b\f\n\r\t\u0000\ud83d\u2028""#, "\"\u{2028}é\"", "[]", "{}", " \t\r\n[ ] ", "[1,2,[3,{}]]",
    #"{"a":1,"a":2}"#, #"{"":{"b":[null,true,false,"x"]}}"#, "\"\u{7F}\"",
  ])
  func validTextIsAccepted(_ text: String) throws {
    try JSONScanner.check(Array(text.utf8))
  }

  @Test(
    arguments: [
      ("", .endsEarly, 0), (" ", .endsEarly, 1), ("nul", .endsEarly, 3), ("nulL", .unexpectedByte, 3),
      ("tru e", .unexpectedByte, 3), ("01", .badNumber, 1), ("-", .endsEarly, 1), ("-a", .badNumber, 1),
      ("1.", .endsEarly, 2), (".5", .unexpectedByte, 0), ("1e", .endsEarly, 2), ("1e+", .endsEarly, 3),
      ("+1", .unexpectedByte, 0), ("0x1", .trailingBytes, 1), ("1 2", .trailingBytes, 2), ("[1,]", .unexpectedByte, 3),
      ("[,1]", .unexpectedByte, 1), ("[1 2]", .unexpectedByte, 3), ("[1}", .unexpectedByte, 2),
      ("{1:2}", .unexpectedByte, 1),
      (#"{"a"}"#, .unexpectedByte, 4), (#"{"a":}"#, .unexpectedByte, 5), (#"{"a":1,}"#, .unexpectedByte, 7),
      (#"{"a":1"b":2}"#, .unexpectedByte, 6), (#"{,"a":1}"#, .unexpectedByte, 1), ("]", .unexpectedByte, 0),
      (#""\x""#, .badEscape, 2), (#""\u12G4""#, .badEscape, 5), ("\"a\nb\"", .controlCharacter, 2),
      ("'a'", .unexpectedByte, 0),
      ("NaN", .unexpectedByte, 0), ("\u{FEFF}{}", .unexpectedByte, 0), ("[1]//", .trailingBytes, 3),
    ] as [(String, JSONFault.Reason, Int)])
  func invalidTextIsRefusedWhereItShows(_ text: String, _ reason: JSONFault.Reason, _ offset: Int) {
    #expect(throws: JSONFault(reason: reason, offset: offset)) { try JSONScanner.check(Array(text.utf8)) }
  }

  @Test(arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0xBD, 0x22]] as [[UInt8]])
  func textThatIsNotUTF8IsRefused(_ bytes: [UInt8]) {
    #expect(throws: JSONFault(reason: .notUTF8, offset: 1)) { try JSONScanner.check(bytes) }
  }

  @Test func textTruncatedAtAnyByteIsRefused() {
    let text = Array(#"{"a":[1.5e3,true,null,"é\u12ab\"",{"b":{}}],"c":-0.1}"#.utf8)
    for length in 0..<text.count {
      #expect(throws: JSONFault.self, "\(length) bytes") { try JSONScanner.check(Array(text[..<length])) }
    }
  }

  @Test func depthIsBounded() throws {
    let nested = Array(repeating: UInt8(ascii: "["), count: 100) + Array(repeating: UInt8(ascii: "]"), count: 100)
    try JSONScanner.check(nested, depthMax: 100)
    #expect(throws: JSONFault(reason: .tooDeep, offset: 99)) { try JSONScanner.check(nested, depthMax: 99) }
  }

  @Test func deepTextCostsNoStack() throws {
    let depth = JSONScanner.depthMax
    let deep = Array(repeating: UInt8(ascii: "["), count: depth) + Array(repeating: UInt8(ascii: "]"), count: depth)
    let text = try JSONText(checking: deep)
    #expect(text.elements()?.count == 1)
  }

  /// Fixed seed: what passes after a mutation must also be cut into members and strings without a trap.
  @Test func mutatedTextNeverTraps() {
    let text = Array(#"{"id":"m\u0041\\","list":[1,{"x":"\ud83d\ude00"},[]],"n":-1.0e5,"s":""}"#.utf8)
    var random = Seeded(state: 42)
    var accepted = 0
    for _ in 0..<20_000 {
      var mutated = text
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        mutated[Int.random(in: 0..<mutated.count, using: &random)] = UInt8.random(in: 0x20...0x7F, using: &random)
      }
      guard let json = try? JSONText(checking: mutated) else { continue }  // refused: nothing more to prove
      accepted += 1
      for member in json.object?.members ?? [] {
        _ = (member.name.string, member.value.string, member.value.integer, member.value.elements()?.count)
      }
    }
    #expect(accepted > 100)
  }
}

struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
