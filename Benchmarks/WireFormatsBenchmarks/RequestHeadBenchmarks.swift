import Benchmark
import WireFormats

/// What is asked of a head after it was parsed.
func requestHeadBenchmarks() {
  let head = parsedHead(Requests.ofSDK)
  Benchmark("RequestHead, first of Authorization", configuration: .short()) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(head.first("Authorization")) }
  }
  Benchmark("RequestHead, first of an absent field", configuration: .short()) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(head.first("Transfer-Encoding")) }
  }
  Benchmark("RequestHead, keepsAlive", configuration: .short()) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(head.keepsAlive) }
  }
  Benchmark("RequestHead, httpFields", configuration: .short()) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(head.httpFields()) }
  }
}

private func parsedHead(_ bytes: [UInt8]) -> RequestHead {
  var parser = RequestParser()
  parser.feed(bytes)
  guard case .head(let head, _)? = try? parser.nextEvent() else { preconditionFailure("the sample is no request") }
  return head
}
