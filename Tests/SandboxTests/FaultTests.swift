import Testing

@testable import Sandbox

@Suite struct FaultTests {
  @Test(arguments: [
    ("status=503", Fault.status(503)), ("hang", .hang), ("cut", .cut), ("cut-after=0", .cutAfter(0)),
    ("slow=250", .slow(.milliseconds(250))), ("garbage", .garbage), ("refuse", .refuse(.seconds(1))),
    ("refuse=20", .refuse(.milliseconds(20))), ("status = 429", .status(429)),
  ])
  func textsAreRead(text: String, expected: Fault) {
    #expect(Fault(parsing: text) == expected)
  }

  @Test(arguments: [
    "", "status", "status=200", "status=x", "cut=1", "cut-after", "cut-after=-1", "slow=-1", "hang=2", "no",
  ])
  func otherTextsAreRefused(text: String) {
    #expect(Fault(parsing: text) == nil)
  }

  private func call(_ method: String, _ target: String, fault: String? = nil) -> Call {
    Call(method: method, target: target, fault: fault)
  }

  @Test func queuedFaultMeetsMatchingRequestsAsOftenAsAsked() throws {
    var queue = FaultQueue()
    try queue.add(["path": "/api/v1/conversations", "method": "get", "fault": "cut", "times": 2])
    try queue.add(["path": "/api/v1/messages/*", "fault": "status=500"])
    #expect(queue.take(for: call("POST", "/api/v1/conversations")) == nil)
    #expect(queue.take(for: call("GET", "/api/v1/conversations?page=1")) == .cut)
    #expect(queue.take(for: call("DELETE", "/api/v1/messages/msg_1")) == .status(500))
    #expect(queue.take(for: call("GET", "/api/v1/conversations")) == .cut)
    #expect(queue.take(for: call("GET", "/api/v1/conversations")) == nil)
    #expect(queue.orders.isEmpty)
  }

  @Test func headerGoesBeforeTheQueueAndUsesNothingUp() throws {
    var world = WorldUnderTest().world
    try world.faults.add(["fault": "garbage"])
    #expect(try world.receive(call("GET", "/api/v1/conversations", fault: "cut")) == .cut)
    #expect(try world.receive(call("GET", "/api/v1/conversations")) == .garbage)
    #expect(throws: Problem.self) { try world.receive(call("GET", "/api/v1/conversations", fault: "cutt")) }
  }

  @Test func controlSetsFaultsAndShowsTheLog() {
    var world = WorldUnderTest().world
    func control(_ method: String, _ path: String, _ body: String = "") -> Reply {
      world.control(Call(method: method, target: "/sandbox" + path, body: Array(body.utf8)))
    }
    #expect(control("GET", "/healthz").status == 200)
    #expect(control("POST", "/faults", #"{"fault":"status=503","times":3}"#).status == 200)
    #expect(control("POST", "/faults", #"{"fault":"weather"}"#).status == 400)
    #expect(control("POST", "/faults", #"{"fault":"cut","times":0}"#).status == 400)
    #expect(control("GET", "/nothing").status == 404)
    #expect(world.faults.orders.count == 1)
    #expect(control("DELETE", "/faults").status == 200)
    #expect(world.faults.orders.isEmpty)
  }

  @Test func logCountsRequestsAndKeepsNoKeys() throws {
    var world = WorldUnderTest().world
    let key = Sandbox.demoKey
    for _ in 0..<2 { _ = try world.receive(call("GET", "/api/v1/conversations?page=2")) }
    _ = try world.receive(call("GET", "/api/v1/unknown?apiKey=\(key)"))
    _ = try world.receive(call("GET", "/api/v1/\(key)"))
    let reply = world.control(Call(method: "GET", target: "/sandbox/log"))
    let log = JSON(parsing: reply.body) ?? .null
    #expect(log["total"] == 4)
    #expect(log["endpoints"] == ["conversations.list": 2])
    #expect(log["requests"]?.array?.first == ["count": 2, "method": "GET", "target": "/api/v1/conversations?page=2"])
    #expect(!log.text.contains(key))
  }
}
