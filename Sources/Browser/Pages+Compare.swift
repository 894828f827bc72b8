extension Pages {
  /// Two branches side by side, from where they part.
  public static func compare(_ view: CompareView, frame: PageFrame) -> [UInt8] {
    var budget = TextBudget.page
    let left = side(view.left, of: view, anchor: "left-", &budget)
    let right = side(view.right, of: view, anchor: "right-", &budget)
    return document(
      frame, isWide: true,
      main: """
        <div class="heading">
        <p class="back"><a href="\(PageLink.conversation(view.conversation.id))">Back to the messages</a></p>
        <p class="kicker">Branches compared</p>
        <h1 dir="auto">\(Wording.heading(view.conversation.title))</h1>
        \(facts(of: view.conversation))
        </div>
        \(choice(view))
        \(common(view))
        <div class="sides">
        \(left)\(right)</div>
        """)
  }

  private static func choice(_ view: CompareView) -> HTML {
    """
    <form class="choice branches-to-compare" action="\(PageLink.compare(view.conversation.id))" method="get" aria-label="Branches to compare">
    \(select("left", "Left", view.left.branchID, view))\(select("right", "Right", view.right.branchID, view))\
    <button type="submit">Compare</button>
    </form>
    """
  }

  private static func select(_ name: HTML, _ label: HTML, _ chosen: String, _ view: CompareView) -> HTML {
    """
    <span class="field"><label for="choice-\(name)">\(label)</label>
    <select id="choice-\(name)" name="\(name)">
    \(view.branches.map { branch -> HTML in
      let isChosen: HTML = branch.id == chosen ? " selected=\"\"" : ""
      return """
        <option value="\(branch.id)"\(isChosen)>\(Wording.tabTitle(Wording.branch(branch.title, isMain: branch.isMain)))</option>

        """
    })</select></span>

    """
  }

  private static func common(_ view: CompareView) -> HTML {
    guard let last = view.lastCommon else {
      return "<p class=\"aside-note\">These branches have no message in common that is held here.</p>"
    }
    let link = PageLink.message(
      last.id, of: view.conversation.id, branch: view.left.isMain ? nil : view.left.branchID)
    return """
      <p class="aside-note">Both begin with the same \(Wording.count(view.commonCount, "message", "messages")). The last of them: \
      <a href="\(link)"><q><bdi>\(Wording.gist(last.content, to: 120))</bdi></q></a></p>
      """
  }

  private static func side(
    _ side: CompareView.Side, of view: CompareView, anchor: HTML, _ budget: inout TextBudget
  ) -> HTML {
    let place = MessagePlace(
      conversation: view.conversation.id, branch: side.isMain ? nil : side.branchID, anchor: anchor)
    var articles = HTML()
    for message in side.messages { articles += article(message, at: place, &budget) }
    let link = PageLink.conversation(view.conversation.id, branch: side.isMain ? nil : side.branchID)
    let more: HTML =
      side.moreCount == 0
      ? ""
      : "<p class=\"aside-note\"><a href=\"\(link)\">\(Wording.count(side.moreCount, "more message", "more messages"))</a></p>"
    let partial: HTML =
      side.isComplete ? "" : "<p class=\"remark\">Partial: only what apps have read through the daemon is here.</p>"
    // An id stands once on a page: a message that both sides have behind their fork is an anchor on neither.
    return """
      <div class="thread">
      <h2><a href="\(link)"><bdi>\(Wording.clipped(Wording.branch(side.title, isMain: side.isMain), to: 120))</bdi></a></h2>
      \(partial)\(side.messages.isEmpty ? "<p class=\"aside-note\">Nothing of its own.</p>" : "")\
      \(articles)\(more)</div>

      """
  }
}
