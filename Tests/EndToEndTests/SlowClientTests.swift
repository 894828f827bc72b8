import Foundation
import Testing

/// Clients that are slow on purpose: each is cut by its own limit, none is felt by others.
@Suite(.timeLimit(.minutes(2))) struct SlowClientTests {
  /// The limits of these tests. Each must have passed before anything is cut.
  private static let limit = Duration.seconds(1)
  /// Deadlines are rounded to milliseconds and begin with a turn of the loop, which may be a little older than the byte.
  private static let limitAtLeast = Duration.milliseconds(900)

  // MARK: Heads

  @Test func aHeadThatDripsIsAnswered408AndClosedAlthoughBytesKeepComing() async throws {
    try await Program.withDaemon(["HEAD_TIMEOUT": "1"]) { daemon in
      let began = ContinuousClock.now
      let slow = try await RawClient(port: daemon.port)
      try await slow.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Drip: ")
      var servedMeanwhile = 0
      while !slow.hasNews, began.duration(to: .now) < .seconds(20) {
        #expect(slow.drip())
        if try await daemon.get("/healthz").status == 200 { servedMeanwhile += 1 }
        try await Task.sleep(for: .milliseconds(50))
      }
      let answer = try await slow.answer()
      #expect(began.duration(to: .now) >= Self.limitAtLeast)
      expectRefusal(answer, status: 408)
      #expect(try await slow.rest().isEmpty)
      #expect(slow.ending == .closed)
      #expect(servedMeanwhile > 0)
      #expect(await eventually { !slow.drip() }, "the connection goes on taking bytes")
    }
  }

  @Test func twoHundredDrippingHeadsStopNobody() async throws {
    try await Program.withDaemon(["HEAD_TIMEOUT": "1"]) { daemon in
      var crowd: [RawClient] = []
      for _ in 0..<200 {
        let slow = try await RawClient(port: daemon.port)
        try await slow.send("GET /healthz HTTP/1.1\r\nX-Drip: ")
        crowd.append(slow)
      }
      // Who was answered still counts until the connection is closed: whoever asks now is among the whole crowd.
      #expect(try await daemon.openConnections() > 200)
      let deadline = ContinuousClock.now + .seconds(20)
      while !crowd.allSatisfy(\.hasNews), .now < deadline {
        for slow in crowd { slow.drip() }
        try await Task.sleep(for: .milliseconds(50))
      }
      for slow in crowd { expectRefusal(try await slow.answer(), status: 408) }
    }
  }

  @Test func anIdleConnectionIsClosedWithoutAWordAfterTheKeepAliveTime() async throws {
    try await Program.withDaemon(["KEEP_ALIVE_TIMEOUT": "1"]) { daemon in
      let began = ContinuousClock.now
      let idle = try await RawClient(port: daemon.port)
      try await idle.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
      #expect(try await idle.answer().text == "ok\n")
      #expect(try await idle.rest().isEmpty)
      #expect(idle.ending == .closed)
      #expect(began.duration(to: .now) >= Self.limitAtLeast)
    }
  }

  // MARK: Bodies

  /// A known write is read whole before anything goes out; an unknown call is passed on as it comes.
  @Test(arguments: [("/api/v1/conversations", false), ("/api/v1/unknown", true)])
  func aBodyThatStallsIsRefusedAndNeverIsWhole(target: String, isPassedOn: Bool) async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port, ["BODY_TIMEOUT": "1"]) { daemon in
      let began = ContinuousClock.now
      let slow = try await RawClient(port: daemon.port)
      try await slow.send(post(target, length: 1000) + "0123456789")
      let answer = try await slow.answer()
      #expect(began.duration(to: .now) >= Self.limitAtLeast)
      expectRefusal(answer, status: 408)
      #expect(try await slow.rest().isEmpty)

      let seen = upstream.connectionThatWaits()
      #expect((seen != nil) == isPassedOn)
      if let seen {
        #expect(try await seen.head().target == target)
        #expect(try await seen.rest().count <= 10)
      }
    }
  }

  @Test func aBodyThatKeepsMovingIsNotCut() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port, ["BODY_TIMEOUT": "1"]) { daemon in
      let targets = ["/api/v1/conversations", "/api/v1/unknown"]
      let began = ContinuousClock.now
      var clients: [RawClient] = []
      for target in targets {
        let client = try await RawClient(port: daemon.port)
        try await client.send(post(target, length: 60))
        clients.append(client)
      }
      for _ in 0..<60 {
        for client in clients { try #require(client.drip(), "a moving body was cut") }
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(began.duration(to: .now) > Self.limit * 2, "this took too little time to show anything")
      for _ in targets {
        let connection = try await upstream.connection()
        #expect(targets.contains(try await connection.head().target))
        #expect(try await connection.take(60) == Data(repeating: UInt8(ascii: "x"), count: 60))
        try await connection.send("HTTP/1.1 418 Tea\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntea")
      }
      for client in clients {
        let answer = try await client.answer()
        #expect(answer.status == 418 && answer.text == "tea")
      }
    }
  }

  // MARK: Answers

  @Test func clientsThatDoNotReadAreCutAndCostLittleMemory() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port, ["WRITE_STALL_TIMEOUT": "1"]) { daemon in
      // One reader first: what a first answer sets up once is not what is measured.
      async let served: Void = serve(upstream, answers: 1)
      #expect(try await daemon.get("/api/v1/large").body.count == Self.largeAnswer)
      try await served

      let before = daemon.residentBytes
      let began = ContinuousClock.now
      async let pumping: Void = serve(upstream, answers: 20)
      var crowd: [RawClient] = []
      for _ in 0..<20 {
        // Far less than the answer, so that the rest must wait somewhere.
        let slow = try await RawClient(port: daemon.port, receiveBuffer: 64 << 10)
        try await slow.send("GET /api/v1/large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        #expect(await eventually { slow.hasNews }, "no answer began")
        crowd.append(slow)
      }
      #expect(try await daemon.get("/healthz").status == 200)
      var mostBytes = before
      var connections = Int.max
      while connections > 1, began.duration(to: .now) < .seconds(30) {
        mostBytes = max(mostBytes, daemon.residentBytes)
        connections = try await daemon.openConnections()
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(connections == 1, "clients that take nothing are kept")
      #expect(began.duration(to: .now) >= Self.limitAtLeast)
      try await pumping
      let growth = mostBytes - before
      print("20 clients that do not read \(Self.largeAnswer >> 20) MiB each: \(growth >> 10) KiB more memory")
      #expect(growth < 32 << 20, "of \(20 * Self.largeAnswer >> 20) MiB that they were offered")
      for slow in crowd {
        #expect(try await slow.rest().count < Self.largeAnswer, "an answer was whole")
        #expect(slow.ending == .reset, "the kernel keeps megabytes for a client that was given up")
      }
    }
  }

  @Test func aClientThatReadsSlowlyButSteadilyIsNotCut() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port, ["WRITE_STALL_TIMEOUT": "1"]) { daemon in
      async let served: Void = serve(upstream, answers: 1)
      let client = try await RawClient(port: daemon.port, receiveBuffer: 64 << 10)
      try await client.send("GET /api/v1/large HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
      var count = 0
      let began = ContinuousClock.now
      while began.duration(to: .now) < Self.limit * 3 {
        count += client.skip(16 << 10)
        try await Task.sleep(for: .milliseconds(50))
      }
      count += try await client.rest().count
      #expect(count > Self.largeAnswer, "it took bytes all the time and was cut")
      try await served
    }
  }

  /// More than the kernel holds for both ends of a connection.
  private static let largeAnswer = 8 << 20

  /// Gives as many large answers, all at once, each as far as the daemon takes it.
  private func serve(_ upstream: ScriptedUpstream, answers: Int) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for _ in 0..<answers {
        group.addTask {
          let connection = try await upstream.connection()
          _ = try await connection.head()
          try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.largeAnswer)\r\n\r\n")
          try? await connection.send(Data(count: Self.largeAnswer))  // cut with its client: that is what is tested
        }
      }
    }
  }

  // MARK: Parts

  private func post(_ target: String, length: Int) -> String {
    "POST \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n\r\n"
  }

  private func expectRefusal(_ answer: RawMessage, status: Int, sourceLocation: SourceLocation = #_sourceLocation) {
    let json = try? JSONSerialization.jsonObject(with: answer.body) as? [String: Any]  // nil: the expectation says so
    #expect(answer.status == status, sourceLocation: sourceLocation)
    #expect(answer.field("Connection") == "close", sourceLocation: sourceLocation)
    #expect(answer.field("Content-Type")?.hasPrefix("application/json") == true, sourceLocation: sourceLocation)
    #expect(json?["error"] is String && json?["message"] is String, "\(answer.text)", sourceLocation: sourceLocation)
  }
}
