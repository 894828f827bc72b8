/// What was received: methods and targets with their counts. Never bodies, never keys.
struct RequestLog: Sendable {
  struct Line: Sendable, Equatable {
    let method: String
    let target: String
    var count: Int
  }

  private(set) var lines: [Line] = []
  private(set) var byEndpoint: [Sandbox.Endpoint: Int] = [:]
  private(set) var total = 0
  private var places: [String: Int] = [:]
  /// Different lines kept; further ones count in the total only.
  static let linesMax = 10_000

  mutating func note(_ call: Call, endpoint: Sandbox.Endpoint?) {
    total += 1
    if let endpoint { byEndpoint[endpoint, default: 0] += 1 }
    let target = RequestLog.withoutKeys(call.target)
    let key = call.method + " " + target
    if let place = places[key] {
      lines[place].count += 1
    } else if lines.count < RequestLog.linesMax {
      places[key] = lines.count
      lines.append(Line(method: call.method, target: target, count: 1))
    }
  }

  mutating func clear() { self = RequestLog() }

  var json: JSON {
    let endpoints = byEndpoint.sorted { $0.key.rawValue < $1.key.rawValue }
    return [
      "total": .int(total),
      "endpoints": .object(endpoints.map { JSON.Member(name: $0.key.rawValue, value: .int($0.value)) }),
      "requests": .array(
        lines.map { ["method": .string($0.method), "target": .string($0.target), "count": .int($0.count)] }),
    ]
  }

  /// A query that may hold a key is not shown.
  private static func withoutKeys(_ target: String) -> String {
    guard target.contains("_sk_") || target.lowercased().contains("key=") else { return String(target.prefix(1_024)) }
    return String(target.prefix { $0 != "?" }.prefix(1_024)).replacing("_sk_", with: "_") + "?(withheld)"
  }
}
