extension Pages {
  /// All branches of a conversation as a picture, and as a list of links below it.
  public static func tree(_ view: TreeView, frame: PageFrame) -> [UInt8] {
    let back = PageLink.conversation(view.conversation.id, branch: view.currentBranchID)
    return document(
      frame,
      main: """
        <div class="heading">
        <p class="back"><a href="\(back)">Back to the messages</a></p>
        <p class="kicker">Tree of branches</p>
        <h1 dir="auto">\(Wording.heading(view.conversation.title))</h1>
        \(facts(of: view.conversation))
        </div>
        \(picture(view))
        """)
  }

  private static func picture(_ view: TreeView) -> HTML {
    guard view.branches.contains(where: { !$0.messages.isEmpty }) else {
      return """
        <section class="empty">
        <h2>Nothing to draw yet</h2>
        <p>No app has read the messages of this conversation through the daemon. Open it in an app while online, then come \
        back.</p>
        </section>
        """
    }
    return """
      <section aria-labelledby="picture">
      <h2 id="picture" class="hidden">Picture</h2>
      <p class="legend">Each line is a branch, from its fork to its last message. <span class="user">Questions</span> are rings, \
      <span class="assistant">answers</span> are dots, checkpoints are diamonds above the line, merges lead back in dashes. Dots and names are links.</p>
      <div class="picture" role="region" aria-label="Picture, can be scrolled" tabindex="0">
      \(TreePicture(view).svg)</div>
      </section>
      <section aria-labelledby="list">
      <h2 id="list">The branches in words</h2>
      <ul class="branch-list">
      \(view.branches.map { item($0, in: view) })</ul>
      </section>
      """
  }

  private static func item(_ branch: TreeBranch, in view: TreeView) -> HTML {
    let link = PageLink.conversation(view.conversation.id, branch: branch.isMain ? nil : branch.id)
    let forkPoint = branch.fork.flatMap { fork in
      view.branches.prefix(fork.row + 1).last?.messages.first { $0.id == fork.messageID }
    }
    let behind: HTML? = forkPoint.map { "behind <q><bdi>\(Wording.gist($0.text, to: 60))</bdi></q>" }
    let checkpoints: HTML? =
      branch.checkpoints.isEmpty
      ? nil : "\(Wording.count(branch.checkpoints.count, "checkpoint", "checkpoints"))"
    let merged: HTML? = branch.isMerged ? "merged" : nil
    return """
      <li class="depth-\(min(branch.depth, 6))">
      <a href="\(link)"><bdi>\(Wording.clipped(Wording.branch(branch.title, isMain: branch.isMain), to: 120))</bdi></a>
      \(Wording.facts(["\(Wording.count(branch.messages.count, "message", "messages"))", checkpoints, behind, merged]))
      </li>

      """
  }
}
