internal import ChatRoutes
internal import WireFormats

/// The decoder's copy of an event stream: finds the `complete` event and gathers the text so far. Never touches the relay;
/// what it cannot understand costs the record only.
struct StreamCopy: ~Copyable {
  private(set) var isComplete = false
  private(set) var isTruncated = false
  private(set) var text = ""
  private(set) var model: String?

  /// Of a coding that is not understood here.
  let isUnreadable: Bool

  private let bytesMax: Int
  private var bytes = 0
  private var isBlind: Bool
  private var inflater: Inflater?
  private var decoder: SSEDecoder
  private var completion: [UInt8]?
  /// Content events that nobody has looked into yet, a line feed behind each.
  private var pending: [UInt8] = []

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

  /// The JSON text of the `complete` event, once.
  mutating func takeCompletion() -> [UInt8]? {
    completion.take()
  }

  /// Adds what content events said to `text`. Their text is wanted only when the stream breaks off, and looking into each
  /// costs more than relaying it: so they are kept as they came, up to a bound.
  mutating func takePendingApart() {
    for data in pending.split(separator: UInt8(ascii: "\n")) { takeApart(Array(data)) }
    pending = []
  }

  private static let pendingBytesMax = 16 << 10
  private static let contentStart = Array(#"{"type":"content","#.utf8)

  private mutating func read(_ event: SSEEvent) {
    guard !isComplete, event.data.first == UInt8(ascii: "{") else { return }
    guard event.data.starts(with: Self.contentStart), !event.data.contains(UInt8(ascii: "\n")) else {
      takePendingApart()
      return takeApart(event.data)
    }
    pending += event.data
    pending.append(UInt8(ascii: "\n"))
    if pending.count > Self.pendingBytesMax { takePendingApart() }
  }

  private mutating func takeApart(_ data: [UInt8]) {
    // An event that is no such JSON is relayed and means nothing here.
    guard let chunk = try? JSONValue(parsing: data) else { return }
    model = chunk["model"]?.as(String.self) ?? model
    switch chunk["type"]?.as(String.self) {
    case "complete":
      isComplete = true
      completion = data
      (text, pending) = ("", [])
    case "content": text += chunk["content"]?.as(String.self) ?? ""
    default: return
    }
  }
}
