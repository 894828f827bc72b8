import Foundation
import Glibc
import Testing

/// What goes wrong beside a stream never reaches it.
@Suite(.timeLimit(.minutes(2))) struct StreamTroubleTests {
  private static func events(_ id: String) -> [String] {
    [
      #"data: {"type":"content","content":"Hé","model":"gpt-5-x"}"#,
      #"data: {"type":"complete","message":{"id":"\#(id)","role":"assistant","content":"Hé"},"model":"gpt-5-x","#
        + #""usage":{"promptTokens":8,"completionTokens":2,"totalTokens":10}}"#,
      "data: [DONE]",
    ].map { $0 + "\n\n" }
  }

  /// Relays one whole stream; its client must get every byte and the end.
  private func relay(
    _ daemon: Program, _ upstream: ScriptedUpstream, conversation: String, id: String
  ) async throws {
    let (client, call) = try await daemon.beginStream(upstream, conversation: conversation)
    let events = Self.events(id)
    try await call.send(StreamOutcomeTests.head + "Connection: close\r\n\r\n")
    for event in events { try await call.send(event) }
    call.finishSending()
    #expect(try await client.answer().text == events.joined())
  }

  // MARK: The mirror

  @Test func modelAndUsageAreRecorded() async throws {
    let (folder, upstream) = (try Folder(), try ScriptedUpstream())
    let daemon = try await Program.daemon(in: folder, upstream: upstream.port)
    try await relay(daemon, upstream, conversation: "c1", id: "m1")
    try await daemon.expectRecord("2 messages, 0 drafts, streamsComplete")
    #expect(await daemon.terminate() == 0)
    let shown = try await Program.run(["show", "c1", "--json", "--database", folder.file("mirror.sqlite")])
    for part in [#""model" : "gpt-5-x""#, #""promptTokens" : 8"#, #""completionTokens" : 2"#, #""totalTokens" : 10"#] {
      #expect(shown.output.contains(part), "\(shown)")
    }
  }

  /// Another program holds the mirror: the terminal event waits a moment, the record waits until the mirror is free.
  @Test func aLockedMirrorCostsNoStreamAndNoRecord() async throws {
    let (folder, upstream) = (try Folder(), try ScriptedUpstream())
    let daemon = try await Program.daemon(in: folder, upstream: upstream.port)
    try await relay(daemon, upstream, conversation: "c1", id: "m1")
    try await daemon.expectRecord("2 messages, 0 drafts, streamsComplete")
    let lock = try WriterLock(onMirror: folder.file("mirror.sqlite"))
    for number in 2...5 { try await relay(daemon, upstream, conversation: "c\(number)", id: "m\(number)") }
    try await daemon.expectRecord("2 messages, 0 drafts, streamsComplete")
    lock.release()
    try await daemon.expectRecord("10 messages, 0 drafts, streamsComplete")
    #expect(await daemon.terminate() == 0)
  }

  /// The file is overwritten under the running daemon: streams go on, and later so does recording, in a new file.
  @Test func aDamagedMirrorCostsTheRecordOnly() async throws {
    let (folder, upstream) = (try Folder(), try ScriptedUpstream())
    let daemon = try await Program.daemon(in: folder, upstream: upstream.port)
    try await relay(daemon, upstream, conversation: "c1", id: "m1")
    try await daemon.expectRecord("2 messages, 0 drafts, streamsComplete")
    for suffix in ["", "-wal"] {
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.file("mirror.sqlite" + suffix)))
      let size = try file.seekToEnd()
      try file.seek(toOffset: 0)
      try file.write(contentsOf: Data(repeating: 0x5A, count: Int(size)))
      try file.close()
    }
    for number in 2...5 { try await relay(daemon, upstream, conversation: "c\(number)", id: "m\(number)") }
    #expect(await daemon.terminate() == 0)

    // Noticed by the first that looks into the file, at the latest by the next start.
    let next = try await Program.daemon(in: folder, upstream: upstream.port)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.contains(".damaged-") })
    try await relay(next, upstream, conversation: "d1", id: "n1")
    try await next.expectRecord("2 messages, 0 drafts, streamsComplete")
    #expect(await next.terminate() == 0)
  }

  /// The decoder gives up; the client's bytes are upstream's all the same.
  @Test func aDamagedCodingIsRelayedAsItIs() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port) { daemon in
      let (client, call) = try await daemon.beginStream(upstream, fields: "Accept-Encoding: gzip\r\n")
      let bytes = Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + (0..<200).map { $0 &* 37 | 6 })
      try await call.send(
        StreamOutcomeTests.head + "Content-Encoding: gzip\r\nContent-Length: \(bytes.count)\r\n\r\n")
      try await call.send(bytes)
      #expect(try await client.answer().body == bytes)
      try await daemon.expectRecord("0 messages, 1 drafts, streamsInterrupted")
    }
  }

  // MARK: Others

  /// One client stops reading while megabytes come for it; each event for another arrives before its next is sent.
  @Test func aClientThatDoesNotReadHoldsNoOtherStreamUp() async throws {
    let upstream = try ScriptedUpstream()
    try await Program.withDaemon(upstream: upstream.port, ["DRAIN_DEADLINE": "1"]) { daemon in
      let slow = try await daemon.beginStream(upstream, receiveBuffer: 4096, conversation: "slow")
      let quick = try await daemon.beginStream(upstream, conversation: "quick")
      for call in [slow.call, quick.call] { try await call.send(StreamOutcomeTests.chunkedHead) }
      let long = #"data: {"type":"content","content":""# + String(repeating: "x", count: 60_000) + "\"}\n\n"
      var (rest, flooded) = (Data(), 0)
      func flood() {
        while true {
          if rest.isEmpty { rest = Data(httpChunk(long).utf8) }
          let count = slow.call.sendWhatFits(rest)
          guard count > 0 else { return }
          (rest, flooded) = (rest.dropFirst(count), flooded + count)
        }
      }
      #expect(try await quick.client.head().status == 200)
      for number in 0..<300 {
        let event = httpChunk("data: {\"type\":\"content\",\"content\":\"\(number)\"}\n\n")
        try await quick.call.send(event)
        #expect(try await quick.client.take(event.utf8.count) == Data(event.utf8))
        flood()
      }
      // The client's back-pressure has reached upstream: the daemon holds little of it.
      #expect(flooded > 500_000 && rest.count > 0, "\(flooded)")
      slow.client.reset()
      withExtendedLifetime(slow) {}
    }
  }
}

/// The lock that another program's transaction takes on a mirror in WAL mode: byte 120 of its `-shm` file
/// (https://sqlite.org/walformat.html, "WAL Locks").
private final class WriterLock {
  private let descriptor: CInt

  init(onMirror path: String) throws {
    descriptor = open(path + "-shm", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXError(.ENOENT) }
    var lock = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 120, l_len: 1, l_pid: 0)
    // The daemon may be writing just now.
    for _ in 1...1000 where fcntl(descriptor, F_SETLK, &lock) != 0 { usleep(1000) }
    guard fcntl(descriptor, F_SETLK, &lock) == 0 else { throw POSIXError(.EDEADLK) }
  }

  func release() { close(descriptor) }
}
