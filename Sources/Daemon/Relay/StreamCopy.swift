internal import ChatRoutes
internal import WireFormats

/// The decoder's copy of an event stream: finds the `complete` event and gathers the text so far. Never touches the relay;
/// what it cannot understand costs the record only.
struct StreamCopy: ~Copyable {
  private(set) var isComplete = false
  private(set) var isTruncated = false

  /// Of a coding that is not understood here.
  let isUnreadable: Bool

  private let bytesMax: Int
  private var bytes = 0
  private var isBlind: Bool
  private var inflater: Inflater?
  private var decoder: SSEDecoder
  private var completion: [UInt8]?
  /// What content events said, still escaped: the inside of one JSON string. Unescaping each piece would cost more than
  /// relaying it, and the text is wanted only when the stream breaks off.
  private var escapedText: [UInt8] = []
  /// The newest content event, and the newest model that another event named.
  private var lastContent: [UInt8] = []
  private var namedModel: String?

  init(_ coding: ContentCoding, bytesMax: Int) {
    self.bytesMax = bytesMax
    decoder = SSEDecoder(eventBytesMax: bytesMax)
    isUnreadable = coding == .unsupported
    isBlind = isUnreadable
    inflater = coding == .gzip || coding == .deflate ? Inflater() : nil
  }

  /// Reads the next bytes as they came from upstream.
  mutating func feed(_ piece: [UInt8]) {
    guard !isBlind else { return }
    do {
      let plain = try inflater?.inflate(piece, upTo: bytesMax) ?? piece
      bytes += plain.count
      guard bytes <= bytesMax else {
        (isTruncated, isBlind) = (true, true)
        return
      }
      decoder.feed(plain)
      while let event = try decoder.nextEvent() { read(event) }
    } catch {
      // Damaged coding or an event beyond all bounds: the rest cannot be understood, so what was read stays a draft.
      isBlind = true
      isTruncated = (error as? Inflater.InflateError) != .damaged
    }
  }

  /// Whether the `complete` event is here and was not taken.
  var hasCompletion: Bool { completion != nil }

  /// The JSON text of the `complete` event, once.
  mutating func takeCompletion() -> [UInt8]? {
    completion.take()
  }

  /// What the answer says so far.
  var text: String { (try? JSONValue(parsing: [Self.quote] + escapedText + [Self.quote]))?.as(String.self) ?? "" }

  var model: String? {
    (try? JSONValue(parsing: lastContent))?["model"]?.as(String.self) ?? namedModel  // no event yet: no model
  }

  private static let quote = UInt8(ascii: "\"")
  private static let contentStart = Array(#"{"type":"content","content":""#.utf8)

  private mutating func read(_ event: SSEEvent) {
    guard !isComplete, event.data.first == UInt8(ascii: "{") else { return }
    guard event.data.starts(with: Self.contentStart),
      let end = Self.endOfString(event.data, from: Self.contentStart.count)
    else { return takeApart(event.data) }
    escapedText += event.data[Self.contentStart.count..<end]
    lastContent = event.data
  }

  /// Where the quote stands that ends a string; nil: nowhere.
  private static func endOfString(_ data: [UInt8], from start: Int) -> Int? {
    var index = start
    while index < data.count, data[index] != quote { index += data[index] == UInt8(ascii: "\\") ? 2 : 1 }
    return index < data.count ? index : nil
  }

  /// Reads an event that is not written as content events are.
  private mutating func takeApart(_ data: [UInt8]) {
    // An event that is no such JSON is relayed and means nothing here.
    guard let chunk = try? JSONValue(parsing: data) else { return }
    if let model = chunk["model"]?.as(String.self) { (namedModel, lastContent) = (model, []) }
    switch chunk["type"]?.as(String.self) {
    case "complete":
      (isComplete, completion) = (true, data)
      (escapedText, lastContent) = ([], [])
    case "content":
      let quoted = JSONText.quoted(chunk["content"]?.as(String.self) ?? "")
      escapedText += quoted.utf8.dropFirst().dropLast()
    default: return
    }
  }
}
