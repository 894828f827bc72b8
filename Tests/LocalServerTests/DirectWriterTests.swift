import Dispatch
import HTTPTypes
import LocalServer
import Synchronization
import Testing
import WireFormats

/// Pieces of a body that go to the client's socket from other threads.
@Suite(.timeLimit(.minutes(1)))
struct DirectWriterTests {
  private static func onAnotherThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: body()) }
    }
  }

  /// What a closure that writes a body found, to be looked at by the test.
  private final class Findings: Sendable {
    private let values = Mutex<[String]>([])
    func note(_ value: some Any & Sendable) { values.withLock { $0.append("\(value)") } }
    var all: [String] { values.withLock { $0 } }
  }

  @Test(arguments: ["HTTP/1.1", "HTTP/1.0"])
  func piecesFromElsewhereKeepOrderAndFraming(version: String) async throws {
    let findings = Findings()
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          for text in ["a", "b"] {
            try await writer.write(Array("\(text)1 ".utf8))
            let direct = try #require(writer.lend())
            for number in 2...4 {
              findings.note(await Self.onAnotherThread { direct.write(Array("\(text)\(number) ".utf8)) })
            }
            try await writer.takeBack(direct)
            findings.note(direct.write(Array("late".utf8)))
          }
        })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / \(version)\r\nHost: x\r\n\r\n")
      #expect(try await client.answer().text == "a1 a2 a3 a4 b1 b2 b3 b4 ")
      #expect(findings.all == ["sent", "sent", "sent", "refused", "sent", "sent", "sent", "refused"])
    }
  }

  /// The head has left before another thread may write.
  @Test func theHeadGoesFirst() async throws {
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          let direct = try #require(writer.lend())
          _ = await Self.onAnotherThread { direct.write(Array("all".utf8)) }
          try await writer.takeBack(direct)
        })
    } _: { _, address in
      let client = try TestClient(address)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try await client.answer().text == "all")
    }
  }

  /// How a closure goes on while the loan lasts.
  enum Sequel: CaseIterable { case takesBack, writes, returns, throwsAnError }

  @Test(arguments: Sequel.allCases)
  func whatTheKernelDoesNotTakeIsSentByTheLoop(sequel: Sequel) async throws {
    let piece = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
    let full = Gate()
    let written = Mutex(0)
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          let direct = try #require(writer.lend())
          let count = await Self.onAnotherThread { () -> Int in
            for count in 1...10_000 where direct.write(piece) != .sent { return count }
            return 0
          }
          // The rest waits for the loop; nothing can overtake it.
          #expect(direct.write(piece) == .refused)
          written.withLock { $0 = count }
          full.open()
          switch sequel {
          case .takesBack: try await writer.takeBack(direct)
          case .writes:
            try await writer.write(piece)
            written.withLock { $0 += 1 }
          case .returns: break
          case .throwsAnError: throw CancellationError()
          }
        })
    } _: { _, address in
      let client = try TestClient(address, receiveBuffer: 4096)
      try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      await full.wait()
      if sequel == .throwsAnError {
        let bytes = try await client.untilClosed()
        #expect(!bytes.hasSuffix("\r\n0\r\n\r\n"))
        return
      }
      let body = try await client.answer().body
      let count = written.withLock { $0 }
      #expect(count > 1 && body.count == count * piece.count)
      #expect(
        stride(from: 0, to: body.count, by: piece.count).allSatisfy {
          body[$0..<min($0 + piece.count, body.count)].elementsEqual(piece)
        })
    }
  }

  @Test func aClientThatHasGoneIsNoticedByTheLoop() async throws {
    let (gone, findings, done) = (Gate(), Findings(), Gate())
    try await withServer { _ in
      Response(
        status: .ok,
        body: .stream(length: nil) { writer in
          defer { done.open() }
          let direct = try #require(writer.lend())
          await gone.wait()
          let outcome = await Self.onAnotherThread { () -> DirectWriter.Outcome in
            for _ in 1...1000 {
              let outcome = direct.write([UInt8](repeating: 7, count: 10_000))
              if outcome != .sent { return outcome }
            }
            return .sent
          }
          findings.note(outcome)
          do { try await writer.takeBack(direct) } catch { findings.note(error) }
        })
    } _: { _, address in
      do {
        let client = try TestClient(address)
        try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await client.through("\r\n\r\n")
      }
      gone.open()
      await done.wait()
      #expect(findings.all.count == 2 && findings.all.first == "kept" && findings.all[1].contains("client"))
    }
  }

  @Test func aLoanIsNotGivenWhereItCouldDoHarm() async throws {
    let findings = Findings()
    try await withServer { request in
      let isPromised = request.head.target.elementsEqual("/promised".utf8)
      return Response(
        status: .ok,
        body: .stream(length: isPromised ? 2 : nil) { writer in
          findings.note(await Task.detached { writer.lend() == nil }.value)
          let direct = writer.lend()
          findings.note(direct == nil)
          // One is out already, or none ever comes.
          findings.note(writer.lend() == nil)
          if let direct { try await writer.takeBack(direct) }
          try await writer.write(Array("ok".utf8))
        })
    } _: { _, address in
      let client = try TestClient(address)
      for target in ["/promised", "/"] {
        try await client.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await client.answer().text == "ok")
      }
      #expect(findings.all == ["true", "true", "true", "true", "false", "true"])
    }
  }
}
