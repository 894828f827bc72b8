extension Pages {
  /// The tokens of the answers that went through the daemon: a chart by day, and a table by day and model.
  public static func usage(_ view: UsageView, frame: PageFrame) -> [UInt8] {
    document(
      frame,
      main: """
        <div class="heading">
        <h1>Usage</h1>
        <ul class="facts"><li>The last \(view.days.count) days</li><li>Answers that went through this daemon, as ChatRoutes \
        counted them</li></ul>
        </div>
        \(content(view))
        """)
  }

  private static func content(_ view: UsageView) -> HTML {
    guard !view.rows.isEmpty else {
      return """
        <section class="empty">
        <h2>Nothing counted yet</h2>
        <p>Each message that an app sends through the daemon tells what its answer cost. It appears here from then on.</p>
        </section>
        """
    }
    return """
      <section aria-labelledby="chart">
      <h2 id="chart">Tokens by day</h2>
      <p class="legend">The lower part of each bar is what was sent, the upper part what was answered.</p>
      <div class="picture" role="region" aria-label="Chart, can be scrolled" tabindex="0">
      \(UsageChart(view).svg)</div>
      </section>
      <section aria-labelledby="days">
      <h2 id="days">By day and model</h2>
      <div class="picture" role="region" aria-label="Table, can be scrolled" tabindex="0">
      <table>
      <thead><tr><th scope="col">Day</th><th scope="col">Model</th><th scope="col">Answers</th>\
      <th scope="col">Tokens sent</th><th scope="col">Tokens answered</th></tr></thead>
      <tbody>
      \(view.rows.map(row))</tbody>
      <tfoot>\(total(view))</tfoot>
      </table>
      </div>
      </section>
      """
  }

  private static func row(_ row: UsageView.Row) -> HTML {
    """
    <tr><th scope="row">\(row.day)</th><td><bdi>\(Wording.clipped(row.model ?? "not said", to: 60))</bdi></td>\
    \(cells(row.answers, row.promptTokens, row.completionTokens))</tr>

    """
  }

  private static func total(_ view: UsageView) -> HTML {
    func sum(_ part: (UsageView.Row) -> Int) -> Int {
      view.rows.reduce(0) { sum, row in
        let (added, isTooMuch) = sum.addingReportingOverflow(part(row))
        return isTooMuch ? .max : added
      }
    }
    return """
      <tr><th scope="row">All</th><td></td>\(cells(sum(\.answers), sum(\.promptTokens), sum(\.completionTokens)))</tr>
      """
  }

  private static func cells(_ numbers: Int...) -> HTML {
    "\(numbers.map { number -> HTML in "<td class=\"number\">\(Wording.grouped(number))</td>" })"
  }
}

/// Draws the tokens of each day as a bar of two parts.
struct UsageChart {
  private struct Bar {
    let day: String
    let prompt: Double
    let completion: Double
    var total: Double { prompt + completion }
  }

  private let bars: [Bar]

  private static let (barWidth, gap, height, margin) = (20, 6, 180, 28)

  init(_ view: UsageView) {
    let rows = Dictionary(grouping: view.rows, by: \.day)
    bars = view.days.map { day in
      let rows = rows[day] ?? []
      return Bar(
        day: day, prompt: rows.reduce(0) { $0 + max(0, Double($1.promptTokens)) },
        completion: rows.reduce(0) { $0 + max(0, Double($1.completionTokens)) })
    }
  }

  var svg: HTML {
    let width = bars.count * (Self.barWidth + Self.gap) + 2 * Self.margin
    let height = Self.height + 2 * Self.margin
    return """
      <svg class="chart" xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" aria-label="Tokens by day; the table below has the numbers">
      <path class="axis" d="M\(Self.margin) \(bottom)H\(width - Self.margin)" />
      <text x="\(Self.margin)" y="16">\(Wording.grouped(Int(nearest: most))) tokens at the most</text>
      \(bars.indices.map(bar))</svg>

      """
  }

  private var bottom: Int { Self.margin + Self.height }
  private var most: Double { bars.map(\.total).max() ?? 0 }

  private func bar(_ index: Int) -> HTML {
    let bar = bars[index]
    let x = Self.margin + index * (Self.barWidth + Self.gap)
    let prompt = scaled(bar.prompt)
    let completion = scaled(bar.total) - prompt
    let says =
      "\(bar.day): \(Wording.grouped(Int(nearest: bar.prompt))) sent, \(Wording.grouped(Int(nearest: bar.completion))) answered"
    let name: HTML =
      (bars.count - 1 - index).isMultiple(of: 7)
      ? "<text class=\"day\" x=\"\(x + Self.barWidth / 2)\" y=\"\(bottom + 18)\">\(bar.day.suffix(5))</text>" : ""
    return """
      <g><title>\(says)</title>\
      <rect class="sent" x="\(x)" y="\(bottom - prompt)" width="\(Self.barWidth)" height="\(prompt)" />\
      <rect class="answered" x="\(x)" y="\(bottom - prompt - completion)" width="\(Self.barWidth)" height="\(completion)" />\
      </g>\(name)

      """
  }

  private func scaled(_ tokens: Double) -> Int {
    most > 0 ? Int((tokens / most * Double(Self.height)).rounded()) : 0
  }
}

extension Int {
  /// The nearest whole number there is.
  fileprivate init(nearest number: Double) {
    self = Int(exactly: number.rounded()) ?? (number < 0 ? .min : .max)
  }
}
