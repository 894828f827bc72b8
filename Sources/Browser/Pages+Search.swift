extension Pages {
  /// What a search found, in the order given.
  public static func search(
    _ hits: [SearchHitRow], frame: PageFrame, query: String, page: Paging = Paging()
  ) -> [UInt8] {
    guard query.contains(where: { !$0.isWhitespace }) else { return document(frame, main: howToSearch) }
    guard !hits.isEmpty else { return document(frame, main: nothingFound(query)) }
    let total: HTML? = page.itemsTotal.map { "\(Wording.count($0, "place", "places"))" }
    return document(
      frame,
      main: """
        <div class="heading"><h1>Found for <q dir="auto">\(shown(query))</q></h1>\(Wording.facts([total]))</div>
        <ol class="rows">
        \(hits.map(listItem))</ol>
        \(pageLinks(page, label: "Pages of results") { PageLink.search(query, page: $0) })
        """)
  }

  private static func shown(_ query: String) -> String { Wording.clipped(query, to: Wording.titleScalarsMax) }

  private static func listItem(_ hit: SearchHitRow) -> HTML {
    let link = PageLink.conversation(hit.conversationID, branch: hit.branchID, message: hit.messageID)
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
