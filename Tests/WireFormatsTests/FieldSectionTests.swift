import Testing

@testable import WireFormats

@Suite struct FieldSectionTests {
  private func request(_ fields: String) -> String { "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" }

  @Test(arguments: [
    ("A:b\r\n", "A=b"), ("A:\r\n", "A="), ("A: \t \r\n", "A="), ("A:  b  \t\r\n", "A=b"),
    ("A: b  c\td\r\n", "A=b  c\td"),
    ("a: 1\r\nA: 2\r\na: 1\r\n", "a=1|A=2|a=1"), ("!#$%&'*+-.^_`|~9: x\r\n", "!#$%&'*+-.^_`|~9=x"),
    ("A: \u{C3}\u{A9}\u{80}\u{FF}\r\n", "A=\u{C3}\u{A9}\u{80}\u{FF}"), ("A: b: c, d; \"e\"\r\n", "A=b: c, d; \"e\""),
    ("A: 12345678\t12345678\r\n", "A=12345678\t12345678"), ("", ""),
  ])
  func fieldsAreKeptAsReceived(_ lines: String, _ expected: String) {
    let fields = expected.isEmpty ? "" : "|" + expected
    #expect(verified(request(lines)) == [.head("GET|/|1.1|Host=a" + fields, .none), .end(trailers: [])])
  }

  @Test(arguments: [
    ("A : b\r\n", HTTPParseError.whitespaceBeforeColon), ("A\t: b\r\n", .whitespaceBeforeColon),
    ("A b: c\r\n", .whitespaceBeforeColon),
    (": b\r\n", .invalidFieldName), ("A\r\n", .invalidFieldName), ("(A): b\r\n", .invalidFieldName),
    ("A@: b\r\n", .invalidFieldName),
    ("\u{E9}: b\r\n", .invalidFieldName), ("A\u{0}: b\r\n", .invalidFieldName), ("A\n: b\r\n", .invalidFieldName),
    (" A: b\r\n", .foldedField), ("A: b\r\n c\r\n", .foldedField), ("A: b\r\n\tc\r\n", .foldedField),
    ("A: b\r\n \r\n", .foldedField),
    ("A: b\u{0}c\r\n", .invalidFieldValue), ("A: \u{1}\r\n", .invalidFieldValue),
    ("A: b\u{7F}\r\n", .invalidFieldValue),
    ("A: 1234567890\u{1B}[31m\r\n", .invalidFieldValue), ("A: b\u{B}\r\n", .invalidFieldValue),
    ("A: b\nC: d\r\n", .invalidLineEnd), ("A: b\rC: d\r\n", .invalidLineEnd), ("A: b\r\r\n", .invalidLineEnd),
    ("\n", .invalidLineEnd), ("A: b\r\n\n", .invalidLineEnd), ("A: b\r\n\rX", .invalidLineEnd),
    ("A:\n\r\n", .invalidLineEnd),
  ])
  func lineIsRefused(_ lines: String, _ error: HTTPParseError) {
    #expect(refusal(of: request(lines)) == error)
  }

  @Test func whitespaceBeforeTheFirstFieldIsRefused() {
    #expect(refusal(of: "GET / HTTP/1.1\r\n Host: a\r\n\r\n") == .foldedField)
  }

  @Test(arguments: [0, 1])
  func fieldLineMayReachItsLimit(_ excess: Int) {
    var limits = HTTPLimits()
    limits.fieldBytesMax = 40
    let error: HTTPParseError? = excess == 0 ? nil : .fieldTooLong(limit: 40)
    for line in [
      "Name:" + String(repeating: "v", count: 35 + excess), "Name:" + String(repeating: " ", count: 35 + excess),
      "Name: v" + String(repeating: " ", count: 33 + excess), String(repeating: "N", count: 39 + excess) + ":",
    ] {
      #expect(refusal(of: request(line + "\r\n"), limits: limits) == error, "\(line)")
    }
  }

  @Test func unendingFieldIsRefusedAtTheLimit() {
    var limits = HTTPLimits()
    limits.fieldBytesMax = 10
    for line in ["NNNNNNNNNNN", "A:vvvvvvvvv", "A:         ", "A: v       "] {
      let input = bytes("GET / HTTP/1.1\r\n" + line)
      #expect(events(of: [input], limits: limits).last == .error(.fieldTooLong(limit: 10)), "\(line)")
      #expect(events(of: [input.dropLast()], limits: limits).last == .unfinished, "\(line)")
    }
  }

  @Test func fieldCountMayReachItsLimit() {
    var limits = HTTPLimits()
    limits.fieldCountMax = 4
    #expect(refusal(of: request("A: 1\r\nB: 2\r\nC: 3\r\n"), limits: limits) == nil)
    #expect(refusal(of: request("A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"), limits: limits) == .tooManyFields(limit: 4))
  }

  @Test func headMayReachItsLimit() {
    let input = request("A: 1\r\n")
    var limits = HTTPLimits()
    limits.headBytesMax = input.utf8.count
    #expect(refusal(of: input, limits: limits) == nil)
    for limit in 1..<input.utf8.count {
      limits.headBytesMax = limit
      #expect(refusal(of: input, limits: limits) == .headTooLong(limit: limit))
    }
  }

  @Test func pipelinedRequestsEachHaveTheWholeHeadLimit() {
    let input = request("A: 1\r\n")
    var limits = HTTPLimits()
    limits.headBytesMax = input.utf8.count
    #expect(events(of: [bytes(input + input)], limits: limits) == verified(input) + verified(input))
  }
}
