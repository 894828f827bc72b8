extension Pages {
  /// The list of conversations, in the order given.
  /// - Parameter isComplete: false when ChatRoutes may have conversations that were never read through the daemon.
  public static func conversations(
    _ rows: [ConversationRow], frame: PageFrame, page: Paging = Paging(), isComplete: Bool = true
  ) -> [UInt8] {
    guard !rows.isEmpty else { return document(frame, main: page.number > 1 ? pastTheEnd : firstSteps(frame)) }
    let total: HTML? = page.itemsTotal.map { "\(Wording.count($0, "conversation", "conversations"))" }
    let partly: HTML? = isComplete ? nil : "only those that an app has listed or opened through the daemon"
    return document(
      frame,
      main: """
        <div class="heading"><h1>Conversations</h1>\(Wording.facts([total, partly]))</div>
        <ol class="rows">
        \(rows.map(listItem))</ol>
        \(pageLinks(page, label: "Pages of conversations", link: PageLink.list(page:)))
        """)
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
