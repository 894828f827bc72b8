public import HTTPTypes
public import WireFormats

/// The Cache-Control directives that this cache acts on (RFC 9111 §5.2); unknown ones are ignored.
public struct CacheDirectives: Sendable, Equatable {
  public var noStore = false
  public var noCache = false
  public var onlyIfCached = false
  /// Seconds.
  public var maxAge: Int?
  public var minFresh: Int?
  /// Seconds; `Int.max`: any staleness.
  public var maxStale: Int?

  /// Whether a copy may answer although upstream was not asked or failed: the caller's own bounds hold all the same.
  func accepts(age: Int, freshFor: Int) -> Bool {
    if noCache { return false }
    let staleness = age - freshFor
    if let maxStale, maxStale != .max, staleness > maxStale { return false }
    if maxStale == nil, let maxAge, age > maxAge || maxAge == 0 { return false }
    return minFresh.map { freshFor - age >= $0 } ?? true
  }

  public init() {}

  /// What a client asks for.
  public init(of head: RequestHead) {
    guard head.count("cache-control") > 0 else {
      // RFC 9111 §5.4: Pragma counts when there is no Cache-Control.
      noCache = head.count("pragma") > 0 && head.hasToken("no-cache", in: "pragma")
      return
    }
    for line in head.fields where Self.isCacheControl(line.name) {
      read(String(decoding: line.value, as: UTF8.self))
    }
  }

  /// What upstream allows.
  public init(of fields: HTTPFields) {
    for value in fields[values: .cacheControl] { read(value) }
  }

  private static func isCacheControl(_ name: ArraySlice<UInt8>) -> Bool {
    name.count == 13 && String(decoding: name, as: UTF8.self).lowercased() == "cache-control"
  }

  private mutating func read(_ value: String) {
    for part in value.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimming { $0 == " " || $0 == "\t" || $0 == "\"" } }
      let seconds = pair.count == 2 ? Int(pair[1]) : nil
      switch pair.first?.lowercased() {
      case "no-store": noStore = true
      case "no-cache": noCache = true
      case "only-if-cached": onlyIfCached = true
      case "max-age": maxAge = seconds ?? 0
      case "min-fresh": minFresh = seconds ?? 0
      case "max-stale": maxStale = seconds ?? .max
      default: continue
      }
    }
  }
}

extension Substring {
  fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> Substring {
    var rest = self
    while let first = rest.first, isTrimmed(first) { rest.removeFirst() }
    while let last = rest.last, isTrimmed(last) { rest.removeLast() }
    return rest
  }
}
