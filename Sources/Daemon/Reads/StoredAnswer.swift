internal import HTTPTypes
internal import LocalServer
internal import MirrorStore

/// An answer of the mirror, ready to be rendered.
struct StoredAnswer: Sendable {
  /// Why the mirror answers and not upstream; it decides what `Cache-Status` says (RFC 9211).
  enum Occasion: Sendable, Equatable {
    case fresh
    case offline
    case suspect
    /// `status`: upstream's; `nil`: it gave no answer at all.
    case staleIfError(status: Int?)
    case softTimeout
  }

  /// When upstream said what the answer shows.
  let fetchedAt: UnixTime
  /// Nothing is missing as far as the mirror knows.
  let isComplete: Bool
  /// Upstream's own bytes; else put together from entities.
  let isVerbatim: Bool
  let entityTag: String?
  /// Whether it carries upstream's id of the request that fetched it.
  var hasRequestID = false

  /// Whole seconds since `fetchedAt`.
  func age(at now: UnixTime) -> Int {
    Int(max(0, now.milliseconds - fetchedAt.milliseconds) / 1000)
  }

  /// The fields that differ from one use to the next, ready for the wire. No String is made here: this is the hot path.
  func extraFields(_ occasion: Occasion, freshFor: Int, at now: UnixTime) -> [UInt8] {
    let age = age(at: now)
    var line = ByteLine(capacity: 160)
    line.append("Age: ")
    line.append(age)
    line.append("\r\nCache-Status: chatroutesd; ")
    switch occasion {
    case .fresh, .offline, .suspect:
      line.append("hit; ttl=")
      line.append(freshFor - age)
      if occasion == .offline { line.append("; detail=offline") }
      if occasion == .suspect { line.append("; detail=suspect") }
    case .staleIfError(let status):
      line.append("fwd=stale")
      if let status {
        line.append("; fwd-status=")
        line.append(status)
      }
      line.append("; detail=stale-if-error")
    case .softTimeout: line.append("fwd=stale; detail=soft-timeout")
    }
    if !isComplete { line.append(occasion == .fresh ? "; detail=partial" : "-partial") }
    if !hasRequestID { line.appendRequestID() }
    line.append("\r\n")
    return line.bytes
  }
}

/// Bytes of field lines, appended without intermediate strings.
private struct ByteLine {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  mutating func append(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func appendRequestID() {
    append("\r\nX-Request-Id: ")
    RequestID.append(to: &bytes)
  }

  mutating func append(_ number: Int) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }
}

extension StoredAnswer {
  /// What the mirror has for a read, rendered.
  static func render(_ answer: MirrorAnswer) -> (answer: StoredAnswer, rendered: RenderedResponse)? {
    var fields = HTTPFields()
    switch answer {
    case .verbatim(let response):
      for field in response.fields {
        guard let name = HTTPField.Name(field.name) else { continue }
        fields.append(HTTPField(name: name, value: field.value))
      }
      let stored = StoredAnswer(
        fetchedAt: response.fetchedAt, isComplete: true, isVerbatim: true, entityTag: fields[.eTag],
        hasRequestID: fields.contains(.requestID))
      let head = HTTPResponse(status: .init(code: response.status), headerFields: fields)
      return (stored, RenderedResponse(head: head, body: response.body))
    case .composed(let json, let asOf, let isComplete):
      fields[.contentType] = "application/json; charset=utf-8"
      let stored = StoredAnswer(fetchedAt: asOf, isComplete: isComplete, isVerbatim: false, entityTag: nil)
      return (stored, RenderedResponse(head: HTTPResponse(status: .ok, headerFields: fields), body: json))
    case .absent, .unknown: return nil
    }
  }
}
