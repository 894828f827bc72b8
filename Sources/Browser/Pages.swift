/// The daemon's pages, each a whole HTML document in UTF-8, made from values; nothing from elsewhere. They can be read without
/// their one script.
///
/// The markup is XML as well, so a test can prove it well-formed.
public enum Pages {
  /// The `Content-Security-Policy` of every page.
  public static let contentSecurityPolicy =
    "default-src 'none'; script-src '\(scriptHash)'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

  /// What pages and assets are: `text/html; charset=utf-8`.
  public static let contentType = "text/html; charset=utf-8"

  /// A file that the pages refer to; nil: there is none at `path`.
  public static func asset(at path: String) -> (contentType: String, bytes: [UInt8])? {
    switch path {
    case PageLink.styleSheet: ("text/css; charset=utf-8", styleSheet)
    case PageLink.icon: ("image/svg+xml", icon)
    case PageLink.script: ("text/javascript; charset=utf-8", script)
    default: nil
    }
  }

  /// - Parameter isWide: the page has two columns to read.
  static func document(_ frame: PageFrame, isSignedIn: Bool = true, isWide: Bool = false, main: HTML) -> [UInt8] {
    let width: HTML = isWide ? " class=\"wide\"" : ""
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8" />
      <title>\(tabTitle(of: frame))</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <link rel="stylesheet" href="\(PageLink.styleSheet)" />
      <link rel="icon" type="image/svg+xml" href="\(PageLink.icon)" />\(isSignedIn ? scriptLink : "")
      </head>
      <body\(width)>
      <a class="skip" href="#content">Skip to the content</a>
      \(header(frame, isSignedIn: isSignedIn))
      <main id="content" tabindex="-1">
      \(isSignedIn ? notice(frame) : "")\(main)
      </main>
      <footer>
      <p>Shown from the local copy that <strong>chatroutesd</strong> keeps on this machine. Times are in UTC.</p>
      </footer>
      </body>
      </html>

      """
    return page.bytes
  }

  private static func tabTitle(of frame: PageFrame) -> String {
    let title = Wording.tabTitle(frame.title)
    return title.isEmpty ? "chatroutesd" : "\(title) · chatroutesd"
  }

  private static func header(_ frame: PageFrame, isSignedIn: Bool) -> HTML {
    let tools: HTML = isSignedIn ? "\(searchForm(frame))\(upstreamState(frame))" : ""
    return """
      <header>
      <nav aria-label="Site"><a class="brand" href="\(PageLink.list)">chatroutesd</a>\(isSignedIn ? siteLinks : "")</nav>
      \(tools)
      </header>
      """
  }

  private static let scriptLink: HTML = """

    <script src="\(PageLink.script)" integrity="\(scriptHash)" defer=""></script>
    """

  private static let siteLinks: HTML = """
     <a href="\(PageLink.usage)">Usage</a> <a href="\(PageLink.overview)">Status</a>
    """

  private static func searchForm(_ frame: PageFrame) -> HTML {
    """
    <form class="search" role="search" action="/search" method="get">
    <label class="hidden" for="search">Search all conversations</label>
    <input id="search" type="search" name="q" value="\(frame.searchText)" placeholder="Search all" \
    dir="auto" autocomplete="off" maxlength="500" />
    <button type="submit">Search</button>
    </form>
    """
  }

  private static func upstreamState(_ frame: PageFrame) -> HTML {
    let (style, words): (HTML, String) =
      switch frame.mode {
      case "online": ("online", "Online")
      case "suspect": ("suspect", "Unsteady")
      case "offline": ("offline", "Offline")
      case "bypass": ("bypass", "Bypass")
      default: ("unknown", frame.mode)
      }
    return """
      <p class="state \(style)"><span class="hidden">ChatRoutes: </span><bdi>\(words)</bdi></p>
      """
  }

  private static func notice(_ frame: PageFrame) -> HTML {
    guard let words = frame.notice ?? standingNotice(ofMode: frame.mode) else { return "" }
    return """
      <p class="notice" role="status" dir="auto">\(words)</p>

      """
  }

  private static func standingNotice(ofMode mode: String) -> String? {
    switch mode {
    case "offline":
      "ChatRoutes is not being reached: this is the local copy, and new messages cannot be sent."
    case "suspect": "ChatRoutes answers slowly or not at all at the moment. You are reading the local copy."
    case "bypass": "The daemon only relays at the moment: what apps do now is not added to the local copy."
    default: nil
    }
  }
}

extension Pages {
  static func pageLinks(_ page: Paging, label: HTML, link: (Int) -> String) -> HTML {
    guard page.number > 1 || page.hasNext else { return "" }
    let previous: HTML =
      page.number > 1
      ? "<a rel=\"prev\" href=\"\(link(page.number - 1))\">← Page \(page.number - 1)</a>" : "<span></span>"
    let next: HTML =
      page.hasNext ? "<a rel=\"next\" href=\"\(link(page.number + 1))\">Page \(page.number + 1) →</a>" : ""
    return """
      <nav class="paging" aria-label="\(label)">\(previous)<span aria-current="page">Page \(page.number)</span>\(next)</nav>
      """
  }
}
