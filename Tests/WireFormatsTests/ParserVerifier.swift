import HTTPTypes
import Testing

@testable import WireFormats

/// What a parser said about some bytes, in a form that can be compared and printed.
enum Seen: Equatable {
  case head(String, BodyFraming)
  case body(String)
  case end(trailers: [String])
  case error(HTTPParseError)
  /// The bytes were used up within a request.
  case unfinished

  init(_ head: RequestHead, _ framing: BodyFraming) {
    let version = head.version == .http1_1 ? "1.1" : "1.0"
    let fields = head.fields.map { "\(text($0.name))=\(text($0.value))" }
    self = .head(([head.method, head.targetText, version] + fields).joined(separator: "|"), framing)
  }
}

/// Bytes as text, Latin 1, so that any bytes can be compared and printed.
func text(_ bytes: some Sequence<UInt8>) -> String {
  var text = ""
  text.unicodeScalars.append(contentsOf: bytes.map { Unicode.Scalar($0) })
  return text
}

/// Text as bytes, Latin 1.
func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

/// Feeds pieces and takes all events after each, body parts joined.
func events(of pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) -> [Seen] {
  var parser = RequestParser(limits: limits)
  var seen: [Seen] = []
  var body: [UInt8] = []
  for piece in pieces {
    parser.feed(piece)
    do throws(HTTPParseError) {
      while let event = try parser.nextEvent() {
        if case .body(let part) = event {
          #expect(!part.isEmpty)
          body += part
          continue
        }
        if !body.isEmpty { seen.append(.body(text(body))) }
        body = []
        switch event {
        case .head(let head, let framing): seen.append(Seen(head, framing))
        case .body: break
        case .end(let trailers): seen.append(.end(trailers: trailers.map(\.description)))
        }
      }
    } catch {
      if !body.isEmpty { seen.append(.body(text(body))) }
      parser.feed(bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
      #expect(throws: error, "a failed parser stays failed") { _ = try parser.nextEvent() }
      return seen + [.error(error)]
    }
  }
  if !body.isEmpty { seen.append(.body(text(body))) }
  return parser.isBetweenRequests ? seen : seen + [.unfinished]
}

/// Parses the same bytes whole, byte by byte, cut in two at every position and with a second request behind them, and
/// expects the same events each time.
/// - Returns: The events.
@discardableResult
func verified(
  _ input: [UInt8], limits: HTTPLimits = HTTPLimits(), location: SourceLocation = #_sourceLocation
) -> [Seen] {
  let whole = events(of: [input], limits: limits)
  let single = events(of: input.map { [$0] }, limits: limits)
  #expect(single == whole, "byte by byte", sourceLocation: location)
  // Long inputs test limits; their cuts are sampled to keep the suite fast.
  for cut in stride(from: 1, to: input.count, by: max(1, input.count / 500)) {
    let halves = events(of: [Array(input[..<cut]), Array(input[cut...])], limits: limits)
    if halves != whole { #expect(halves == whole, "cut at \(cut)", sourceLocation: location) }
  }
  if case .end = whole.last {
    let next = bytes("GET /next HTTP/1.1\r\nHost: n\r\n\r\n")
    let both = events(of: [input + next], limits: HTTPLimits())
    #expect(both == whole + events(of: [next]), "with a request behind it", sourceLocation: location)
  }
  return whole
}

@discardableResult
func verified(_ input: String, limits: HTTPLimits = HTTPLimits(), location: SourceLocation = #_sourceLocation) -> [Seen]
{
  verified(bytes(input), limits: limits, location: location)
}

/// The error that the bytes are refused with; nil: they are not.
func refusal(
  of input: String, limits: HTTPLimits = HTTPLimits(), location: SourceLocation = #_sourceLocation
) -> HTTPParseError? {
  guard case .error(let error) = verified(input, limits: limits, location: location).last else { return nil }
  return error
}

/// The head of a request that is valid.
func head(_ input: String) throws -> RequestHead {
  var parser = RequestParser()
  parser.feed(bytes(input))
  guard case .head(let head, _) = try parser.nextEvent() else {
    throw HTTPParseError.invalidMethod
  }
  return head
}
