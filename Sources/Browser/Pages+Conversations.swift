extension Pages {
  /// The list of conversations, with what leaves some of them out.
  public static func conversations(_ view: ConversationListView, frame: PageFrame) -> [UInt8] {
    document(frame, main: list(view, frame))
  }

  private static func list(_ view: ConversationListView, _ frame: PageFrame) -> HTML {
    if view.rows.isEmpty, view.page.number > 1 { return pastTheEnd }
    if view.rows.isEmpty, !view.filter.leavesOut { return firstSteps(frame) }
    let total: HTML? = view.page.itemsTotal.map { "\(Wording.count($0, "conversation", "conversations"))" }
    let partly: HTML? = view.isComplete ? nil : "only those that an app has listed or opened through the daemon"
    let rows: HTML =
      view.rows.isEmpty
      ? "<p class=\"empty\">No conversation is like that. <a href=\"\(PageLink.list)\">Show all of them</a>.</p>"
      : "<ol class=\"rows\">\n\(view.rows.map(listItem))</ol>"
    return """
      <div class="heading"><h1>Conversations</h1>\(Wording.facts([total, partly]))</div>
      \(form(view.filter))
      \(rows)
      \(pageLinks(view.page, label: "Pages of conversations") { PageLink.list(page: $0, filter: view.filter) })
      """
  }

  private static func form(_ filter: ListFilter) -> HTML {
    """
    <form class="choice" action="\(PageLink.list)" method="get" aria-label="Which conversations are shown">
    <span class="field"><label for="filter-title">Title</label>
    <input id="filter-title" name="title" value="\(filter.title)" dir="auto" autocomplete="off" maxlength="500" /></span>
    <span class="field"><label for="filter-model">Model</label>
    <input id="filter-model" name="model" value="\(filter.model)" autocomplete="off" maxlength="100" /></span>
    \(select("state", "Show", ListFilter.states, filter.state))\(select("sort", "Order", ListFilter.orders, filter.order))\
    <button type="submit">Apply</button>
    </form>
    """
  }

  private static func select(
    _ name: HTML, _ label: HTML, _ options: [(String, String)], _ chosen: String
  ) -> HTML {
    """
    <span class="field"><label for="filter-\(name)">\(label)</label>
    <select id="filter-\(name)" name="\(name)">
    \(options.map { value, words -> HTML in
      let isChosen: HTML = value == chosen ? " selected=\"\"" : ""
      return "<option value=\"\(value)\"\(isChosen)>\(words)</option>\n"
    })</select></span>

    """
  }

  private static func listItem(_ row: ConversationRow) -> HTML {
    """
    <li>
    <a class="row-title" dir="auto" href="\(PageLink.conversation(row.id))">\(Wording.title(row.title))</a>
    \(facts(of: row))
    </li>

    """
  }

  static func facts(of row: ConversationRow) -> HTML {
    Wording.facts([
      Wording.time(row.lastActivity),
      "\(Wording.count(row.messageCount, "message", "messages"))",
      row.branchCount > 1 ? "\(Wording.count(row.branchCount, "branch", "branches"))" : nil,
      row.model.map { "<bdi>\(Wording.clipped($0, to: 60))</bdi>" },
      row.hasDrafts ? "<span class=\"badge\">unfinished answer</span>" : nil,
      row.isComplete ? nil : "<span class=\"badge\">partial copy</span>",
      row.isStale ? "<span class=\"badge\">changed elsewhere since</span>" : nil,
    ])
  }

  private static let pastTheEnd: HTML = """
    <section class="empty">
    <h1>No more conversations</h1>
    <p>The list ends before this page. <a href="/">Go to its beginning</a>.</p>
    </section>
    """

  private static func firstSteps(_ frame: PageFrame) -> HTML {
    """
    <section class="empty">
    <h1>No conversations yet</h1>
    <p>The daemon remembers what apps read and write through it. Point an app at this address instead of \
    ChatRoutes, use it once, and its conversations appear here, online or not.</p>
    <h2>Python</h2>
    <figure class="code"><pre tabindex="0"><code>client = ChatRoutes(api_key=key, base_url="\(frame.origin)/api/v1")</code></pre></figure>
    <h2>TypeScript</h2>
    <figure class="code"><pre tabindex="0"><code>const client = new ChatRoutes({ apiKey, baseUrl: "\(frame.origin)" });</code></pre></figure>
    <h2>Any other program</h2>
    <figure class="code"><pre tabindex="0"><code>curl -H "Authorization: ApiKey $CHATROUTES_API_KEY" \\
      \(frame.origin)/api/v1/conversations</code></pre></figure>
    </section>
    """
  }
}
