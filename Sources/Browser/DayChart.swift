/// Draws a bar a day, in parts that stand on one another. Colours come from the style sheet.
struct DayChart {
  struct Bar {
    /// `2026-11-26`.
    var day: String
    /// From the bottom up.
    var parts: [Double]
    /// What it shows, in words.
    var says: String
  }

  /// What the chart shows, for those who do not see it.
  let label: String
  /// The style of each part.
  let styles: [String]
  let bars: [Bar]
  /// The height of the highest bar, in words.
  let most: (Double) -> String

  private static let (barWidth, gap, height, margin) = (20, 6, 160, 28)

  var svg: HTML {
    let width = bars.count * (Self.barWidth + Self.gap) + 2 * Self.margin
    let height = Self.height + 2 * Self.margin
    return """
      <svg class="chart" xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" aria-label="\(label)">
      <path class="axis" d="M\(Self.margin) \(bottom)H\(width - Self.margin)" />
      <text x="\(Self.margin)" y="16">\(most(highest)) at the most</text>
      \(bars.indices.map(bar))</svg>

      """
  }

  private var bottom: Int { Self.margin + Self.height }
  private var highest: Double { bars.map(Self.total).max() ?? 0 }
  private static func total(_ bar: Bar) -> Double { bar.parts.reduce(0, +) }

  private func bar(_ index: Int) -> HTML {
    let bar = bars[index]
    let x = Self.margin + index * (Self.barWidth + Self.gap)
    let name: HTML =
      (bars.count - 1 - index).isMultiple(of: 7)
      ? "<text class=\"day\" x=\"\(x + Self.barWidth / 2)\" y=\"\(bottom + 18)\">\(bar.day.suffix(5))</text>" : ""
    var (rectangles, sum, drawn) = (HTML(), 0.0, 0)
    for (part, style) in zip(bar.parts, styles) {
      sum += part
      let top = scaled(sum)
      rectangles += """
        <rect class="\(style)" x="\(x)" y="\(bottom - top)" width="\(Self.barWidth)" height="\(top - drawn)" />
        """
      drawn = top
    }
    return "<g><title>\(bar.day): \(bar.says)</title>\(rectangles)</g>\(name)\n"
  }

  private func scaled(_ value: Double) -> Int {
    highest > 0 ? Int((value / highest * Double(Self.height)).rounded()) : 0
  }
}
