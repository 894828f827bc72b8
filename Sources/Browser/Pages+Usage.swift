extension Pages {
  /// Calls, streams and tokens of the last days: charts by day, and tables of the same.
  public static func usage(_ view: UsageView, frame: PageFrame) -> [UInt8] {
    let month: HTML = "\(Wording.count(view.callsThisMonth, "call", "calls")) this month; the free plan has 1,000"
    return document(
      frame,
      main: """
        <div class="heading">
        <h1>Usage</h1>
        \(Wording.facts([
          "The last \(view.days.count) days", "What went through this daemon", view.callsThisMonth > 0 ? month : nil,
        ]))
        </div>
        \(content(view))
        """)
  }

  private static func content(_ view: UsageView) -> HTML {
    let days = view.days.filter { !$0.isEmpty }
    guard !view.rows.isEmpty || !days.isEmpty else {
      return """
        <section class="empty">
        <h2>Nothing counted yet</h2>
        <p>Each call that an app makes through the daemon is counted, and each message tells what its answer cost. Both appear \
        here from then on.</p>
        </section>
        """
    }
    return "\(days.isEmpty ? "" : calls(view, days))\(view.rows.isEmpty ? "" : tokens(view))"
  }

  // MARK: Calls

  private static func calls(_ view: UsageView, _ days: [UsageView.Day]) -> HTML {
    let bars = view.days.map { day in
      DayChart.Bar(
        day: day.name, parts: [Double(max(0, day.calls)), Double(max(0, day.savedCalls))],
        says: "\(Wording.count(day.calls, "call", "calls")) sent, \(Wording.grouped(day.savedCalls)) saved")
    }
    let chart = DayChart(
      label: "Calls by day; the table below has the numbers", styles: ["spent", "saved"], bars: bars,
      most: { Wording.count(Int(nearest: $0), "call", "calls") })
    let rows: [HTML] = days.reversed().map { day in
      let size: HTML = "<td class=\"number\">\(day.mirrorBytes.map(ByteSize.text) ?? "")</td>"
      return """
        <tr><th scope="row">\(day.name)</th>\
        \(cells(day.calls, day.failedCalls, day.savedCalls, day.streamsComplete, day.streamsBroken))\(size)</tr>

        """
    }
    return """
      <section aria-labelledby="calls">
      <h2 id="calls">Calls by day</h2>
      <p class="legend"><span class="swatch spent"></span>sent to ChatRoutes <span class="swatch saved"></span>saved: answered \
      from the local copy, or shared</p>
      \(scrolled("Chart of calls", chart.svg, isChart: true))
      \(scrolled("Table of calls", table(["Day", "Sent", "Failed", "Saved", "Streams complete", "Streams broken off", "Local copy"], rows)))
      </section>

      """
  }

  // MARK: Tokens

  private static func tokens(_ view: UsageView) -> HTML {
    let rows = Dictionary(grouping: view.rows, by: \.day)
    let bars = view.days.map { day in
      let rows = rows[day.name] ?? []
      let parts = [\UsageView.Row.promptTokens, \.completionTokens].map { part in
        rows.reduce(0) { $0 + max(0, Double($1[keyPath: part])) }
      }
      return DayChart.Bar(
        day: day.name, parts: parts,
        says: "\(Wording.grouped(Int(nearest: parts[0]))) sent, \(Wording.grouped(Int(nearest: parts[1]))) answered")
    }
    let chart = DayChart(
      label: "Tokens by day; the table below has the numbers", styles: ["sent", "answered"], bars: bars,
      most: { Wording.count(Int(nearest: $0), "token", "tokens") })
    let heads = ["Day", "Model", "Answers", "Tokens sent", "Tokens answered", "Cost"]
    return """
      <section aria-labelledby="tokens">
      <h2 id="tokens">Tokens by day</h2>
      <p class="legend"><span class="swatch sent"></span>sent <span class="swatch answered"></span>answered, as ChatRoutes counted \
      them. Costs are in US dollars, of the answers for which it named one.</p>
      \(scrolled("Chart of tokens", chart.svg, isChart: true))
      \(scrolled("Table of tokens", table(heads, view.rows.map(row), foot: total(view))))
      </section>
      """
  }

  private static func row(_ row: UsageView.Row) -> HTML {
    """
    <tr><th scope="row">\(row.day)</th><td><bdi>\(Wording.clipped(row.model ?? "not said", to: 60))</bdi></td>\
    \(cells(row.answers, row.promptTokens, row.completionTokens))\(cell(cost: row.cost))</tr>

    """
  }

  private static func total(_ view: UsageView) -> HTML {
    func sum(_ part: (UsageView.Row) -> Int) -> Int {
      view.rows.reduce(0) { sum, row in
        let (added, isTooMuch) = sum.addingReportingOverflow(part(row))
        return isTooMuch ? .max : added
      }
    }
    let costs = view.rows.compactMap(\.cost)
    return """
      <tr><th scope="row">All</th><td></td>\(cells(sum(\.answers), sum(\.promptTokens), sum(\.completionTokens)))\
      \(cell(cost: costs.isEmpty ? nil : costs.reduce(0, +)))</tr>
      """
  }

  // MARK: Parts

  /// - Parameter isChart: the newest day, at its end, is what shows first.
  private static func scrolled(_ what: HTML, _ content: HTML, isChart: Bool = false) -> HTML {
    """
    <div class="\(isChart ? "picture newest" : "picture")" role="region" aria-label="\(what), can be scrolled" tabindex="0">
    \(content)</div>
    """
  }

  private static func table(_ heads: [String], _ rows: [HTML], foot: HTML = "") -> HTML {
    """
    <table>
    <thead><tr>\(heads.map { head -> HTML in "<th scope=\"col\">\(head)</th>" })</tr></thead>
    <tbody>
    \(rows)</tbody>
    <tfoot>\(foot)</tfoot>
    </table>

    """
  }

  private static func cells(_ numbers: Int...) -> HTML {
    "\(numbers.map { number -> HTML in "<td class=\"number\">\(Wording.grouped(number))</td>" })"
  }

  private static func cell(cost: Double?) -> HTML {
    "<td class=\"number\">\(cost.map(Wording.dollars) ?? "")</td>"
  }
}

extension Int {
  /// The nearest whole number there is.
  fileprivate init(nearest number: Double) {
    self = Int(exactly: number.rounded()) ?? (number < 0 ? .min : .max)
  }
}
