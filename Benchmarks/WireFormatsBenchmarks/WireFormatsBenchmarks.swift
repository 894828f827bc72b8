import Benchmark

let benchmarks: @Sendable () -> Void = {
  requestParserBenchmarks()
  requestHeadBenchmarks()
  chunkedDecoderBenchmarks()
  responseEncoderBenchmarks()
  eventStreamBenchmarks()
  inflaterBenchmarks()
}
