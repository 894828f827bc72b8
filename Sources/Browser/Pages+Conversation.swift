extension Pages {
  /// One branch of a conversation: its messages, the other branches and the checkpoints.
  public static func conversation(_ view: ConversationView, frame: PageFrame) -> [UInt8] {
    document(
      frame,
      main: """
        <div class="heading">
        <p class="back"><a href="\(PageLink.list)">All conversations</a> · <a href="\(treeLink(view))">Tree</a></p>
        <h1 dir="auto">\(Wording.title(view.row.title))</h1>
        \(facts(of: view.row))
        </div>
        <div class="reading">
        \(aside(view))<div class="thread">
        <h2 class="hidden">Messages</h2>
        \(incomplete(view))\(thread(view))\(drafts(view))\(paging(view))
        </div>
        </div>
        """)
  }

  private static func treeLink(_ view: ConversationView) -> String {
    PageLink.tree(view.row.id, branch: view.branches.first { $0.isCurrent && !$0.isMain }?.id)
  }

  private static func incomplete(_ view: ConversationView) -> HTML {
    guard !view.isComplete, !view.messages.isEmpty else { return "" }
    return """
      <p class="notice">This copy is partial: only what apps have read through the daemon is here. Opening the conversation \
      in an app while online completes it.</p>

      """
  }

  private static func thread(_ view: ConversationView) -> HTML {
    guard view.messages.isEmpty, view.draftRows.isEmpty else { return "\(view.messages.map(article))" }
    guard view.isComplete else {
      return """
        <section class="empty">
        <h2>Not read yet</h2>
        <p>The daemon knows that this branch exists, but no app has read its messages through it. Open the conversation \
        in an app while online, then come back.</p>
        </section>
        """
    }
    return """
      <section class="empty">
      <h2>No messages on this branch</h2>
      <p>Messages that an app sends through the daemon appear here.</p>
      </section>
      """
  }

  private static func drafts(_ view: ConversationView) -> HTML {
    guard !view.draftRows.isEmpty else { return "" }
    return """
      <section aria-labelledby="drafts">
      <h2 id="drafts">Unfinished answers</h2>
      <p class="aside-note">These did not arrive whole. Each one goes away when the whole answer has been read.</p>
      \(view.draftRows.map(article))</section>
      """
  }

  private static func paging(_ view: ConversationView) -> HTML {
    let current = view.branches.first { $0.isCurrent && !$0.isMain }?.id
    return pageLinks(view.page, label: "Pages of messages") {
      PageLink.conversation(view.row.id, branch: current, page: $0)
    }
  }

  // MARK: One message

  private static func article(_ message: MessageRow) -> HTML {
    let own = PageLink.fragment(ofMessage: message.id)
    return """
      <article class="message \(style(of: message))" id="message-\(message.id)">
      <header>
      <h3><bdi>\(Wording.role(message.role))</bdi></h3>
      \(facts(of: message))
      <a class="permalink" href="\(own)" aria-label="Link to this message">#</a>
      </header>
      \(remark(on: message.state))\(MessageText.html(message.content))
      </article>

      """
  }

  private static func style(of message: MessageRow) -> HTML {
    let role: HTML =
      switch message.role {
      case "user": "from-user"
      case "assistant": "from-assistant"
      default: "from-other"
      }
    return message.state == .normal ? role : "\(role) unsure"
  }

  private static func facts(of message: MessageRow) -> HTML {
    Wording.facts([
      Wording.time(message.createdAt),
      message.model.map { "<bdi>\(Wording.clipped($0, to: 60))</bdi>" },
      message.tokenCount.map { "\(Wording.count($0, "token", "tokens"))" },
      message.branchTitle.map { "from <bdi>\(Wording.clipped($0, to: 60))</bdi>" },
    ])
  }

  private static func remark(on state: MessageState) -> HTML {
    switch state {
    case .normal: ""
    case .provisional: "<p class=\"remark\">Sent through the daemon; ChatRoutes has not listed it yet.</p>"
    case .draft("interrupted"): "<p class=\"remark\">Draft: the connection to ChatRoutes broke before the end.</p>"
    case .draft("abandoned"): "<p class=\"remark\">Draft: the app left before the end, and reading stopped.</p>"
    case .draft("truncated"):
      "<p class=\"remark\">Draft: longer than the daemon records; the app received all of it.</p>"
    case .draft(let outcome): "<p class=\"remark\">Draft: <bdi>\(Wording.clipped(outcome, to: 60))</bdi></p>"
    }
  }

  // MARK: Beside the messages

  private static func aside(_ view: ConversationView) -> HTML {
    let parts: HTML = "\(branches(view))\(checkpoints(view))"
    guard !parts.bytes.isEmpty else { return "" }
    return """
      <aside aria-label="About this conversation">
      \(parts)</aside>

      """
  }

  private static func branches(_ view: ConversationView) -> HTML {
    guard view.branches.count > 1 else { return "" }
    return """
      <nav class="branches" aria-labelledby="branches">
      <h2 id="branches">Branches</h2>
      <ul>
      \(view.branches.map { branch($0, of: view.row.id) })</ul>
      </nav>

      """
  }

  private static func branch(_ branch: BranchTab, of conversation: String) -> HTML {
    let link = PageLink.conversation(conversation, branch: branch.isMain ? nil : branch.id)
    let current: HTML = branch.isCurrent ? " aria-current=\"page\"" : ""
    let title: HTML = branch.isMain && branch.title.isEmpty ? "Main" : Wording.title(branch.title)
    // A depth is a class because the policy allows no style attribute; beyond six steps the column would have no room.
    return """
      <li class="depth-\(min(max(branch.depth, 0), 6))"><a href="\(link)"\(current)><span class="name">\(title)</span>\
       <span class="count">\(Wording.grouped(branch.messageCount))<span class="hidden"> messages</span></span></a></li>

      """
  }

  private static func checkpoints(_ view: ConversationView) -> HTML {
    guard !view.checkpoints.isEmpty else { return "" }
    return """
      <details>
      <summary>\(Wording.count(view.checkpoints.count, "checkpoint", "checkpoints"))</summary>
      <ul class="checkpoints">
      \(view.checkpoints.map(checkpoint))</ul>
      </details>

      """
  }

  private static func checkpoint(_ checkpoint: CheckpointRow) -> HTML {
    let anchor: HTML? = checkpoint.anchorMessageID.map {
      "<a href=\"\(PageLink.fragment(ofMessage: $0))\">up to this message</a>"
    }
    let tokens: HTML? = checkpoint.tokenCount.map { "\(Wording.count($0, "token", "tokens"))" }
    return """
      <li>
      <div class="text" dir="auto">\(Wording.clipped(checkpoint.summary, to: 2000))</div>
      \(Wording.facts([Wording.time(checkpoint.createdAt), tokens, anchor]))
      </li>

      """
  }
}
