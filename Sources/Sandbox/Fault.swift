/// A misbehaviour asked for by `X-Sandbox-Fault: …` on a request, or queued through `POST /sandbox/faults`.
///
/// | text | what happens | does the call take effect? |
/// |---|---|---|
/// | `status=503` | that status with an error body | no |
/// | `hang` | no answer until the client leaves (10 minutes at most) | no |
/// | `cut` | the connection is cut before the head of the answer | no |
/// | `cut-after=N` | cut after N events of a stream, or N body bytes of another answer | yes |
/// | `slow=MS` | the head is delayed by MS milliseconds | yes |
/// | `garbage` | 200 with a JSON text that breaks off | no |
/// | `refuse` or `refuse=MS` | connections are cut and new ones refused for MS (default 1000) milliseconds | no |
enum Fault: Sendable, Equatable {
  case status(Int)
  case hang
  case cut
  case cutAfter(Int)
  case slow(Duration)
  case garbage
  case refuse(Duration)

  /// Nil: the text is none of the table above.
  init?(parsing text: String) {
    let parts = text.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
    let number = parts.count > 1 ? Int(parts[1]) : nil
    switch (parts.first, number) {
    case ("status", let status?) where (400...599).contains(status): self = .status(status)
    case ("hang", nil) where parts.count == 1: self = .hang
    case ("cut", nil) where parts.count == 1: self = .cut
    case ("cut-after", let count?) where count >= 0: self = .cutAfter(count)
    case ("slow", let delay?) where (0...600_000).contains(delay): self = .slow(.milliseconds(delay))
    case ("garbage", nil) where parts.count == 1: self = .garbage
    case ("refuse", nil) where parts.count == 1: self = .refuse(.seconds(1))
    case ("refuse", let delay?) where (0...600_000).contains(delay): self = .refuse(.milliseconds(delay))
    default: return nil
    }
  }

  init(named text: String?) throws(Problem) {
    guard let fault = text.flatMap(Fault.init(parsing:)) else {
      throw .validation(
        "a fault is one of status=N, hang, cut, cut-after=N, slow=MS, garbage, refuse, refuse=MS", field: "fault")
    }
    self = fault
  }

  /// An answer that claims to be JSON and is not.
  static var garbled: Reply {
    var reply = Reply(json: .object([]))
    reply.body = Array("{\"success\":true,\"data\":{\"conversation".utf8)
    return reply
  }
}

/// Faults waiting for the requests they are meant for, oldest first.
struct FaultQueue: Sendable {
  /// One order: `{"path"?, "method"?, "fault", "times"?}`.
  struct Order: Sendable, Equatable {
    /// The request's path without its query; one that ends in `*` is a prefix. Nil: every path below `/api`.
    var path: String?
    var method: String?
    var fault: Fault
    var times: Int
  }

  private(set) var orders: [Order] = []
  /// Orders kept at most; a forgotten loop must not grow them for ever.
  static let ordersMax = 1_000

  mutating func add(_ json: JSON) throws(Problem) {
    let fault = try Fault(named: json["fault"]?.string)
    guard let times = (json["times"] ?? 1).int, (1...1_000_000).contains(times) else {
      throw .validation("times must be a number from 1 to 1000000", field: "times")
    }
    guard orders.count < FaultQueue.ordersMax else { throw .validation("too many faults are waiting: DELETE them") }
    orders.append(Order(path: json["path"]?.string, method: json["method"]?.string, fault: fault, times: times))
  }

  mutating func clear() { orders = [] }

  /// The fault for this request, which uses it up once. Nil: none is meant for it.
  mutating func take(for call: Call) -> Fault? {
    guard let index = orders.firstIndex(where: { $0.matches(call) }) else { return nil }
    let fault = orders[index].fault
    orders[index].times -= 1
    if orders[index].times == 0 { orders.remove(at: index) }
    return fault
  }
}

extension FaultQueue.Order {
  fileprivate func matches(_ call: Call) -> Bool {
    if let method, method.uppercased() != call.method { return false }
    guard let path else { return true }
    let requested = call.target.prefix { $0 != "?" }
    return path.hasSuffix("*") ? requested.hasPrefix(path.dropLast()) : requested == path
  }
}
