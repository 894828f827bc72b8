import Testing

@testable import WireFormats

@Suite struct RequestParserTests {
  static let requests = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /api/v1/conversations?page=1&limit=20 HTTP/1.1\r\nHost: 127.0.0.1:8484\r\nAuthorization: ApiKey cr_x\r\nAccept: */*\r\n\r\n",
    "POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nContent-Type: application/json\r\n\r\n{\"a\":\"\r\n\"}\r",
    "POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: 1\r\nU: 2\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
    "\r\nDELETE http://h:80/x?y HTTP/1.0\r\nA:  b \t\r\n\r\n",
  ]

  @Test(arguments: requests)
  func truncatedRequestWaitsForMore(_ request: String) throws {
    let all = bytes(request)
    for length in 0..<all.count {
      let seen = events(of: [Array(all[..<length])])
      #expect(!seen.contains { if case .error = $0 { true } else { false } }, "\(length)")
      #expect(!seen.contains { if case .end = $0 { true } else { false } }, "\(length)")
      let isInside = length > 0 && Array(all[..<length]) != bytes("\r\n")
      #expect((seen.last == .unfinished) == isInside, "\(length)")
    }
    if case .end = verified(request).last {} else { Issue.record("not accepted") }
  }

  @Test func pipelinedRequestsComeOneByOne() {
    let each = Self.requests.flatMap { events(of: [bytes($0)]) }
    #expect(verified(Self.requests.joined()) == each)
    #expect(each.count { if case .end = $0 { true } else { false } } == Self.requests.count)
  }

  @Test func wholeRequestBehindAnErrorIsNotRead() {
    let seen = verified("GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(seen == [.error(.whitespaceBeforeColon)])
  }

  @Test func errorInASecondRequestComesAfterTheFirst() {
    let seen = verified("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    #expect(seen == [.head("GET|/|1.1|Host=a", .none), .end(trailers: []), .error(.missingHost)])
  }

  /// RFC 9110 §9.3.2: whoever answers a refused HEAD must know that it was one.
  @Test(arguments: [
    ("HEAD / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n", true), ("HEAD / HTTP/1.1\r\n\r\n", true),
    ("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", true), ("HEAD / HTTP/2.0\r\n\r\n", true),
    ("\r\nHEAD /\u{1}", true), ("HEAD /unfinished", true), ("HEAD", false), ("HEADS / HTTP/1.1\r\n\r\n", false),
    ("GET /HEAD HTTP/1.1\r\n\r\n", false), ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n", false),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nHEAD ", false),
  ])
  func refusedOrUnfinishedHEADIsKnownAsSuch(_ request: String, isHEAD: Bool) {
    for cut in [bytes(request).count, 1] {
      var parser = RequestParser()
      for start in stride(from: 0, to: bytes(request).count, by: cut) {
        parser.feed(bytes(request)[start..<min(start + cut, bytes(request).count)])
        while let event = try? parser.nextEvent() { _ = event }
      }
      #expect(parser.isToHEAD == isHEAD)
    }
  }

  @Test func nothingIsHeldBetweenRequests() throws {
    var parser = RequestParser()
    for request in Self.requests {
      #expect(parser.isBetweenRequests)
      #expect(parser.buffer.capacity == 0)
      for byte in bytes(request) {
        parser.feed(CollectionOfOne(byte))
        while try parser.nextEvent() != nil {}
      }
    }
    #expect(parser.isBetweenRequests)
    #expect(parser.buffer.capacity == 0)
  }

  @Test func earlierRequestsOfAPipelineAreLetGo() throws {
    var parser = RequestParser()
    let next = bytes("GET /next HTTP/1.1\r\n")
    let body = [UInt8](repeating: 0x61, count: 1 << 20)
    parser.feed(bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n") + body + next)
    while try parser.nextEvent() != nil {}
    #expect(parser.bufferedBytes == next.count)
    #expect(parser.buffer.capacity < 256)
    #expect(!parser.isBetweenRequests)
  }

  @Test func failedParserHoldsNothing() throws {
    var parser = RequestParser()
    parser.feed(bytes("BAD\r\n") + [UInt8](repeating: 0x61, count: 1 << 20))
    #expect(throws: HTTPParseError.invalidMethod) { _ = try parser.nextEvent() }
    parser.feed(bytes("more"))
    #expect(parser.buffer.capacity == 0)
    #expect(!parser.isBetweenRequests)
  }

  @Test func headOutlivesTheParser() throws {
    var parser = RequestParser()
    parser.feed(bytes("GET /one HTTP/1.1\r\nHost: one\r\n\r\nGET /two HTTP/1.1\r\nHost: two\r\n\r\n"))
    var heads: [RequestHead] = []
    while let event = try parser.nextEvent() {
      if case .head(let head, _) = event { heads.append(head) }
    }
    parser.feed(bytes("GET /three"))
    #expect(heads.map(\.targetText) == ["/one", "/two"])
    #expect(heads.map(\.hostText) == ["one", "two"])
    #expect(heads[0].bytes.count == 32)
  }

  @Test func bodyPartsSurviveLaterFeeding() throws {
    var parser = RequestParser()
    parser.feed(bytes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n3"))
    var parts: [ArraySlice<UInt8>] = []
    while let event = try parser.nextEvent() {
      if case .body(let part) = event { parts.append(part) }
    }
    parser.feed(bytes("\r\ndef\r\n0\r\n\r\n"))
    while let event = try parser.nextEvent() {
      if case .body(let part) = event { parts.append(part) }
    }
    #expect(parts.map { text($0) } == ["a", "bc", "def"])
  }

  @Test func rawBuffersAreFedLikeCollections() throws {
    var parser = RequestParser()
    bytes("GET /raw HTTP/1.1\r\nHost: a\r\n\r\n").withUnsafeBytes { parser.feed($0) }
    guard case .head(let head, .none) = try parser.nextEvent() else { throw HTTPParseError.invalidMethod }
    #expect(head.targetText == "/raw")
  }

  @Test func longHeadFedByteByByteIsReadOnce() throws {
    // Rescanning 60 KB at each of its bytes would take minutes; the suite would show it.
    var limits = HTTPLimits()
    limits.fieldBytesMax = 60_000
    var parser = RequestParser(limits: limits)
    for byte in bytes("GET / HTTP/1.1\r\nHost: a\r\nA: " + String(repeating: "v", count: 59_000) + "\r\n\r\n") {
      parser.feed(CollectionOfOne(byte))
      if case .head(let head, _) = try parser.nextEvent() { #expect(head.first("A")?.count == 59_000) }
    }
    #expect(try parser.nextEvent() != nil)
  }
}

@Suite struct MutatedRequestTests {
  /// Numbers that are the same in each run (SplitMix64).
  struct FixedNumbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
      return mixed ^ mixed >> 31
    }
  }

  static let spice =
    bytes("\r\n\r\n :;,\t\0\u{7F}\u{80}\u{FF}/*?HTTP0159aF-+x").map { [$0] }
    + [
      "\r\n", "\n", "\r\n\r\n", " ", "Host: b\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n",
      "0\r\n\r\n",
    ].map(bytes)

  static func mutate(_ input: [UInt8], _ numbers: inout FixedNumbers) -> [UInt8] {
    var output = input
    for _ in 0..<Int.random(in: 1...3, using: &numbers) where !output.isEmpty {
      let place = Int.random(in: 0..<output.count, using: &numbers)
      let end = min(output.count, place + Int.random(in: 1...8, using: &numbers))
      switch Int.random(in: 0..<5, using: &numbers) {
      case 0: output[place] = UInt8.random(in: 0...255, using: &numbers)
      case 1: output[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
      case 2: output.insert(contentsOf: spice.randomElement(using: &numbers)!, at: place)
      case 3: output.removeSubrange(place..<end)
      default: output.insert(contentsOf: output[place..<end], at: Int.random(in: 0...output.count, using: &numbers))
      }
    }
    return output
  }

  @Test(arguments: 0..<RequestParserTests.requests.count)
  func mutatedRequestGivesTheSameEventsHoweverItIsCut(_ row: Int) {
    var numbers = FixedNumbers(state: UInt64(row))
    var limits = HTTPLimits()
    (limits.fieldBytesMax, limits.headBytesMax, limits.fieldCountMax) = (60, 200, 6)
    (limits.targetBytesMax, limits.trailerBytesMax, limits.chunkLineBytesMax) = (50, 40, 12)
    let seed = bytes(RequestParserTests.requests[row])
    var refused = 0
    for round in 0..<600 {
      let input = Self.mutate(seed + (round % 2 == 0 ? [] : seed), &numbers)
      let whole = events(of: [input], limits: limits)
      if case .error = whole.last { refused += 1 }
      let single = events(of: input.map { [$0] }, limits: limits)
      if single != whole { #expect(single == whole, "\(text(input).debugDescription)") }
      let cut = Int.random(in: 0...input.count, using: &numbers)
      let halves = events(of: [Array(input[..<cut]), Array(input[cut...])], limits: limits)
      if halves != whole { #expect(halves == whole, "\(text(input).debugDescription) cut at \(cut)") }
    }
    #expect((100..<600).contains(refused), "the mutations are neither harmless nor hopeless: \(refused)")
  }
}
