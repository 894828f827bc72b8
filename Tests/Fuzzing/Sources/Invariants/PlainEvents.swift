import WireFormats

/// An event stream read from the text of WHATWG HTML §9.2.5 and §9.2.6, line by line and with none of the decoder's code.
struct PlainEventStream {
  private(set) var reading = EventReading()
  /// For each event, where the first byte of the line end that completes it ends.
  private(set) var eventEnds: [Int] = []
  private let limit: Int
  private var event = Block()

  /// The lines up to an empty one.
  private struct Block {
    var data: [UInt8]?
    var type = ""
    var retry: Int?
  }

  init(reading bytes: [UInt8], eventBytesMax: Int) {
    limit = eventBytesMax
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var start = bytes.starts(with: mark) ? mark.count : 0
    while let end = bytes[start...].firstIndex(where: Self.isLineEnd) {
      guard end - start <= limit, take(bytes[start..<end]) else {
        reading.error = .eventTooLong(limit: limit)
        return
      }
      if end == start { dispatch(end + 1) }
      start = bytes[end...].starts(with: [0x0D, 0x0A]) ? end + 2 : end + 1
    }
    guard bytes.count - start <= limit else {
      reading.error = .eventTooLong(limit: limit)
      return
    }
    reading.isInsideEvent =
      start < bytes.count || event.data != nil || !event.type.isEmpty || event.retry != nil
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A }

  /// - Returns: Whether the event keeps within the limit.
  private mutating func take(_ line: ArraySlice<UInt8>) -> Bool {
    let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    var value = parts.count == 2 ? parts[1] : []
    if value.first == 0x20 { value.removeFirst() }
    switch String(decoding: parts[0], as: UTF8.self) {
    case "data":
      let data = event.data.map { $0 + [0x0A] + value } ?? Array(value)
      event.data = data
      return data.count <= limit
    case "event":
      event.type = String(decoding: value, as: UTF8.self)
    case "id" where !value.contains(0):
      reading.lastEventID = String(decoding: value, as: UTF8.self)
    case "retry":
      guard let time = PlainBytes.number(value, radix: 10).flatMap(Int.init(exactly:)) else { break }
      (event.retry, reading.reconnectionTime) = (time, time)
    default: break
    }
    return true
  }

  private mutating func dispatch(_ end: Int) {
    if let data = event.data {
      let id = reading.lastEventID
      reading.events.append(
        SSEEvent(
          type: event.type.isEmpty ? "message" : event.type, data: data,
          id: id.isEmpty ? nil : id, retry: event.retry))
      eventEnds.append(end)
    }
    event = Block()
  }

  /// Behind the last empty line; nil: there is none.
  static func lastBoundary(in bytes: [UInt8]) -> Int? {
    var boundary: Int?
    var start = 0
    while let end = bytes[start...].firstIndex(where: isLineEnd) {
      let next = bytes[end...].starts(with: [0x0D, 0x0A]) ? end + 2 : end + 1
      if end == start { boundary = next }
      start = next
    }
    return boundary
  }
}
