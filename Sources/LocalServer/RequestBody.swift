public import WireFormats

/// The body of one request, read from the socket only as fast as it is asked for.
///
/// The first ask sends `100 Continue` when the client waits for it. A body can be read once, by one task at a time, while
/// its request is being answered.
public struct RequestBody: AsyncSequence, Sendable {
  public typealias Element = [UInt8]
  public typealias Failure = any Error

  /// How the body ends.
  public let framing: BodyFraming

  private let source: Source

  private enum Source: Sendable {
    case connection(Connection, number: UInt64)
    case bytes([UInt8])
  }

  init(framing: BodyFraming, connection: Connection, number: UInt64) {
    self.framing = framing
    source = .connection(connection, number: number)
  }

  /// A body that is here already, for requests that came over no connection.
  public init(bytes: [UInt8] = []) {
    framing = bytes.isEmpty ? .none : .length(UInt64(bytes.count))
    source = .bytes(bytes)
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(body: self)
  }

  public struct Iterator: AsyncIteratorProtocol {
    let body: RequestBody
    private var isAtStart = true

    init(body: RequestBody) {
      self.body = body
    }

    /// The next bytes, never none; nil: the body is complete.
    /// - Throws: `ConnectionError`: the client left or stalled, or what it sends is no body.
    public mutating func next() async throws -> [UInt8]? {
      defer { isAtStart = false }
      return try await body.next(isAtStart: isAtStart)
    }
  }

  /// Reads the whole body.
  /// - Throws: `ConnectionError.bodyTooLong` as soon as it is known to exceed the bound, otherwise as reading does.
  public func collect(upTo bytesMax: Int) async throws -> [UInt8] {
    let excess = ConnectionError.bodyTooLong(bytesMax: UInt64(bytesMax))
    if case .length(let length) = framing, length > bytesMax { throw excess }
    var whole: [UInt8] = []
    for try await piece in self {
      guard whole.count + piece.count <= bytesMax else { throw excess }
      if whole.isEmpty { whole = piece } else { whole.append(contentsOf: piece) }
    }
    return whole
  }

  private func next(isAtStart: Bool) async throws(ConnectionError) -> [UInt8]? {
    switch (framing, source) {
    case (.none, _), (.length(0), _): nil
    case (_, .bytes(let bytes)): isAtStart ? bytes : nil
    case (_, .connection(let connection, let number)):
      try await connection.onLoop { () throws(ConnectionError) in try await connection.nextPiece(of: number) }
    }
  }
}
