import Foundation
import Testing

/// Many clients at once: what they cost, where they end, and what happens when the system gives no more.
@Suite(.timeLimit(.minutes(3))) struct ManyConnectionsTests {
  // MARK: Idle

  static let idleCount = 10_000

  static var hasDescriptors: Bool {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
      && limit.rlim_max >= UInt(idleCount) / 3 * 4 + 500
  }

  /// What one idle connection may cost.
  static var bytesPerConnectionMax: Int {
    #if DEBUG
      16 << 10  // frames of unoptimised code hold more
    #else
      4 << 10
    #endif
  }

  @Test(
    .enabled(if: StreamTests.python != nil, "python3 is not installed"),
    .enabled(if: hasDescriptors, "the hard limit of open files (ulimit -Hn) is below 13,833"))
  func tenThousandIdleConnectionsAreHeldForLittleMemory() async throws {
    try await Program.withDaemon(["KEEP_ALIVE_TIMEOUT": "600"]) { daemon in
      let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
        path: "clients/idle_connections.py")
      let run = try await Program.run(
        try #require(StreamTests.python),
        [script.path, "\(daemon.port)", "\(daemon.pid)", "\(Self.idleCount)", "\(Self.bytesPerConnectionMax)"])
      print(run.output, terminator: "")
      #expect(run.code == 0, "\(run.output)\(run.errors)\n\(daemon.standardError)")
    }
  }

  // MARK: Limits

  @Test func beyondTheLimitIs503AndWhoeverLeavesMakesRoom() async throws {
    try await Program.withDaemon(["CONNECTIONS_MAX": "8"]) { daemon in
      var clients: [RawClient] = []
      for _ in 0..<8 { clients.append(try await served(by: daemon)) }

      let ninth = try await RawClient(port: daemon.port)
      let refusal = try await ninth.answer()
      #expect(refusal.status == 503)
      #expect(refusal.field("Retry-After") == "1")
      #expect(refusal.field("Connection") == "close")
      #expect(refusal.text.contains("too many connections"))
      #expect(try await ninth.rest().isEmpty)
      #expect(ninth.ending == .closed)

      for client in clients { #expect(try await answersAgain(client)) }
      clients.removeFirst()
      var newcomer: RawMessage?
      let deadline = ContinuousClock.now + .seconds(20)
      while newcomer?.status != 200, .now < deadline {
        newcomer = try await daemon.get("/healthz")
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(newcomer?.text == "ok\n")
    }
  }

  @Test func whoeverIsTurnedAwayTakesNoPlace() async throws {
    // Turned away, a client may still be connected for this long.
    try await Program.withDaemon(["CONNECTIONS_MAX": "4", "LINGER_TIMEOUT": "60"]) { daemon in
      var clients: [RawClient] = []
      for _ in 0..<4 { clients.append(try await served(by: daemon)) }
      var turnedAway: [RawClient] = []
      for _ in 0..<4 {
        let client = try await RawClient(port: daemon.port)
        #expect(try await client.answer().status == 503)
        turnedAway.append(client)
      }
      clients = []
      // The first looks may come before the four are seen to have left.
      let began = ContinuousClock.now
      while try await daemon.get("/healthz").status != 200, began.duration(to: .now) < .seconds(20) {}
      #expect(try await daemon.get("/healthz").status == 200, "four of four places are free")
      withExtendedLifetime(turnedAway) {}
    }
  }

  static var prlimit: URL? {
    let path = "/usr/bin/prlimit"
    return FileManager.default.isExecutableFile(atPath: path) ? URL(fileURLWithPath: path) : nil
  }

  /// Clients and upstream leave the descriptors that the daemon needs itself: without one of them it would die.
  @Test(.enabled(if: prlimit != nil, "prlimit (util-linux) is not installed"))
  func aBusyDaemonWithFewDescriptorsGoesOnWorking() async throws {
    let (limit, count) = (128, 150)
    let upstream = try ScriptedUpstream()
    let prefix = [try #require(Self.prlimit).path, "--nofile=\(limit):\(limit)"]
    let waits = ["CONNECT_TIMEOUT": "1", "DRAIN_DEADLINE": "1"]
    try await Program.withDaemon(upstream: upstream.port, waits, behind: prefix) { daemon in
      var crowd: [RawClient] = []
      for number in 0..<count {
        let client = try await RawClient(port: daemon.port)
        let target = "/api/v1/conversations/c\(number)/messages"
        try await client.send("POST \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}")
        crowd.append(client)
      }
      // All connections to upstream are taken by requests that it does not answer: the others are told.
      #expect(await eventually { crowd.contains(where: \.hasNews) })
      let told = try await #require(crowd.first(where: \.hasNews)).answer()
      #expect(told.status == 503 && told.text.contains("no connection left"), "\(told.text)")
      #expect(daemon.descriptors.count < limit, "some are left to the daemon itself")

      var calls: [RawClient] = []
      while let call = upstream.connectionThatWaits() { calls.append(call) }
      #expect(calls.count >= 8)
      for call in calls {
        _ = try await call.head()
        try await call.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
      }
      #expect(await eventually { crowd.count { $0.hasNews } >= calls.count })
      crowd = []
      #expect(await eventually { daemon.descriptors.count < limit / 2 })
      #expect(try await daemon.get("/healthz").status == 200)
      #expect(!daemon.standardError.contains("upstream is"), "\(daemon.standardError)")
    }
  }

  @Test(.enabled(if: prlimit != nil, "prlimit (util-linux) is not installed"))
  func withoutDescriptorsClientsWaitAndTheDaemonDoesNotSpin() async throws {
    try await Program.withDaemon { daemon in
      let first = try await served(by: daemon)
      let room = 16
      // A quarter of the limit is left to the daemon: see `LocalServer`'s `descriptorsReserved`.
      let limit = Self.limit(leaving: room, beside: Set(daemon.descriptors)) * 4 / 3
      let lowered = try await Program.run(
        try #require(Self.prlimit), ["--pid", "\(daemon.pid)", "--nofile=\(limit):\(limit)"])
      try #require(lowered.code == 0, "\(lowered.errors)")

      var crowd: [RawClient] = []
      for _ in 0..<room * 3 {
        let client = try await RawClient(port: daemon.port)
        try await client.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        crowd.append(client)
      }
      #expect(await eventually { daemon.standardError.contains("cannot accept connections for now") })
      #expect(await eventually { daemon.descriptors.count >= limit - limit / 4 })
      #expect(daemon.descriptors.count < limit - limit / 4 + 4, "one more a loop at the most")

      let (work, began) = (daemon.processorTime, ContinuousClock.now)
      try await Task.sleep(for: .seconds(1))  // what is measured: the daemon has nothing to do in this time
      let share = (daemon.processorTime - work) / began.duration(to: .now)
      print("without descriptors: \(Int(share * 100)) % of a core")
      #expect(share < 0.2)
      #expect(try await answersAgain(first), "who has a connection keeps it")

      var waiting = crowd.filter { !$0.hasNews }
      var held = crowd.filter(\.hasNews)
      crowd = []
      #expect(!held.isEmpty && waiting.count >= room, "\(held.count) are served, \(waiting.count) wait")
      for client in held { #expect(try await client.answer().text == "ok\n") }
      held = []
      while !waiting.isEmpty { #expect(try await waiting.removeFirst().answer().text == "ok\n") }
      #expect(try await daemon.get("/healthz").status == 200)
    }
  }

  /// The limit below which so many numbers are free.
  private static func limit(leaving room: Int, beside used: Set<Int>) -> Int {
    (0..<used.count + room).filter { !used.contains($0) }[room - 1] + 1
  }

  // MARK: Parts

  /// A client that had an answer and stays.
  private func served(by daemon: Program) async throws -> RawClient {
    let client = try await RawClient(port: daemon.port)
    try #require(try await answersAgain(client))
    return client
  }

  private func answersAgain(_ client: RawClient) async throws -> Bool {
    try await client.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return try await client.answer().text == "ok\n"
  }
}

/// Several requests on one connection, and its two directions.
@Suite(.timeLimit(.minutes(1))) struct OneConnectionTests {
  @Test func halfClosedClientGetsItsAnswer() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port) { daemon in
      let client = try await RawClient(port: daemon.port)
      try await client.send("GET /api/v1/unknown HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
      client.finishSending()
      let call = try await upstream.connection()
      _ = try await call.head()
      #expect(try await daemon.get("/healthz").status == 200)  // by now the daemon knows of the half that is closed
      #expect(!client.hasNews)
      try await call.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
      #expect(try await client.answer().text == "late")
      #expect(try await client.rest().isEmpty)
      #expect(client.ending == .closed)
    }
  }

  @Test func pipelinedRequestsAreAnsweredInTheirOrder() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port) { daemon in
      let client = try await RawClient(port: daemon.port)
      let targets = ["/api/v1/slow", "/healthz", "/metrics", "/api/v1/last"]
      try await client.send(targets.map { "GET \($0) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" }.joined())
      let slow = try await upstream.connection()
      #expect(try await slow.head().target == targets[0])
      #expect(try await daemon.get("/healthz").status == 200)
      #expect(!client.hasNews, "a later request overtook the first")
      try await slow.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nslow")
      let last = try await upstream.connection()
      #expect(try await last.head().target == targets[3])
      try await last.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlast")
      #expect(try await client.answer().text == "slow")
      #expect(try await client.answer().text == "ok\n")
      #expect(try await client.answer().text.contains("chatroutesd_connections"))
      #expect(try await client.answer().text == "last")
    }
  }

  @Test func http10ClosesUnlessItsClientAsksOtherwise() async throws {
    try await Program.withDaemon { daemon in
      let plain = try await RawClient(port: daemon.port)
      try await plain.send("GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
      let only = try await plain.answer()
      #expect(only.text == "ok\n" && only.field("Connection") == "close")
      #expect(try await plain.rest().isEmpty)
      #expect(plain.ending == .closed)

      let keeping = try await RawClient(port: daemon.port)
      for _ in 0..<2 {
        try await keeping.send("GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n")
        let answer = try await keeping.answer()
        #expect(answer.text == "ok\n" && answer.field("Connection") == "keep-alive")
      }
    }
  }

  /// RFC 9112 §6.1: an HTTP/1.0 client knows no chunks.
  @Test func http10GetsABodyOfUnknownLengthUpToTheClose() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port) { daemon in
      let client = try await RawClient(port: daemon.port)
      try await client.send("GET /api/v1/unknown HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n")
      let call = try await upstream.connection()
      _ = try await call.head()
      try await call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n")
      let answer = try await client.answer()
      #expect(answer.field("Transfer-Encoding") == nil && answer.field("Content-Length") == nil)
      #expect(answer.field("Connection") == "close")
      #expect(answer.text == "firstsecond")
      #expect(client.ending == .closed)
    }
  }
}

extension Program {
  /// What the process has in memory now.
  var residentBytes: Int {
    let line = kernelText("status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return Int(line?.split(whereSeparator: \.isWhitespace)[1] ?? "").map { $0 << 10 } ?? 0
  }

  /// The numbers of its open descriptors.
  var descriptors: [Int] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")  // it has ended: none
    return (names ?? []).compactMap { Int($0) }
  }

  /// How long it has kept processors busy.
  var processorTime: Duration {
    // Behind the name, which may hold anything: state is field 3, user and system time are fields 14 and 15.
    let fields = kernelText("stat").split(separator: ")").last?.split(separator: " ") ?? []
    let ticks = fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
    return .seconds(1) * ticks / sysconf(Int32(_SC_CLK_TCK))
  }

  private func kernelText(_ name: String) -> String {
    (try? String(contentsOfFile: "/proc/\(pid)/\(name)", encoding: .utf8)) ?? ""  // it has ended: nothing
  }
}
