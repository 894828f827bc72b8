extension Pages {
  /// What `/status` says, for people.
  public static func overview(_ view: OverviewView, frame: PageFrame) -> [UInt8] {
    document(
      frame,
      main: """
        <div class="heading">
        <h1>Status</h1>
        \(Wording.facts(["since this daemon started", "programs read <a href=\"/status\">/status</a> and <a href=\"/metrics\">/metrics</a>"]))
        </div>
        \(alarms(view))\(view.sections.enumerated().map { section($1, number: $0) })
        """)
  }

  private static func alarms(_ view: OverviewView) -> HTML {
    guard !view.alarms.isEmpty else { return "" }
    return """
      <div class="notice" role="alert"><ul class="hints">
      \(view.alarms.map { alarm -> HTML in "<li>\(alarm)</li>\n" })</ul></div>

      """
  }

  private static func section(_ section: OverviewView.Section, number: Int) -> HTML {
    """
    <section class="overview" aria-labelledby="section-\(number)">
    <h2 id="section-\(number)">\(section.title)</h2>
    <dl>
    \(section.facts.map { fact -> HTML in "<dt>\(fact.name)</dt><dd><bdi>\(fact.value)</bdi></dd>\n" })</dl>
    </section>

    """
  }
}
