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

  init(access: PageAccess, store: MirrorStore, upstream: Upstream, mode: CurrentMode) {
    (self.access, self.upstream, self.mode) = (access, upstream, mode)
    content = PageContent(store: store)
  }

  /// Whether a request is a browser's for a page, with the cookie or on its way to get it: a browser cannot send the local
  /// token.
  func admits(_ head: RequestHead) -> Bool {
    guard head.hasMethod("GET") || head.hasMethod("HEAD") else { return false }
    let path = String(decoding: head.path, as: UTF8.self)
    if path == "/open" || Pages.asset(at: path) != nil { return true }
    let isPage = path == "/" || path == "/search" || path == "/usage" || path.hasPrefix("/conversations/")
    return isPage && access.admits(head)
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
    switch path {
    case "/":
      let list = try content.conversations(page: query.page)
      return page(
        Pages.conversations(
          list.rows, frame: frame("Conversations", head), page: list.paging, isComplete: list.isComplete))
    case "/search":
      let words = query["q"] ?? ""
      let found = try content.search(words, bestFirst: query["sort"] == "best", page: query.page)
      return page(Pages.search(found, frame: frame("Search", head, searchText: words)))
    case "/usage": return page(Pages.usage(try content.usage(), frame: frame("Usage", head)))
    default:
      if let id = PageQuery.conversationID(path, page: "tree"),
        let view = try content.tree(id, branch: query["branch"])
      {
        return page(Pages.tree(view, frame: frame("Tree of " + view.conversation.title, head)))
      }
      guard let id = PageQuery.conversationID(path),
        let view = try content.conversation(id, branch: query["branch"], page: query.page)
      else { return page(Pages.notFound(frame: frame("Not found", head)), status: 404) }
      return page(Pages.conversation(view, frame: frame(view.row.title, head)))
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

  private func page(_ bytes: [UInt8], status: Int = 200) -> Response {
    let fields: HTTPFields = [
      .contentType: Pages.contentType, .cacheControl: "no-store",
      .contentSecurityPolicy: Pages.contentSecurityPolicy, .xContentTypeOptions: "nosniff",
      HTTPField.Name("Referrer-Policy")!: "no-referrer", HTTPField.Name("Cross-Origin-Resource-Policy")!: "same-origin",
    ]
    return Response(status: .init(code: status), fields: fields, body: .bytes(bytes))
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

/// The query of a page's address, and the ids in its path.
struct PageQuery {
  private let parameters: [String: String]

  init(_ head: RequestHead) {
    parameters = FormText.parameters(head.query ?? [])
  }

  subscript(name: String) -> String? { parameters[name] }

  /// From 1; what is no number is the first page.
  var page: Int { min(max(1, parameters["page"].flatMap { Int($0) } ?? 1), 1_000_000) }

  /// `ID` of `/conversations/ID`, or of `/conversations/ID/PAGE`.
  static func conversationID(_ path: String, page: String? = nil) -> String? {
    var parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    if let page { guard parts.popLast()?.elementsEqual(page.utf8) == true else { return nil } }
    guard parts.count == 3, parts[1].elementsEqual("conversations".utf8) else { return nil }
    return FormText.decoded(Array(parts[2])[...], plusIsSpace: false).flatMap { $0.isEmpty ? nil : $0 }
  }
}
