import Benchmark
import WireFormats

/// An answer that a model streams: 1,000 events of one token, about 60 bytes each; and one event of 1 MiB.
func eventStreamBenchmarks() {
  benchmarkDecoder("1,000 token events", .events, amount: 1_000, events: 1_000) { [tokenStream()] }
  benchmarkDecoder("1,000 token events in 7-byte pieces", .events, amount: 1_000, events: 1_000) {
    let stream = tokenStream()
    return stride(from: 0, to: stream.count, by: 7).map { Array(stream[$0..<min($0 + 7, stream.count)]) }
  }
  benchmarkDecoder("one 1 MiB event", .megabytes, amount: 1 << 20, events: 1) {
    [event(Prose.text(byteCount: 1 << 20))]
  }

  Benchmark("SSELineDecoder, 1,000 token events", configuration: .long(.events)) { benchmark, stream in
    var lines = 0
    try benchmark.measure(1_000, .events) {
      var decoder = SSELineDecoder()
      decoder.feed(stream)
      while try decoder.nextLine() != nil { lines += 1 }
    }
    precondition(lines == 2_000 * benchmark.scaledIterations.count)
  } setup: {
    tokenStream()
  }

  Benchmark("SSEBoundaryScanner, 1,000 token events", configuration: .long(.events)) { benchmark, stream in
    benchmark.measure(1_000, .events) {
      var scanner = SSEBoundaryScanner()
      precondition(scanner.lastBoundary(in: stream) == stream.count)
    }
  } setup: {
    tokenStream()
  }
}

private func benchmarkDecoder(
  _ name: String, _ rate: Rate, amount: Int, events: Int, pieces: @escaping () -> [[UInt8]]
) {
  Benchmark("SSEDecoder, \(name)", configuration: .long(rate)) { benchmark, pieces in
    var seen = 0
    try benchmark.measure(amount, rate) {
      var decoder = SSEDecoder()
      for piece in pieces {
        decoder.feed(piece)
        while let event = try decoder.nextEvent() {
          seen += 1
          blackHole(event)
        }
      }
    }
    precondition(seen == events * benchmark.scaledIterations.count)
  } setup: {
    pieces()
  }
}

private func tokenStream() -> [UInt8] {
  (0..<1_000).flatMap { index in
    let word = Prose.words[index % Prose.words.count]
    return event(Array(#"{"type":"content","content":" \#(word)","model":"gpt-4o"}"#.utf8))
  }
}

private func event(_ data: [UInt8]) -> [UInt8] { Array("data: ".utf8) + data + Array("\n\n".utf8) }
