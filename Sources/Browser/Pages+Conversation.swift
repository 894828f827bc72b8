extension Pages {
  /// One branch of a conversation: its messages, the other branches and the checkpoints.
  public static func conversation(_ view: ConversationView, frame: PageFrame) -> [UInt8] {
    document(
      frame,
      main: """
        <div class="heading">
        <p class="back"><a href="\(PageLink.list)">All conversations</a></p>
        <h1 dir="auto">\(Wording.heading(view.row.title))</h1>
        \(facts(of: view.row))
        \(actions(view))
        </div>
        <div class="reading">
        \(aside(view))<div class="thread">
        <h2 class="hidden">Messages</h2>
        \(incomplete(view))\(thread(view))\(paging(view))
        </div>
        </div>
        """)
  }

  /// What else can be done with a conversation.
  private static func actions(_ view: ConversationView) -> HTML {
    let current = view.branches.first { $0.isCurrent && !$0.isMain }
    let other = view.branches.first { !$0.isMain && !$0.isUnread }
    let compare: HTML =
      (current ?? other).map {
        "<li><a href=\"\(PageLink.compare(view.row.id, right: $0.id))\">Compare branches</a></li>"
      } ?? ""
    let exports: [HTML] = [("html", "HTML"), ("md", "Markdown"), ("json", "JSON")].map { format, name in
      "<li><a href=\"\(PageLink.export(view.row.id, format: format))\" download=\"\">Keep as \(name)</a></li>"
    }
    return """
      <ul class="actions">
      <li><a href="\(PageLink.tree(view.row.id, branch: current?.id))">Tree</a></li>
      \(compare)\(exports)
      </ul>
      """
  }

  private static func incomplete(_ view: ConversationView) -> HTML {
    guard !view.isComplete, !view.messages.isEmpty else { return stale(view) }
    let missing: HTML =
      view.missingCount.map { "\(Wording.count($0, "message is", "messages are")) missing: " } ?? ""
    return """
      <p class="notice">This copy is partial. \(missing)Only what apps have read through the daemon is here. Opening the \
      conversation in an app while online completes it.</p>

      """
  }

  private static func stale(_ view: ConversationView) -> HTML {
    guard view.row.isStale else { return "" }
    return """
      <p class="notice">ChatRoutes knows of a change after these messages were read. Opening the conversation in an app while \
      online brings it here.</p>

      """
  }

  private static func thread(_ view: ConversationView) -> HTML {
    guard view.messages.isEmpty, view.draftRows.isEmpty else {
      var budget = TextBudget.page
      return "\(messages(view, &budget))\(drafts(view, &budget))"
    }
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

  private static func messages(_ view: ConversationView, _ budget: inout TextBudget) -> HTML {
    let current = view.branches.first { $0.isCurrent && !$0.isMain }?.id
    let place = MessagePlace(conversation: view.row.id, branch: current)
    return messages(view.messages, view.checkpoints, place, &budget)
  }

  /// Messages to keep: all of each, without links to what only the daemon has.
  static func wholeMessages(_ messages: [MessageRow], _ checkpoints: [CheckpointRow]) -> HTML {
    var budget = TextBudget.everything
    return Self.messages(messages, checkpoints, nil, &budget)
  }

  private static func messages(
    _ messages: [MessageRow], _ checkpoints: [CheckpointRow], _ place: MessagePlace?, _ budget: inout TextBudget
  ) -> HTML {
    let checkpoints = Dictionary(grouping: checkpoints) { $0.anchorMessageID ?? "" }
    var html = HTML()
    for message in messages {
      html += article(message, at: place, &budget)
      for checkpoint in checkpoints[message.id] ?? [] { html += mark(checkpoint) }
    }
    return html
  }

  /// Beside the message that a checkpoint reaches up to.
  private static func mark(_ checkpoint: CheckpointRow) -> HTML {
    """
    <details class="checkpoint" id="checkpoint-\(checkpoint.id)">
    <summary><span class="diamond" aria-hidden="true"></span>Checkpoint: everything up to here in short</summary>
    \(summary(of: checkpoint))
    </details>

    """
  }

  private static func drafts(_ view: ConversationView, _ budget: inout TextBudget) -> HTML {
    guard !view.draftRows.isEmpty else { return "" }
    var articles = HTML()
    for draft in view.draftRows { articles += article(draft, at: nil, &budget) }
    return """
      <section aria-labelledby="drafts">
      <h2 id="drafts">Unfinished answers</h2>
      <p class="aside-note">These did not arrive whole. Each one goes away when the whole answer has been read.</p>
      \(articles)</section>
      """
  }

  private static func paging(_ view: ConversationView) -> HTML {
    let current = view.branches.first { $0.isCurrent && !$0.isMain }?.id
    return pageLinks(view.page, label: "Pages of messages") {
      PageLink.conversation(view.row.id, branch: current, page: $0)
    }
  }

  // MARK: One message

  /// - Parameter place: nil: the message has no address of its own.
  static func article(_ message: MessageRow, at place: MessagePlace?, _ budget: inout TextBudget) -> HTML {
    let text = place.map { PageLink.text(ofMessage: message.id, of: $0.conversation) }
    let content = MessageText.html(message.content, &budget, rest: text)
    let earlier = earlier(message, isCut: place != nil, &budget)
    return """
      <article class="message \(style(of: message))" id="\(place?.anchor ?? "")message-\(message.id)">
      <header>
      <h3><bdi>\(Wording.role(message.role))</bdi></h3>
      \(facts(of: message))
      \(place.map { links(message, $0) } ?? "")
      </header>
      \(remark(on: message.state))\(content)\(earlier)
      </article>

      """
  }

  private static func links(_ message: MessageRow, _ place: MessagePlace) -> HTML {
    let own =
      place.anchor.bytes.isEmpty
      ? PageLink.fragment(ofMessage: message.id)
      : PageLink.message(message.id, of: place.conversation, branch: place.branch)
    return """
      <p class="links"><a class="copy" href="\(PageLink.text(ofMessage: message.id, of: place.conversation))">Text</a> \
      <a href="\(own)" aria-label="Link to this message">#</a></p>
      """
  }

  /// Earlier versions show their beginning, and the newest of them: the last word is what counts.
  private static let earlierBytesMax = 1 << 13
  private static let earlierMax = 3

  private static func earlier(_ message: MessageRow, isCut: Bool, _ budget: inout TextBudget) -> HTML {
    guard !message.earlier.isEmpty else { return "" }
    var versions = HTML()
    for version in isCut ? message.earlier.suffix(earlierMax) : message.earlier[...] {
      let until: HTML = Wording.time(version.until).map { "<p class=\"remark\">Until \($0)</p>" } ?? ""
      let text = MessageText.html(version.content, &budget, atMost: isCut ? earlierBytesMax : .max)
      versions += "<div class=\"version\">\(until)\(text)</div>\n"
    }
    let hidden = isCut ? message.earlier.count - earlierMax : 0
    if hidden > 0 {
      versions +=
        "<p class=\"cut\">\(Wording.count(hidden, "older one", "older ones")): keep the conversation as a file to read them.</p>\n"
    }
    return """
      <details class="earlier">
      <summary>\(Wording.count(message.earlier.count, "earlier version", "earlier versions"))</summary>
      \(versions)</details>
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
    let merged: HTML = branch.isMerged ? "<span class=\"mark\">merged</span>" : ""
    let count: HTML =
      branch.isUnread
      ? "not read yet" : "\(Wording.grouped(branch.messageCount))<span class=\"hidden\"> messages</span>"
    // A depth is a class because the policy allows no style attribute; beyond six steps the column would have no room.
    return """
      <li class="depth-\(min(max(branch.depth, 0), 6))"><a href="\(link)"\(current)><span class="name">\(title) \(merged)</span>\
       <span class="count">\(count)</span></a></li>

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
    "<li>\n\(summary(of: checkpoint))\n</li>\n"
  }

  private static func summary(of checkpoint: CheckpointRow) -> HTML {
    let anchor: HTML? = checkpoint.anchorMessageID.map {
      "<a href=\"\(PageLink.fragment(ofMessage: $0))\">up to this message</a>"
    }
    let tokens: HTML? = checkpoint.tokenCount.map { "\(Wording.count($0, "token", "tokens"))" }
    return """
      <div class="text" dir="auto">\(Wording.clipped(checkpoint.summary, to: 2000))</div>
      \(Wording.facts([Wording.time(checkpoint.createdAt), tokens, anchor]))
      """
  }
}

/// Where a message stands on a page.
struct MessagePlace {
  var conversation: String
  /// The branch that is shown; nil: the main one.
  var branch: String?
  /// Stands before the message's id where a page has more than one list of messages.
  var anchor: HTML = ""
}
