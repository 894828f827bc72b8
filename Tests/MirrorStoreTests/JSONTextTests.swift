import Testing

@testable import MirrorStore

@Suite struct JSONTextTests {
  private func object(_ text: String) throws -> JSONObject {
    try #require(try JSONText(checking: Array(text.utf8)).object)
  }

  private func text(_ bytes: [UInt8]?) -> String? {
    bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [
    (#""plain""#, "plain"), (#""\u0041\n\/\"\\""#, "A\n/\"\\"), (#""\ud83d\ude00!""#, "😀!"), (#""\ud83d""#, "\u{FFFD}"),
    (#""\ude00x""#, "\u{FFFD}x"), (#""\ud83dA""#, "\u{FFFD}A"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
    (#""é\u00e9""#, "éé"),
  ])
  func stringsAreUnescaped(_ json: String, _ string: String) throws {
    #expect(try JSONText(checking: Array(json.utf8)).string == string)
  }

  @Test(
    arguments: [
      (#""a""#, "a"), ("42", "42"), (#""\u0061""#, "a"), (#""""#, nil), ("1.0", nil), ("null", nil),
      (#""a\u0000""#, nil),
      (#""\ud83d""#, nil), ("{}", nil), ("true", nil),
    ] as [(String, String?)])
  func idsAreStringsOrWholeNumbers(_ json: String, _ id: String?) throws {
    #expect(try JSONText(checking: Array(json.utf8)).identifier == id)
  }

  @Test func anIdHasALimit() throws {
    let long = String(repeating: "x", count: JSONText.identifierBytesMax)
    #expect(try JSONText(checking: Array("\"\(long)\"".utf8)).identifier == nil)
  }

  @Test func nulCannotEndAColumn() throws {
    #expect(try JSONText(checking: Array(#""a\u0000b""#.utf8)).columnText == "a\u{FFFD}b")
  }

  @Test func membersAreTheReceivedBytes() throws {
    let object = try object(#" { "n" : 1.0 , "o":{"x": [1e3 ] } ,"s":"\u2028}]," } "#)
    #expect(
      object.members.map { String(decoding: $0.value.bytes, as: UTF8.self) } == [
        "1.0", #"{"x": [1e3 ] }"#, #""\u2028}],""#,
      ])
    #expect(object.string("s") == "\u{2028}}],")
  }

  @Test func ofTwoMembersWithOneNameTheLastCounts() throws {
    #expect(try object(#"{"a":1,"a":2}"#)["a"]?.integer == 2)
  }

  @Test func anEscapedNameIsTheSameName() throws {
    #expect(try object(#"{"\u0069d":"x"}"#)["id"]?.identifier == "x")
  }

  @Test func elementsAreTheReceivedBytes() throws {
    let elements = try JSONText(checking: Array(#"[ 1.0,"a,]", {} ,[2],null]"#.utf8)).elements()
    #expect(elements?.map { String(decoding: $0.bytes, as: UTF8.self) } == ["1.0", #""a,]""#, "{}", "[2]", "null"])
  }

  @Test func sharedMembersTakeTheNewerValueOnly() throws {
    let old = try object(#"{"a": 1.0,"b":2}"#)
    #expect(text(old.replacingShared(from: try object(#"{"b":2e1,"c":3}"#))) == #"{"a":1.0,"b":2e1}"#)
    #expect(old.replacingShared(from: try object(#"{"b":2,"c":3}"#)) == nil)
  }

  @Test func anOverlayAddsWhatIsNew() throws {
    let old = try object(#"{"a":1.0,"b":2}"#)
    #expect(text(old.overlaid(by: try object(#"{"c":3,"b":4}"#))) == #"{"a":1.0,"b":4,"c":3}"#)
  }

  @Test func nothingIsRewrittenWhenNothingIsRemoved() throws {
    #expect(text(try object(#"{ "a" : 1 }"#).removing(["b"])) == #"{ "a" : 1 }"#)
    #expect(text(try object(#"{ "a" : 1 , "b":2}"#).removing(["b"])) == #"{"a":1}"#)
  }

  @Test(arguments: [("{}", #"{"x":1}"#), ("{ }", #"{"x":1}"#), (#"{"a":2 }"#, #"{"a":2,"x":1}"#)])
  func aMemberIsAddedAtTheEnd(_ before: String, _ after: String) {
    var json = Array(before.utf8)
    appendMember("x", "1".utf8, toObject: &json)
    #expect(text(json) == after)
  }

  @Test func aStringIsQuotedForJSON() throws {
    let hostile = "a\"\\\n\u{1}\u{2028}😀"
    #expect(try JSONText(checking: jsonString(hostile)).string == hostile)
  }
}
