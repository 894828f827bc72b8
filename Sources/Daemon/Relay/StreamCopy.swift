internal import ChatRoutes
internal import Foundation
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

  private struct Chunk: Decodable {
    var type: String?
    var content: String?
    var model: String?
  }

  private mutating func read(_ event: SSEEvent) {
    guard !isComplete, event.data.first == UInt8(ascii: "{") else { return }
    // An event that is no such JSON is relayed and means nothing here.
    guard let chunk = try? JSONDecoder().decode(Chunk.self, from: Data(event.data)) else { return }
    model = chunk.model ?? model
    switch chunk.type {
    case "complete":
      isComplete = true
      completion = event.data
      text = ""
    case "content": text += chunk.content ?? ""
    default: return
    }
  }
}
