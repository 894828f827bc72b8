extension Pages {
  /// What a search found, in the order given.
  public static func search(_ view: SearchView, frame: PageFrame) -> [UInt8] {
    document(frame, main: "\(hints(view))\(results(view))")
  }

  private static func hints(_ view: SearchView) -> HTML {
    guard !view.hints.isEmpty else { return "" }
    return """
      <div class="notice" role="status"><ul class="hints">
      \(view.hints.map { hint -> HTML in "<li dir=\"auto\">\(hint)</li>\n" })</ul></div>

      """
  }

  private static func results(_ view: SearchView) -> HTML {
    guard view.isAsked else { return howToSearch }
    guard !view.hits.isEmpty else { return "\(nothingFound(view.query))\(operators)" }
    return """
      <div class="heading"><h1>Found for <q dir="auto">\(shown(view.query))</q></h1>\(order(view))</div>
      <ol class="rows">
      \(view.hits.map(listItem))</ol>
      \(pageLinks(view.page, label: "Pages of results") {
        PageLink.search(view.query, bestFirst: view.isBestFirst, page: $0)
      })
      """
  }

  private static func order(_ view: SearchView) -> HTML {
    let other = PageLink.search(view.query, bestFirst: !view.isBestFirst)
    return view.isBestFirst
      ? Wording.facts(["best match first, of the newest few thousand", "<a href=\"\(other)\">newest first</a>"])
      : Wording.facts(["newest first", "<a href=\"\(other)\">best match first</a>"])
  }

  private static func shown(_ query: String) -> String { Wording.clipped(query, to: Wording.titleScalarsMax) }

  private static func listItem(_ hit: SearchHitRow) -> HTML {
    let link =
      hit.messageID.map { PageLink.message($0, of: hit.conversationID, branch: hit.branchID) }
      ?? PageLink.conversation(hit.conversationID, branch: hit.branchID)
    let snippet: HTML =
      hit.snippet.isEmpty ? "" : "<p class=\"snippet\" dir=\"auto\">\(hit.snippet.map(markup))</p>"
    return """
      <li>
      <a class="row-title" dir="auto" href="\(link)">\(Wording.title(hit.conversationTitle))</a>
      \(snippet)
      \(Wording.facts([place(of: hit), Wording.time(hit.createdAt)]))
      </li>

      """
  }

  private static func place(of hit: SearchHitRow) -> HTML {
    guard hit.messageID != nil else { return "in the title" }
    return hit.role.map { "<bdi>\(Wording.role($0))</bdi>" } ?? "in a message"
  }

  private static func markup(_ part: SearchHitRow.SnippetPart) -> HTML {
    part.isMatch ? "<mark>\(part.text)</mark>" : "\(part.text)"
  }

  private static let howToSearch: HTML = """
    <section class="empty">
    <h1>Search all conversations</h1>
    <p>Type a few words above. Titles and messages that hold all of them are found, the newest first, online or not.</p>
    </section>
    \(operators)
    """

  private static let operators: HTML = """
    <section class="operators" aria-labelledby="operators">
    <h2 id="operators">Looking closer</h2>
    <dl>
    <dt><code>"night train"</code></dt><dd>these words, next to each other</dd>
    <dt><code>trai*</code></dt><dd>words that begin so; the last word may always be begun only</dd>
    <dt><code>role:user</code></dt><dd>your own messages; also <code>assistant</code>, <code>system</code></dd>
    <dt><code>model:gpt</code></dt><dd>answers of models whose name has this in it</dd>
    <dt><code>in:"Trip to Rome"</code></dt><dd>conversations with this in the title, or with this id</dd>
    <dt><code>after:2026-11 before:2026-11-26</code></dt><dd>from a day, month or year on, and up to one; \
    also <code>today</code>, <code>yesterday</code></dd>
    </dl>
    <p>Filters can stand without words: <code>role:user after:yesterday</code>.</p>
    </section>
    """

  private static func nothingFound(_ query: String) -> HTML {
    """
    <section class="empty">
    <h1>Nothing found for <q dir="auto">\(shown(query))</q></h1>
    <p>Only what apps have read or written through the daemon can be found. Fewer or shorter words find more; a \
    conversation that is missing can be found once it was opened in an app while online.</p>
    <p><a href="\(PageLink.list)">All conversations</a></p>
    </section>
    """
  }
}
