/// The text that Prometheus reads, version 0.0.4: help and type once a name, then one line a series.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
struct PrometheusText {
  private(set) var text = ""

  mutating func gauge(_ name: String, _ help: String, _ value: some CustomStringConvertible) {
    begin(name, "gauge", help)
    line(name, [], value)
  }

  /// - Parameter name: without `_total`.
  mutating func counter(_ name: String, _ help: String, _ value: some CustomStringConvertible) {
    begin(name + "_total", "counter", help)
    line(name + "_total", [], value)
  }

  mutating func counter(_ name: String, _ help: String, by label: String, _ values: [(String, UInt64)]) {
    counter(name, help, by: [label], values.map { ([$0.0], $0.1) })
  }

  mutating func counter(_ name: String, _ help: String, by labels: [String], _ values: [([String], UInt64)]) {
    begin(name + "_total", "counter", help)
    for (series, value) in values { line(name + "_total", Array(zip(labels, series)), value) }
  }

  mutating func histogram(_ name: String, _ help: String, by label: String, _ values: [(String, Histogram)]) {
    begin(name, "histogram", help)
    for (series, histogram) in values {
      let (upTo, count, sum) = histogram.snapshot
      for (bound, value) in zip(Histogram.bounds, upTo) {
        line(name + "_bucket", [(label, series), ("le", "\(bound)")], value)
      }
      line(name + "_bucket", [(label, series), ("le", "+Inf")], count)
      line(name + "_sum", [(label, series)], sum)
      line(name + "_count", [(label, series)], count)
    }
  }

  private mutating func begin(_ name: String, _ type: String, _ help: String) {
    text += "# HELP chatroutesd_\(name) \(help)\n# TYPE chatroutesd_\(name) \(type)\n"
  }

  /// Label values are words of ours: nothing in them needs escaping.
  private mutating func line(_ name: String, _ labels: [(String, String)], _ value: some CustomStringConvertible) {
    let shown = labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
    text += "chatroutesd_\(name)\(shown.isEmpty ? "" : "{\(shown)}") \(value)\n"
  }

  /// `hitsFresh` → `hits_fresh`.
  static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }
}
