import HTTPTypes
import Testing

@testable import WireFormats

@Suite struct RequestHeadTests {
  private func head(target: String = "/", fields: [String] = [], version: String = "1.1") throws -> RequestHead {
    let lines = fields.map { $0 + "\r\n" }.joined()
    return try WireFormatsTests.head("GET \(target) HTTP/\(version)\r\nHost: a\r\n\(lines)\r\n")
  }

  @Test(
    arguments: [
      ("/", "/", nil, "/"), ("/a/b", "/a/b", nil, "/a/b"), ("/a?b=c?d", "/a", "b=c?d", "/a?b=c?d"),
      ("/?", "/", "", "/?"),
      ("//a/../%2e?|", "//a/../%2e", "|", "//a/../%2e?|"), ("http://h", "/", nil, "/"),
      ("http://h:1/p?q", "/p", "q", "/p?q"),
      ("http://h?q", "/", "q", "/?q"), ("HTTP://h//p", "//p", nil, "//p"), ("https://[::1]/?", "/", "", "/?"),
    ] as [(String, String, String?, String)])
  func targetIsTakenApartWithoutChangingIt(_ target: String, _ path: String, _ query: String?, _ originForm: String)
    throws
  {
    let head = try head(target: target)
    #expect(head.targetText == target)
    #expect(text(head.path) == path)
    #expect(head.query.map(text) == query)
    #expect(text(head.originForm) == originForm)
  }

  @Test func asteriskStaysAnAsterisk() throws {
    let head = try WireFormatsTests.head("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n")
    #expect(text(head.originForm) == "*")
    #expect(text(head.path) == "*")
    #expect(head.hostText == "")
  }

  @Test func fieldsAreFoundWhateverTheirCase() throws {
    let head = try head(fields: ["X-One: 1", "x-two:2", "X-ONE: 3", "X-One2: 4"])
    #expect(head.firstText("x-one") == "1")
    #expect(head.first("X-Two").map(text) == "2")
    #expect(head.count("X-oNE") == 2)
    #expect(head.count("X-On") == 0)
    #expect(head.first("X[One") == nil)
    #expect(head.first("X-Three") == nil)
    #expect(head.fields.map { $0.hasName("x-one") } == [false, true, false, true, false])
  }

  @Test func namesOfAnyLengthAreFound() throws {
    let long = String(repeating: "x", count: 69)
    let head = try head(fields: ["\(long)a: 1", "\(long)bc: 2"])
    #expect(head.firstText("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxa") == "1")
    #expect(head.firstText("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxbc") == "2")
    #expect(head.first("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxb") == nil)
  }

  @Test func textThatIsNotUTF8IsRepaired() throws {
    let head = try head(fields: ["A: b\u{FF}", "B: \u{C3}\u{A9}"])
    #expect(head.firstText("A") == "b\u{FFFD}")
    #expect(head.firstText("B") == "é")
  }

  @Test(arguments: [
    (["C: close"], true), (["C: Close"], true), (["C: a,close"], true), (["C: a ,\tclose , b"], true),
    (["C: a", "c: close"], true),
    (["C: ,,close,"], true), (["C: closed"], false), (["C: clos"], false), (["C: close;q=1"], false),
    (["C: a close"], false),
    (["C:"], false), ([], false), (["D: close"], false),
  ])
  func tokenIsFoundInCommaLists(_ fields: [String], _ isFound: Bool) throws {
    #expect(try head(fields: fields).hasToken("close", in: "C") == isFound)
  }

  @Test(
    arguments: [
      ("1.1", [], true), ("1.1", ["Connection: close"], false), ("1.1", ["Connection: Upgrade, CLOSE"], false),
      ("1.1", ["Connection: keep-alive, close"], false), ("1.1", ["Connection: other"], true), ("1.0", [], false),
      ("1.0", ["Connection: Keep-Alive"], true), ("1.0", ["Connection: keep-alive", "Connection: close"], false),
    ] as [(String, [String], Bool)])
  func connectionPersistsAsTheVersionAndConnectionSay(_ version: String, _ fields: [String], _ keepsAlive: Bool) throws
  {
    #expect(try head(fields: fields, version: version).keepsAlive == keepsAlive)
  }

  @Test(arguments: [("1.1", "100-Continue", true), ("1.0", "100-continue", false), ("1.1", "200-ok", false)])
  func continueIsExpectedInHTTP11Only(_ version: String, _ value: String, _ expects: Bool) throws {
    #expect(try head(fields: ["Expect: " + value], version: version).expectsContinue == expects)
  }

  @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "A-VERY-LONG-METHOD-NAME"])
  func methodIsGivenWithItsCase(_ method: String) throws {
    let head = try WireFormatsTests.head("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(head.method == method)
    #expect(head.hasMethod("GET") == (method == "GET"))
    #expect(!head.hasMethod("get"))
  }

  @Test func httpFieldsKeepOrderCaseDuplicatesAndBytes() throws {
    let fields = try head(fields: ["x-B: 1", "Set-Cookie: a=b, c", "X-b:  2 ", "set-cookie: d", "E:", "F: \u{E9}\tg"])
      .httpFields()
    #expect(fields.map(\.name.rawName) == ["Host", "x-B", "Set-Cookie", "X-b", "set-cookie", "E", "F"])
    let values = fields.map { field in field.withUnsafeBytesOfValue { text($0) } }
    #expect(values == ["a", "1", "a=b, c", "2", "d", "", "\u{E9}\tg"])
  }
}
