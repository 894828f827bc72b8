import Benchmark
import MirrorStore

let benchmarks: @Sendable () -> Void = {
  answeringBenchmarks()
  searchBenchmarks()
  savingBenchmarks()
  openingBenchmark()
}

extension Benchmark.Configuration {
  /// For an operation of at least 10 µs. The throughput is there because the export that holds percentiles asks for it.
  static var mirror: Self {
    .init(
      metrics: [.wallClock, .throughput], timeUnits: .microseconds, warmupIterations: 20, scalingFactor: .one,
      maxDuration: .seconds(5), maxIterations: 10_000)
  }
}

private func openingBenchmark() {
  Benchmark("Open", configuration: .mirror) { benchmark, path in
    benchmark.startMeasurement()
    let store = try MirrorStore.open(.file(path))
    benchmark.stopMeasurement()
    try store.close()
  } setup: {
    try await KeptMirror.path()
  }
}
