internal import Foundation
internal import HTTPTypes
internal import MirrorStore

/// A stream while it is recorded, with its pace. One that is too long is not kept.
struct StreamTape {
  /// A long answer has some hundred kilobytes; what streams under way hold is bounded by this.
  static let bytesMax = 1 << 20

  private let status: Int
  private let fields: HTTPFields
  private let startedAt = ContinuousClock.now
  private let startTime = UnixTime.now
  private(set) var bytes: [UInt8] = []
  private var pieces: [StreamRecording.Piece] = []
  private var isTooLong: Bool

  /// - Parameter isRunning: false: nothing is recorded.
  init(status: Int, fields: HTTPFields, isRunning: Bool) {
    (self.status, self.fields, isTooLong) = (status, fields, !isRunning)
  }

  mutating func add(_ piece: [UInt8]) {
    guard !isTooLong else { return }
    guard bytes.count + piece.count <= Self.bytesMax else {
      (bytes, pieces, isTooLong) = ([], [], true)
      return
    }
    let since = startedAt.duration(to: .now).components
    let milliseconds = since.seconds * 1000 + since.attoseconds / 1_000_000_000_000_000
    bytes += piece
    pieces.append(.init(milliseconds: UInt32(clamping: milliseconds), byteCount: UInt32(piece.count)))
  }

  /// - Parameter storedFields: Chooses the fields that are kept.
  func recording(storedFields: (HTTPFields) -> [StoredResponse.Field]) -> StreamRecording? {
    guard !isTooLong, !pieces.isEmpty else { return nil }
    return StreamRecording(
      status: status, fields: storedFields(fields), bytes: bytes, pieces: pieces, startedAt: startTime)
  }
}
