internal import Browser
internal import HTTPTypes
internal import LocalServer
internal import MirrorStore
internal import WireFormats

/// The daemon's own pages: what the mirror holds, for the browser that came through `chatroutesd open`.
final class OwnPages: Sendable {
  private let access: PageAccess
  private let upstream: Upstream
  private let mode: CurrentMode
  private let content: PageContent
  private let report: Report
  /// A file from a page is made in memory, beside the traffic; a command has a process of its own.
  private let exportBytesMax: Int64
  private let ledger: DayLedger

  init(
    access: PageAccess, store: MirrorStore, upstream: Upstream, mode: CurrentMode, report: Report, ledger: DayLedger,
    exportBytesMax: Int64 = 32 << 20
  ) {
    (self.access, self.upstream, self.mode) = (access, upstream, mode)
    (self.report, self.ledger, self.exportBytesMax) = (report, ledger, exportBytesMax)
    content = PageContent(store: store)
  }

  /// Whether a request is a browser's for a page, with the cookie or on its way to get it: a browser cannot send the local
  /// token.
  func admits(_ head: RequestHead) -> Bool {
    guard head.hasMethod("GET") || head.hasMethod("HEAD") else { return false }
    let path = String(decoding: head.path, as: UTF8.self)
    if path == "/open" || Pages.asset(at: path) != nil { return true }
    return PageAddress(path: path) != nil && access.admits(head)
  }

  /// How long a browser keeps the pages' cookie: a year.
  private static let cookieSeconds = 31_536_000

  func answer(_ head: RequestHead, path: String) throws -> Response {
    let query = PageQuery(head)
    if let asset = Pages.asset(at: path) { return Self.asset(asset, head) }
    if path == "/open" { return open(ticket: query["ticket"] ?? "", head) }
    guard access.admits(head) else { return page(Pages.signIn(frame: frame("Sign in", head)), status: 401) }
    do { return try admitted(head, path, query) } catch let error as MirrorError {
      return page(Pages.failure("The mirror cannot be read: \(error).", frame: frame("Failure", head)), status: 500)
    }
  }

  private func admitted(_ head: RequestHead, _ path: String, _ query: PageQuery) throws -> Response {
    switch PageAddress(path: path) {
    case .list:
      let filter = ListFilter(
        title: query["title"] ?? "", model: query["model"] ?? "", state: query.text("state") ?? "any",
        order: query.text("sort") ?? "newest")
      let list = try content.conversations(filter, page: query.page)
      return page(Pages.conversations(list, frame: frame("Conversations", head)))
    case .search:
      let words = query["q"] ?? ""
      let found = try content.search(words, bestFirst: query["sort"] == "best", page: query.page)
      return page(Pages.search(found, frame: frame("Search", head, searchText: words)))
    case .usage: return page(Pages.usage(try content.usage(pending: ledger.pending), frame: frame("Usage", head)))
    case .conversation(let id):
      let view = try content.conversation(
        id, branch: query.text("branch"), page: query.page, message: query.text("message"))
      guard let view else { return notFound(head) }
      return page(Pages.conversation(view, frame: frame(view.row.title, head)))
    case .tree(let id):
      guard let view = try content.tree(id, branch: query.text("branch")) else { return notFound(head) }
      return page(Pages.tree(view, frame: frame("Tree of " + view.conversation.title, head)))
    case .compare(let id):
      let view = try content.comparison(id, left: query.text("left"), right: query.text("right"))
      guard let view else { return notFound(head) }
      return page(Pages.compare(view, frame: frame("Branches of " + view.conversation.title, head)))
    case .export(let id):
      guard try content.store.messageBytes(of: id) <= exportBytesMax else {
        return page(
          Pages.failure(
            "This conversation is too long to be kept from a page. In a terminal: chatroutesd export --format html, with its id.",
            frame: frame("Too long", head)), status: 413)
      }
      guard let format = LocalMirror.ExportFormat(rawValue: query["format"] ?? "html"),
        let bytes = try LocalMirror(store: content.store).exported(id, as: format)
      else { return notFound(head) }
      return Self.file(bytes, name: ExportFile.name(of: id, format), type: format.contentType)
    case .messageText(let id, let message):
      guard let text = try content.store.messageContent(message, of: id) else { return notFound(head) }
      return Self.text(text)
    case .overview:
      return page(Pages.overview(OverviewContent.view(of: report.snapshot()), frame: frame("Status", head)))
    case nil: return notFound(head)
    }
  }

  // MARK: - Parts

  /// Trades a ticket for the cookie. The ticket leaves the address bar with the redirect.
  private func open(ticket: String, _ head: RequestHead) -> Response {
    guard let cookie = access.redeem(ticket) else {
      return page(Pages.signIn(frame: frame("Sign in", head)), status: 401)
    }
    let fields: HTTPFields = [
      .location: "/", .cacheControl: "no-store",
      .setCookie:
        "\(PageAccess.cookieName)=\(cookie); Path=/; Max-Age=\(Self.cookieSeconds); HttpOnly; SameSite=Strict",
    ]
    return Response(status: .seeOther, fields: fields)
  }

  private func frame(_ title: String, _ head: RequestHead, searchText: String = "") -> PageFrame {
    PageFrame(
      title: title, searchText: searchText,
      mode: mode.current == .auto ? "\(upstream.currentHealth.state)" : mode.current.rawValue,
      origin: "http://" + (head.hostText ?? "127.0.0.1:8484"))
  }

  private func notFound(_ head: RequestHead) -> Response {
    page(Pages.notFound(frame: frame("Not found", head)), status: 404)
  }

  private func page(_ bytes: [UInt8], status: Int = 200) -> Response {
    Response(status: .init(code: status), fields: Self.fields(Pages.contentType), body: .bytes(bytes))
  }

  /// What is shown of the mirror is kept nowhere else, is what its type says, and runs nothing.
  private static func fields(_ contentType: String) -> HTTPFields {
    [
      .contentType: contentType, .cacheControl: "no-store",
      .contentSecurityPolicy: Pages.contentSecurityPolicy, .xContentTypeOptions: "nosniff",
      HTTPField.Name("Referrer-Policy")!: "no-referrer", HTTPField.Name("Cross-Origin-Resource-Policy")!: "same-origin",
    ]
  }

  private static func text(_ text: String) -> Response {
    Response(status: .ok, fields: fields("text/plain; charset=utf-8"), body: .bytes(Array(text.utf8)))
  }

  /// A file that the browser keeps instead of showing it (RFC 6266).
  private static func file(_ bytes: [UInt8], name: String, type: String) -> Response {
    var fields = fields(type)
    fields[.contentDisposition] = "attachment; filename=\"\(name)\""
    return Response(status: .ok, fields: fields, body: .bytes(bytes))
  }

  /// Style sheet and icon: public, revalidated, since their paths carry no version.
  private static func asset(_ asset: (contentType: String, bytes: [UInt8]), _ head: RequestHead) -> Response {
    let fields: HTTPFields = [
      .contentType: asset.contentType, .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
      .contentSecurityPolicy: Pages.contentSecurityPolicy,
    ]
    return Response(status: .ok, fields: fields, body: .bytes(asset.bytes))
  }
}
