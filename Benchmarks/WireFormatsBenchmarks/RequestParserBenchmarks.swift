import Benchmark
import WireFormats

/// From received bytes to `.head`, `.body` and `.end`, with one parser for many requests as on a connection that is kept.
func requestParserBenchmarks() {
  benchmarkParser("GET of an SDK", requests: 1, [Requests.ofSDK])
  benchmarkParser("GET of a browser", requests: 1, [Requests.ofBrowser])
  benchmarkParser("POST with 2 KiB of body", requests: 1, [Requests.ofMessage])
  benchmarkParser("16 pipelined GETs", requests: 16, [Array(repeatElement(Requests.ofSDK, count: 16).joined())])
  benchmarkParser("GET byte by byte", requests: 1, Requests.ofSDK.map { [$0] })
}

private func benchmarkParser(_ name: String, requests: Int, _ pieces: [[UInt8]]) {
  Benchmark("RequestParser, \(name)", configuration: .short(.requests)) { benchmark in
    var parser = RequestParser()
    var ends = 0
    try benchmark.measure(requests, .requests) {
      for piece in pieces {
        piece.withUnsafeBytes { parser.feed($0) }
        while let event = try parser.nextEvent() {
          if case .end = event { ends += 1 }
          blackHole(event)
        }
      }
    }
    precondition(ends == requests * benchmark.scaledIterations.count)
  }
}
