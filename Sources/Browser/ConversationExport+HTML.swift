extension ConversationExport {
  /// As one HTML file that needs nothing else: style, picture of the tree, every branch. It loads nothing and runs nothing.
  /// - Parameter tree: what the picture shows.
  public func html(tree: TreeView) -> [UInt8] {
    let anchors = Dictionary(
      branches.enumerated().map { ($1.id, "#branch-\($0 + 1)") }, uniquingKeysWith: { first, _ in first })
    let links = TreeLinks(
      message: { message, _ in PageLink.fragment(ofMessage: message.id) },
      branch: { branch in anchors[branch.id] ?? "#content" })
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
      <title>\(Wording.tabTitle(conversation.title))</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <style>
      \(Pages.inlineStyles)</style>
      </head>
      <body>
      <main id="content">
      <div class="heading">
      <h1 dir="auto">\(Wording.heading(conversation.title))</h1>
      \(Pages.facts(of: conversation))
      </div>
      \(picture(tree, links))\(branches.enumerated().map { section($1, number: $0 + 1) })</main>
      <footer>
      <p>Kept from the local copy of <strong>chatroutesd</strong>. Conversation <bdi>\(conversation.id)</bdi>. Times are in UTC.</p>
      </footer>
      </body>
      </html>

      """
    return page.bytes
  }

  private func picture(_ tree: TreeView, _ links: TreeLinks) -> HTML {
    guard tree.branches.contains(where: { !$0.messages.isEmpty }) else { return "" }
    return """
      <div class="picture" role="region" aria-label="Picture, can be scrolled" tabindex="0">
      \(TreePicture(tree, links).svg)</div>

      """
  }

  private func section(_ branch: Branch, number: Int) -> HTML {
    let behind: HTML =
      branch.fork.map {
        """
        <p class="aside-note">Forks from <bdi>\(Wording.clipped($0.parent, to: 120))</bdi>, behind \
        <q><bdi>\(Wording.gist($0.message, to: 120))</bdi></q></p>
        """
      } ?? ""
    return """
      <div class="kept">
      <h2 id="branch-\(number)"><bdi>\(Wording.clipped(Wording.branch(branch.title, isMain: branch.isMain), to: 300))</bdi></h2>
      \(behind)<div class="thread">
      \(Pages.wholeMessages(branch.messages, branch.checkpoints))</div>
      </div>

      """
  }
}
