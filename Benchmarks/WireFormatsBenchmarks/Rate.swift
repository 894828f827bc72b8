import Benchmark

/// In what a benchmark counts its throughput.
enum Rate: String {
  case requests = "Requests / s"
  case events = "Events / s"
  case chunks = "Chunks / s"
  /// Millions of bytes.
  case megabytes = "MB / s"

  var metric: BenchmarkMetric { .custom(rawValue, polarity: .prefersLarger, useScalingFactor: false) }
}

extension Benchmark.Configuration {
  /// For an operation of less than 10 µs: a measurement is 1,000 of them, so that reading the clock costs nothing.
  /// - Parameter rate: nil: the throughput counts operations.
  static func short(_ rate: Rate? = nil) -> Self {
    counting(rate, .init(timeUnits: .nanoseconds, scalingFactor: .kilo))
  }

  /// For an operation of at least 10 µs.
  static func long(_ rate: Rate) -> Self {
    counting(rate, .init(timeUnits: .microseconds, scalingFactor: .one))
  }

  /// Fixed units keep the digits that a change of a few percent shows in. Instructions show only where the machine counts
  /// them.
  private static func counting(_ rate: Rate?, _ configuration: Self) -> Self {
    let throughput = rate?.metric ?? .throughput
    var configuration = configuration
    configuration.metrics = [.wallClock, throughput, .instructions]
    configuration.units = [throughput: rate == nil || rate == .megabytes ? .count : .kilo]
    configuration.maxDuration = .seconds(2)
    configuration.maxIterations = 100_000
    return configuration
  }
}

extension Benchmark {
  /// Repeats the operation as often as the configuration scales it and records the throughput.
  /// - Parameter amount: How many requests, events, chunks or bytes one operation works through.
  @inline(__always)
  func measure(_ amount: Int, _ rate: Rate, _ operation: () throws -> Void) rethrows {
    let start = ContinuousClock.now
    for _ in scaledIterations { try operation() }
    let seconds = start.duration(to: .now) / .seconds(1)
    let unit = rate == .megabytes ? 1e6 : 1
    measurement(rate.metric, Int(Double(amount * scaledIterations.count) / unit / seconds))
  }
}
