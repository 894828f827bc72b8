import Testing

@testable import Daemon

@Suite struct RelayPipeTests {
  private func nextEvents(_ pipe: RelayPipe, _ cut: inout EventCut, hold: Duration = .seconds(60)) async throws
    -> String?
  {
    try await pipe.nextEvents(hold: hold, bytesMax: 64, cut: &cut).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func bytesComeOutInOrderAndThenTheEnd() async throws {
    let pipe = RelayPipe()
    _ = await pipe.push(Array("ab".utf8))
    _ = await pipe.push(Array("cd".utf8))
    pipe.finish()
    #expect(try await pipe.next() == Array("abcd".utf8))
    #expect(try await pipe.next() == nil)
  }

  @Test func aFailureComesAfterTheBytesBeforeIt() async throws {
    struct Broken: Error {}
    let pipe = RelayPipe()
    _ = await pipe.push([1])
    pipe.finish(failure: Broken())
    #expect(try await pipe.next() == [1])
    await #expect(throws: Broken.self) { try await pipe.next() }
  }

  @Test func aFullPipeHoldsTheProducerUntilThereIsRoom() async throws {
    let pipe = RelayPipe()
    let full = [UInt8](repeating: 7, count: RelayPipe.capacity)
    _ = await pipe.push(full)
    let producer = Task { await pipe.push([8]) }
    #expect(try await pipe.next() == full)
    #expect(await producer.value)
    #expect(try await pipe.next() == [8])
  }

  @Test func aConsumerThatLeavesFreesTheProducer() async {
    let pipe = RelayPipe()
    _ = await pipe.push([UInt8](repeating: 7, count: RelayPipe.capacity))
    let producer = Task { await pipe.push([8]) }
    pipe.abandon()
    #expect(await producer.value == false)
    #expect(await pipe.push([9]) == false)
  }

  @Test func aWholeEventGoesAtOnceAndAPartIsHeld() async throws {
    let pipe = RelayPipe()
    var cut = EventCut()
    _ = await pipe.push(Array("data: 1\n\ndata: 2".utf8))
    #expect(try await nextEvents(pipe, &cut) == "data: 1\n\n")
    _ = await pipe.push(Array("\n\n".utf8))
    #expect(try await nextEvents(pipe, &cut) == "data: 2\n\n")
  }

  @Test func aPartIsHeldOnlySoLong() async throws {
    let pipe = RelayPipe()
    var cut = EventCut()
    _ = await pipe.push(Array("data: 1".utf8))
    #expect(try await nextEvents(pipe, &cut, hold: .milliseconds(1)) == "data: 1")
    _ = await pipe.push(Array("\n\n".utf8))
    #expect(try await nextEvents(pipe, &cut) == "\n\n")
  }

  /// Bytes that keep dribbling in do not put the release off.
  @Test func newBytesDoNotStartTheHoldAnew() async throws {
    let pipe = RelayPipe()
    var cut = EventCut()
    let dribble = Task {
      while await pipe.push([UInt8(ascii: "x")]) { try? await Task.sleep(for: .milliseconds(1)) }
    }
    let released = try await pipe.nextEvents(hold: .milliseconds(20), bytesMax: 1 << 20, cut: &cut)
    #expect((released?.count ?? 0) < 1000)
    pipe.abandon()
    await dribble.value
  }

  @Test func aConsumerThatSaysNothingIsGivenUp() async {
    let pipe = RelayPipe(consumerSilenceMax: .milliseconds(1))
    _ = await pipe.push([UInt8](repeating: 7, count: RelayPipe.capacity))
    #expect(await pipe.push([8]) == false)
    #expect(pipe.isAbandoned)
  }

  @Test func aCancelledProducerDoesNotWaitForRoom() async {
    let pipe = RelayPipe()
    _ = await pipe.push([UInt8](repeating: 7, count: RelayPipe.capacity))
    let producer = Task { await pipe.push([8]) }
    producer.cancel()
    #expect(await producer.value == false)
  }

  @Test func aPartIsHeldOnlyUpToSoManyBytes() async throws {
    let pipe = RelayPipe()
    var cut = EventCut()
    let long = "data: " + String(repeating: "x", count: 80)
    _ = await pipe.push(Array(long.utf8))
    #expect(try await nextEvents(pipe, &cut) == long)
  }

  @Test func theEndLetsAPartGo() async throws {
    let pipe = RelayPipe()
    var cut = EventCut()
    _ = await pipe.push(Array("data: 1\n\ndata: 2".utf8))
    pipe.finish()
    #expect(try await nextEvents(pipe, &cut) == "data: 1\n\n")
    #expect(try await nextEvents(pipe, &cut) == "data: 2")
    #expect(try await nextEvents(pipe, &cut) == nil)
  }

  /// However the bytes come in, they come out the same, and every write but the last ends with an event.
  @Test(arguments: 1...12)
  func cutsNeverChangeTheBytes(piece: Int) async throws {
    let text = "data: one\r\n\r\ndata: two\n\n: ping\n\ndata: drei ü\r\rdata: x\n\n"
    let pipe = RelayPipe()
    let bytes = Array(text.utf8)
    let producer = Task {
      for start in stride(from: 0, to: bytes.count, by: piece) {
        _ = await pipe.push(Array(bytes[start..<min(start + piece, bytes.count)]))
      }
      pipe.finish()
    }
    var cut = EventCut()
    var out: [UInt8] = []
    while let events = try await pipe.nextEvents(hold: .seconds(60), bytesMax: 1024, cut: &cut) { out += events }
    await producer.value
    #expect(out == bytes)
  }
}
