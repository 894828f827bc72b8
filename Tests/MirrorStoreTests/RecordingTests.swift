import Testing

@testable import MirrorStore

@Suite struct RecordingTests {
  private func recording(_ bytes: Int, at time: Int64 = 0) -> StreamRecording {
    StreamRecording(
      status: 200, fields: [.init(name: "Content-Type", value: "text/event-stream")],
      bytes: [UInt8](repeating: 65, count: bytes),
      pieces: [.init(milliseconds: 0, byteCount: 1), .init(milliseconds: 70_000, byteCount: UInt32(bytes - 1))],
      startedAt: UnixTime(milliseconds: time))
  }

  private func save(_ recording: StreamRecording, _ message: String, _ mirror: Mirror, bytesMax: Int64 = .max)
    async throws
  {
    try await mirror.store.saveRecording(
      recording, conversation: "c", completeEventData: Array(#"{"message":{"id":"\#(message)"}}"#.utf8),
      bytesMax: bytesMax, account: mirror.account)
  }

  @Test func aRecordingComesBackAsItWas() async throws {
    let mirror = try await Mirror()
    try await save(recording(1000, at: 7), "m", mirror)
    #expect(try mirror.store.recording(ofMessage: "m") == recording(1000, at: 7))
    #expect(try mirror.store.recording(ofMessage: "n") == nil)
    let summary = try #require(try mirror.store.recordings(limit: 5).first)
    #expect(summary.messageID == "m" && summary.byteCount == 1000 && summary.pieceCount == 2)
    #expect(summary.milliseconds == 70_000)
  }

  @Test func theOldestGoFirst() async throws {
    let mirror = try await Mirror()
    for number in 1...10 { try await save(recording(1000), "m\(number)", mirror, bytesMax: 3500) }
    #expect(try mirror.store.recordings(limit: 20).map(\.messageID) == ["m10", "m9", "m8"])
  }

  @Test func aRecordingGoesWithItsMessageOrConversation() async throws {
    let mirror = try await Mirror()
    try await mirror.show(mainMessages("c"), messages(message("m1"), message("m2")))
    for id in ["m1", "m2", "m3"] { try await save(recording(10), id, mirror) }
    try await mirror.write(.deleteMessage("m1"))
    #expect(try mirror.store.recordings(limit: 5).map(\.messageID) == ["m3", "m2"])
    try await mirror.write(.deleteConversation("c"))
    #expect(try mirror.store.recordings(limit: 5).isEmpty)
  }

  @Test func aDamagedPaceIsOnePiece() {
    for pace in [[], [1], [1, 0, 0, 0, 5, 0, 0, 0], [0, 0, 0, 0, 255, 255, 255, 255]] as [[UInt8]] {
      #expect(StreamRecording.pieces(fromPace: pace, byteCount: 10) == [.init(milliseconds: 0, byteCount: 10)])
    }
  }
}
