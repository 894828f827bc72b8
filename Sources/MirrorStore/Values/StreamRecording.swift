/// An event stream as it came from the API: its head, its bytes, and when they came.
public struct StreamRecording: Sendable, Equatable {
  /// Bytes that came together.
  public struct Piece: Sendable, Equatable {
    /// Since the head came.
    public var milliseconds: UInt32
    public var byteCount: UInt32

    public init(milliseconds: UInt32, byteCount: UInt32) {
      (self.milliseconds, self.byteCount) = (milliseconds, byteCount)
    }
  }

  public var status: Int
  public var fields: [StoredResponse.Field]
  /// All pieces, one after the other, with their content coding and without their transfer coding.
  public var bytes: [UInt8]
  public var pieces: [Piece]
  /// When the head came.
  public var startedAt: UnixTime

  public init(
    status: Int, fields: [StoredResponse.Field], bytes: [UInt8], pieces: [Piece], startedAt: UnixTime
  ) {
    (self.status, self.fields, self.bytes, self.pieces) = (status, fields, bytes, pieces)
    self.startedAt = startedAt
  }
}

/// A recording in a list of them.
public struct RecordingSummary: Sendable, Equatable {
  /// The id of the message that the stream brought.
  public var messageID: String
  public var conversationID: String
  public var startedAt: UnixTime
  public var byteCount: Int
  public var pieceCount: Int
  /// From the head to the last piece.
  public var milliseconds: Int
}

extension StreamRecording {
  /// Two 32-bit numbers a piece, least significant byte first.
  var pace: [UInt8] {
    pieces.flatMap { piece in
      [piece.milliseconds, piece.byteCount].flatMap { number in
        (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
      }
    }
  }

  /// Pieces that do not add up to the bytes are damaged: the bytes are then one piece.
  static func pieces(fromPace pace: [UInt8], byteCount: Int) -> [Piece] {
    func number(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(pace[at + $1]) << (UInt32($1) * 8) } }
    let pieces = stride(from: 0, through: pace.count - 8, by: 8).map {
      Piece(milliseconds: number($0), byteCount: number($0 + 4))
    }
    let isWhole = pieces.reduce(0) { $0 + Int($1.byteCount) } == byteCount
    return isWhole ? pieces : [Piece(milliseconds: 0, byteCount: UInt32(clamping: byteCount))]
  }
}
