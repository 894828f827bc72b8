import Benchmark
import HTTPTypes
import LocalServer

let benchmarks: @Sendable () -> Void = {
  let head = HTTPResponse(
    status: .ok, headerFields: [.contentType: "application/json; charset=utf-8", .eTag: #"W/"800-0f8fad5bd9cb""#])
  let body = [UInt8](repeating: UInt8(ascii: "x"), count: 2 << 10)

  // Encoding an answer of the mirror for the first time; from then on it is sent as it is.
  Benchmark(
    "RenderedResponse, 2 KiB of body",
    configuration: .init(
      metrics: [.wallClock, .throughput, .instructions], timeUnits: .nanoseconds, units: [.throughput: .count],
      scalingFactor: .kilo, maxDuration: .seconds(2), maxIterations: 100_000)
  ) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(RenderedResponse(head: head, body: body)) }
  }
}
