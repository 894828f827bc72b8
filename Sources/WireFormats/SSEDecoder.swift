/// One event of an event stream.
public struct SSEEvent: Sendable, Equatable {
  /// The event's type, `message` if the stream names none.
  public var type: String
  /// The data lines joined by LF, byte for byte.
  public var data: [UInt8]
  /// The last event id at this point of the stream; nil: none was set, or it was reset to nothing.
  public var id: String?
  /// The reconnection time in milliseconds if this event's lines set it.
  public var retry: Int?

  public init(type: String = "message", data: [UInt8], id: String? = nil, retry: Int? = nil) {
    self.type = type
    self.data = data
    self.id = id
    self.retry = retry
  }
}

/// Turns the bytes of an event stream into events (WHATWG HTML §9.2.5, §9.2.6).
///
/// The events do not depend on how the bytes were cut. An event that the stream's end leaves without its empty line is
/// never given, as the standard wants it.
public struct SSEDecoder: Sendable {
  private let eventBytesMax: Int
  private var lines: SSELineDecoder
  private var data: [UInt8] = []
  private var hasData = false
  private var type = ""
  private var retry: Int?
  private var failure: SSEError?

  /// The last event id of the stream, empty if there is none; a block without data can set it, too.
  public private(set) var lastEventID = ""

  /// The stream's reconnection time in milliseconds; nil: never set. A block without data can set it, too.
  public private(set) var reconnectionTime: Int?

  /// - Parameter eventBytesMax: The greatest size of one line and of one event's data, in bytes. The default, 4 MiB, is
  ///   above what a model writes in one answer by three orders of magnitude.
  public init(eventBytesMax: Int = 4 << 20) {
    self.eventBytesMax = eventBytesMax
    lines = SSELineDecoder(lineBytesMax: eventBytesMax)
  }

  /// Takes over bytes that were received. After an error they are ignored.
  public mutating func feed(_ bytes: some Collection<UInt8>) {
    guard failure == nil else { return }
    lines.feed(bytes)
  }

  /// The same for an array, without the look-ups that generic code makes for each piece.
  public mutating func feed(_ bytes: [UInt8]) {
    guard failure == nil else { return }
    lines.feed(bytes)
  }

  /// The next event that has data.
  /// - Returns: nil: more bytes needed.
  /// - Throws: `.eventTooLong`, and from then on each time.
  public mutating func nextEvent() throws(SSEError) -> SSEEvent? {
    if let failure { throw failure }
    do throws(SSEError) {
      while let line = try lines.nextLine() {
        guard line.isEmpty else {
          try process(line)
          continue
        }
        if let event = dispatch() { return event }
      }
      return nil
    } catch {
      failure = error
      (data, lines) = ([], SSELineDecoder(lineBytesMax: eventBytesMax))
      throw error
    }
  }

  /// Whether part of an event has been seen: at the end of a stream, whether it broke off in the middle.
  public var isInsideEvent: Bool { hasData || !type.isEmpty || retry != nil || lines.bufferedBytes > 0 }

  private mutating func process(_ line: ArraySlice<UInt8>) throws(SSEError) {
    let bytes = line.span
    var nameEnd = 0
    while nameEnd < bytes.count, bytes[nameEnd] != ASCII.colon { nameEnd += 1 }
    // A line that begins with a colon is a comment: its field name is empty and means nothing.
    var valueStart = min(nameEnd + 1, bytes.count)
    if valueStart < bytes.count, bytes[valueStart] == ASCII.space { valueStart += 1 }
    try setField(bytes, name: 0..<nameEnd, to: line[(line.startIndex + valueStart)...])
  }

  private mutating func setField(
    _ bytes: Span<UInt8>, name: Range<Int>, to value: ArraySlice<UInt8>
  ) throws(SSEError) {
    if bytes.equals("data", in: name) {
      try append(value)
    } else if bytes.equals("event", in: name) {
      type = String(decoding: value, as: UTF8.self)
    } else if bytes.equals("id", in: name) {
      if !value.contains(0) { lastEventID = String(decoding: value, as: UTF8.self) }
    } else if bytes.equals("retry", in: name), let time = UInt64(decimal: value).flatMap(Int.init(exactly:)) {
      retry = time
      reconnectionTime = time
    }
  }

  private mutating func append(_ value: ArraySlice<UInt8>) throws(SSEError) {
    if hasData { data.append(ASCII.lineFeed) }
    guard data.count + value.count <= eventBytesMax else { throw .eventTooLong(limit: eventBytesMax) }
    data.append(contentsOf: value)
    hasData = true
  }

  /// Ends the event at an empty line. The last event id stays, all else begins anew.
  private mutating func dispatch() -> SSEEvent? {
    defer { (data, hasData, type, retry) = ([], false, "", nil) }
    guard hasData else { return nil }
    return SSEEvent(
      type: type.isEmpty ? "message" : type, data: data, id: lastEventID.isEmpty ? nil : lastEventID, retry: retry)
  }
}
