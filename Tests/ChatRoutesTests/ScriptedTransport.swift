import ChatRoutes
import HTTPTypes
import Synchronization

/// A transport that answers from a list and notes what it was asked.
final class ScriptedTransport: Transport {
  typealias Step = Result<TransportResponse, TransportError>

  private struct State {
    var steps: [Step]
    var requests: [TransportRequest] = []
  }
  private let state: Mutex<State>

  init(_ steps: [Step]) { state = Mutex(State(steps: steps)) }

  convenience init(json: String) { self.init([.json(json)]) }

  var requests: [TransportRequest] { state.withLock { $0.requests } }

  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    let step: Step = state.withLock { state in
      state.requests.append(request)
      return state.steps.isEmpty
        ? .failure(TransportError(.refused, "no step left", requestMayHaveTakenEffect: false))
        : state.steps.removeFirst()
    }
    return try step.get()
  }

  func probe(timeout: Duration) async throws(TransportError) {}
}

extension Result where Success == TransportResponse, Failure == TransportError {
  static func json(_ body: String, status: Int = 200, fields: HTTPFields = [:]) -> Self {
    .success(TransportResponse(status: status, fields: fields, body: TransportBody(Array(body.utf8))))
  }

  static func stream(_ pieces: Pieces) -> Self {
    .success(TransportResponse(status: 200, fields: [.contentType: "text/event-stream"], body: TransportBody(pieces)))
  }

  static func failure(_ kind: TransportError.Kind, mayHaveTakenEffect: Bool = true) -> Self {
    .failure(TransportError(kind, requestMayHaveTakenEffect: mayHaveTakenEffect))
  }
}

/// A clock whose sleeps take no time and are written down.
final class ManualClock: Clock {
  struct Instant: InstantProtocol {
    var sinceStart: Duration
    func advanced(by duration: Duration) -> Instant { Instant(sinceStart: sinceStart + duration) }
    func duration(to other: Instant) -> Duration { other.sinceStart - sinceStart }
    static func < (left: Instant, right: Instant) -> Bool { left.sinceStart < right.sinceStart }
  }

  private let state = Mutex<(now: Instant, sleeps: [Duration])>((Instant(sinceStart: .zero), []))

  var now: Instant { state.withLock { $0.now } }
  var minimumResolution: Duration { .zero }
  var sleeps: [Duration] { state.withLock { $0.sleeps } }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    state.withLock { state in
      state.sleeps.append(state.now.duration(to: deadline))
      state.now = deadline
    }
  }
}

extension ChatRoutesClient {
  static let testKey: APIKey = "cr_prod_sk_00112233445566778899aabbccddeeff"

  init(scripted transport: ScriptedTransport, clock: ManualClock = ManualClock(), retry: RetryPolicy = RetryPolicy()) {
    self.init(transport: transport, credential: .apiKey(Self.testKey), retry: retry, clock: clock)
  }
}
