import ChatRoutes
import Testing

struct JSONValueTests {
  @Test(arguments: [
    "null", "true", "false", "0", "-0", "1.0", "1e3", "1180591620717411303424", "-1.5E-7", "\"\"", "[]", "{}",
    #"[1,[2,{"a":null}],"x"]"#, #"{"a":{"b":[]},"c":"\n\"\\"}"#, #""é日😀""#, #""\u0001\u001f""#,
  ])
  func whatIsReadIsWrittenAlike(text: String) throws {
    #expect(try JSONValue(parsing: text.utf8).description == text)
  }

  @Test(arguments: [
    (#""\u00e9\u65E5\ud83d\ude00\/\b\f\t""#, "é日😀/\u{8}\u{c}\t"), (#""\ud83d""#, "\u{FFFD}"),
    (#""\ude00x""#, "\u{FFFD}x"),
    (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
    (#""\u0000""#, "\0"),
  ])
  func escapesAreResolvedAndLoneSurrogatesReplaced(text: String, value: String) throws {
    #expect(try JSONValue(parsing: text.utf8) == .string(value))
  }

  @Test func bytesThatAreNotUTF8AreReplaced() throws {
    #expect(try JSONValue(parsing: [0x22, 0x61, 0xFF, 0x22]) == "a\u{FFFD}")
  }

  @Test(arguments: [
    "", " ", "nul", "tru", "+1", "01", "1.", ".5", "1e", "--1", "NaN", "[1,]", "[1 2]", "{a:1}", #"{"a" 1}"#,
    #"{"a":1,}"#,
    "\"", #""\x""#, #""\u12""#, #""\u+123""#, "\"\n\"", "1 2", "{}x", "]",
  ])
  func whatIsNotJSONIsRefused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text.utf8) }
  }

  @Test func documentCutAnywhereIsRefused() {
    let text = Array(#"{"a":[1,true,null,"x\u00e9\n"],"b":{"c":"é"}}"#.utf8)
    for end in 0..<text.count {
      #expect(throws: JSONError.self, "cut at \(end)") { try JSONValue(parsing: text[..<end]) }
    }
  }

  @Test func depthIsBounded() throws {
    let deep = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(try JSONValue(parsing: deep(511).utf8)[0] != nil)
    #expect(throws: JSONError.self) { try JSONValue(parsing: deep(100_000).utf8) }
  }

  @Test func whitespaceAndByteOrderMarkAreSkipped() throws {
    #expect(try JSONValue(parsing: [0xEF, 0xBB, 0xBF] + Array(" \r\n\t[ 1 , 2 ] ".utf8)) == [1, 2])
  }

  @Test func lastOfSeveralFieldsCounts() throws {
    #expect(try JSONValue(parsing: #"{"a":1,"a":2}"#.utf8) == ["a": 2])
  }
}
