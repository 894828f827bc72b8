import Benchmark
import HTTPTypes
import WireFormats

/// From a head as the handlers make it to bytes, appended to a buffer that has the room already.
func responseEncoderBenchmarks() {
  let response = HTTPResponse(
    status: .ok,
    headerFields: [
      .date: "Sun, 06 Nov 1994 08:49:37 GMT",
      .contentType: "application/json; charset=utf-8",
      .contentLength: "2048",
      .eTag: #"W/"800-0f8fad5bd9cb469fa165""#,
      .cacheControl: "private, max-age=0, must-revalidate",
      .vary: "Authorization, Accept-Encoding",
      .init("Cache-Status")!: "chatroutesd; hit; ttl=41",
      .age: "79",
    ])
  Benchmark("ResponseEncoder, head with 8 fields", configuration: .short()) { benchmark in
    var buffer: [UInt8] = []
    for _ in benchmark.scaledIterations {
      buffer.removeAll(keepingCapacity: true)
      ResponseEncoder.appendHead(response, to: &buffer)
    }
    blackHole(buffer)
  }
}
