import HTTPTypes
import Testing

@testable import ChatRoutes

struct RetryTests {
  typealias Step = ScriptedTransport.Step

  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [Step]
    /// How often the call is made when its method is GET and when it is POST.
    var get: Int
    var post: Int
    var testDescription: String { name }
  }

  static func failing(_ status: Int) -> Step { .json("{}", status: status) }
  static let lost = Step.failure(.connectionLost)
  static let unsent = Step.failure(.connectionLost, mayHaveTakenEffect: false)

  static let rows = [
    Row(name: "success", steps: [], get: 1, post: 1),
    Row(name: "500", steps: [failing(500)], get: 2, post: 1),
    Row(name: "503, 502, 504", steps: [503, 502, 504].map(failing), get: 4, post: 1),
    Row(name: "too many 500", steps: Array(repeating: failing(500), count: 9), get: 4, post: 1),
    Row(name: "429", steps: [failing(429), failing(429)], get: 3, post: 3),
    Row(name: "too many 429", steps: Array(repeating: failing(429), count: 9), get: 4, post: 4),
    Row(name: "400", steps: [failing(400)], get: 1, post: 1),
    Row(name: "401", steps: [failing(401)], get: 1, post: 1),
    Row(name: "403", steps: [failing(403)], get: 1, post: 1),
    Row(name: "404", steps: [failing(404)], get: 1, post: 1),
    Row(name: "lost", steps: [lost], get: 2, post: 1),
    Row(name: "head timeout", steps: [.failure(.headTimeout)], get: 2, post: 1),
    Row(name: "refused", steps: [.failure(.refused, mayHaveTakenEffect: false)], get: 2, post: 2),
    Row(name: "never written", steps: [unsent, unsent, unsent, unsent, unsent], get: 4, post: 4),
    Row(name: "429, then 500", steps: [failing(429), failing(500)], get: 3, post: 2),
    Row(name: "cancelled", steps: [.failure(.cancelled, mayHaveTakenEffect: false)], get: 1, post: 1),
    Row(name: "bad request", steps: [.failure(.badRequest, mayHaveTakenEffect: false)], get: 1, post: 1),
    Row(
      name: "cut body",
      steps: [.stream(Pieces(["{"], then: TransportError(.connectionLost, requestMayHaveTakenEffect: true)))], get: 2,
      post: 1),
    Row(name: "not JSON", steps: [.json("<html>")], get: 1, post: 1),
    Row(name: "asks for too long a wait", steps: [.json(#"{"retryAfter":61}"#, status: 429)], get: 1, post: 1),
  ]

  @Test(arguments: rows)
  func onlyWhatCannotHaveTakenEffectIsRepeated(row: Row) async throws {
    let success = Step.json(#"{"conversation":{"id":"c1"}}"#)
    for (isGet, count) in [(true, row.get), (false, row.post)] {
      let transport = ScriptedTransport(row.steps + [success])
      let client = ChatRoutesClient(scripted: transport)
      // Whether the call succeeds in the end is told by the count.
      _ = isGet ? try? await client.conversations.get("c1") : try? await client.conversations.create(.init(title: "T"))
      #expect(transport.requests.count == count, isGet ? "GET" : "POST")
    }
  }

  @Test func streamIsRepeatedOnlyBeforeItBegins() async throws {
    let refused = ScriptedTransport([.json("{}", status: 429), .stream(Pieces(["data: [DONE]\n\n"]))])
    _ = try await ChatRoutesClient(scripted: refused).messages.stream(to: "c1", .init(content: "x"))
    #expect(refused.requests.count == 2)

    let broken = ScriptedTransport([
      .stream(Pieces([], then: TransportError(.connectionLost, requestMayHaveTakenEffect: true)))
    ])
    let stream = try await ChatRoutesClient(scripted: broken).messages.stream(to: "c1", .init(content: "x"))
    await #expect(throws: ChatRoutesError.self) { try await stream.completion() }
    #expect(broken.requests.count == 1)
  }

  @Test func pausesDoubleAndJitterSpreadsThem() async throws {
    for (jitter, expected) in [(0.0, [0.75, 1.5, 3]), (0.5, [1, 2, 4]), (1.0, [1.25, 2.5, 5])] {
      let clock = ManualClock()
      var caller = ChatRoutesClient(
        scripted: ScriptedTransport(Array(repeating: Self.failing(503), count: 9)), clock: clock
      ).caller
      caller.jitter = { jitter }
      let prepared = caller
      await #expect(throws: ChatRoutesError.self) { try await prepared.perform(.get("x")) }
      #expect(clock.sleeps == expected.map { .seconds($0) })
    }
  }

  @Test(arguments: [
    ("2", 2.0), ("0", 0.75), ("60", 60), ("Sun, 06 Nov 1994 08:49:37 GMT", 0.75), ("nonsense", 0.75),
  ])
  func retryAfterLengthensThePause(field: String, pause: Double) async throws {
    let clock = ManualClock()
    let transport = ScriptedTransport([.json("", status: 503, fields: [.retryAfter: field]), .json("{}")])
    var caller = ChatRoutesClient(scripted: transport, clock: clock).caller
    caller.jitter = { 0 }
    try await caller.perform(.get("x"))
    #expect(clock.sleeps == [.seconds(pause)])
  }

  @Test func longestPauseIsBounded() {
    let policy = RetryPolicy(attempts: 1000)
    let error = ChatRoutesError(status: 500, fields: [:], body: [], credential: .none)
    #expect(policy.delay(before: 900, after: error, isSafe: true, jitter: 1) == .seconds(75))
    #expect(policy.delay(before: 1000, after: error, isSafe: true, jitter: 1) == nil)
  }

  @Test func cancelledPauseGivesTheErrorThatLedToIt() async throws {
    let transport = ScriptedTransport([.json("{}", status: 503), .json("{}")])
    let client = ChatRoutesClient(scripted: transport)
    let gate = Gate()
    let call = Task {
      _ = await gate.opened()
      return await #expect(throws: ChatRoutesError.self) { try await client.conversations.get("c1") }
    }
    call.cancel()
    gate.open()
    #expect(await call.value?.kind == .server)
    #expect(transport.requests.count == 1)
  }
}
