import ChatRoutes
import Foundation
import HTTPTypes
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct OwnPagesTests {
  static let conversation =
    #"{"data":{"conversation":{"id":"c/1","title":"<script>alert(1)</script>","messages":[{"id":"m1","role":"user","#
    + #""content":"where is the tunnel?","branchId":"b1"}],"branches":[{"id":"b1","title":"main","isMain":true}]}}}"#

  /// A daemon that has seen one conversation, and a browser's cookie for it.
  private func withPages(
    _ settings: Settings = Settings(), _ body: (DaemonRig, _ cookie: (String, String)) async throws -> Void
  ) async throws {
    let folder = NSTemporaryDirectory() + "daemon-pages-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let upstream = ScriptedUpstream(ScriptedUpstream.answering(201, Self.conversation))
    try await DaemonRig.run(upstream, settings, folder: folder) { (rig: DaemonRig) async throws in
      let token = [("X-Chatroutesd-Token", "tok")]
      _ = try await rig.ask("POST", "/api/v1/conversations", body: "{}", token)
      let secret = try #require(try SecretFile.pageSecret.load(in: folder))
      let ticket = PageAccess(secret: secret).ticket()
      let opened = try await rig.ask("GET", "/open?ticket=\(ticket)", key: nil)
      #expect(opened.status == 303 && opened.fields[.location] == "/")
      let cookie = try #require(opened.fields[.setCookie])
      #expect(cookie.contains("; HttpOnly; SameSite=Strict") && !cookie.contains(ticket))
      let again = try await rig.ask("GET", "/open?ticket=\(ticket)", key: nil)
      #expect(again.status == 401 && again.fields[.setCookie] == nil, "a ticket is good once")
      try await body(rig, ("Cookie", String(cookie.prefix { $0 != ";" })))
    }
  }

  @Test(arguments: [
    "/", "/search?q=tunnel", "/conversations/c%2F1", "/conversations/c%2F1/tree", "/usage",
    "/conversations/c%2F1/messages/m1", "/conversations/c%2F1/export?format=md", "/conversations/c%2F1/compare",
    "/overview",
  ])
  func withoutACookieNothingShows(target: String) async throws {
    try await withPages { (rig: DaemonRig, _) async throws in
      for cookie in [[], [("Cookie", "chatroutesd_page=" + String(repeating: "0", count: 96))]] {
        let page = try await rig.ask("GET", target, key: nil, cookie)
        #expect(page.status == 401 && !page.text.contains("alert") && !page.text.contains("where is"))
        #expect(page.text.contains("chatroutesd open"))
      }
    }
  }

  @Test func pagesShowTheMirrorAndKeepHostileTitlesHarmless() async throws {
    try await withPages { (rig: DaemonRig, cookie) async throws in
      rig.upstream.become(ScriptedUpstream.refused)
      try await until {
        try await rig.ask("GET", "/search?q=tunnel", key: nil, [cookie]).text.contains("<mark>tunnel</mark>")
      }
      for target in ["/", "/conversations/c%2F1", "/conversations/c%2F1/tree", "/search?q=tunnel"] {
        let page = try await rig.ask("GET", target, key: nil, [cookie])
        #expect(page.status == 200 && page.fields[.contentType] == "text/html; charset=utf-8")
        #expect(page.text.contains("&lt;script&gt;alert(1)") && !page.text.contains("<script>"), "\(target)")
        #expect(page.fields[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
        #expect(page.fields[.cacheControl] == "no-store")
      }
      #expect(rig.upstream.requests.count == 1, "pages read the mirror only")
    }
  }

  @Test(arguments: [
    ("/conversations/nope", 404), ("/nope", 404), ("/?page=9223372036854775807", 200), ("/?page=-3", 200),
    ("/conversations/c%2F1?page=9223372036854775807&branch=nope", 404), ("/search?q=%22%27%2A%28&page=99", 200),
    ("/conversations/nope/tree", 404), ("/conversations/c%2F1/tree?branch=nope", 404),
    ("/conversations/c%2F1/trees", 404), ("/conversations/c%2F1/tree?branch=b1", 200), ("/search", 200),
    ("/search?q=before:soon+role:x+%22open&sort=best", 200), ("/search?q=role:user+in:%25&sort=odd&page=2", 200),
    ("/?title=%25&model=x&state=odd&sort=odd&page=2", 200), ("/?state=partial&sort=longest", 200),
    ("/usage", 200), ("/usage/", 404), ("/overview", 200), ("/overview/", 404),
    ("/conversations/%ff", 404), ("/conversations/c%2F1?message=m1", 200), ("/conversations/c%2F1?message=nope", 200),
    ("/conversations/c%2F1/compare", 404), ("/conversations/c%2F1/compare?left=b1&right=b1", 200),
    ("/conversations/c%2F1/compare?left=b1&right=nope", 404), ("/conversations/c%2F1/messages/nope", 404),
    ("/conversations/nope/messages/m1", 404), ("/conversations/c%2F1/messages/", 404),
    ("/conversations/c%2F1/messages/m1/x", 404), ("/conversations/c%2F1/export?format=exe", 404),
    ("/conversations/nope/export?format=json", 404),
  ])
  func oddAddressesAreAnswered(target: String, status: Int) async throws {
    try await withPages { (rig: DaemonRig, cookie) async throws in
      #expect(try await rig.ask("GET", target, key: nil, [cookie]).status == status)
    }
  }

  @Test func aMessageIsItsTextAndNothingElse() async throws {
    try await withPages { (rig: DaemonRig, cookie) async throws in
      let text = try await rig.ask("GET", "/conversations/c%2F1/messages/m1", key: nil, [cookie])
      #expect(text.text == "where is the tunnel?")
      #expect(text.fields[.contentType] == "text/plain; charset=utf-8")
      #expect(text.fields[.xContentTypeOptions] == "nosniff" && text.fields[.cacheControl] == "no-store")
    }
  }

  @Test(arguments: [
    ("md", "text/markdown; charset=utf-8"), ("html", "text/html; charset=utf-8"), ("json", "application/json"),
  ])
  func aConversationCanBeKept(_ format: String, _ type: String) async throws {
    try await withPages { (rig: DaemonRig, cookie) async throws in
      let file = try await rig.ask("GET", "/conversations/c%2F1/export?format=\(format)", key: nil, [cookie])
      #expect(file.status == 200 && file.text.contains("where is the tunnel?"))
      #expect(file.fields[.contentType] == type)
      #expect(file.fields[.contentDisposition] == "attachment; filename=\"c%2f1.\(format)\"")
      #expect(file.fields[.xContentTypeOptions] == "nosniff")
      if format == "html" { #expect(!file.text.contains("<script")) }
    }
  }

  @Test func theStyleSheetIsPublicAndPagesCannotBePostedTo() async throws {
    try await withPages { (rig: DaemonRig, cookie) async throws in
      #expect(
        try await rig.ask("GET", "/assets/style.css", key: nil).fields[.contentType]?.hasPrefix("text/css") == true)
      let posted = try await rig.ask("POST", "/", key: nil, [cookie])
      #expect(posted.status == 405 && posted.fields[.allow] == "GET, HEAD")
    }
  }

  /// A browser cannot send the local token: the cookie stands for it on pages, and on pages only.
  @Test func withALocalTokenTheCookieOpensPagesOnly() async throws {
    let file = NSTemporaryDirectory() + "token-\(UUID())"
    try "tok\n".write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    try await withPages(.with(\.localTokenFile, file)) { (rig: DaemonRig, cookie) async throws in
      #expect(try await rig.ask("GET", "/", key: nil, [cookie]).status == 200)
      #expect(try await rig.ask("GET", "/", key: nil).status == 403)
      for target in ["/status", "/api/v1/conversations", "/metrics"] {
        #expect(try await rig.ask("GET", target, [cookie]).status == 403, "\(target)")
      }
      #expect(try await rig.ask("GET", "/status", [("X-Chatroutesd-Token", "tok")]).status == 200)
    }
  }

  @Test func theCookieNeverReachesUpstream() async throws {
    try await withPages { (rig: DaemonRig, cookie) async throws in
      _ = try await rig.ask("GET", "/api/v1/x", [("Cookie", "a=1; " + cookie.1 + "; b=2")])
      #expect(rig.upstream.requests.last?.fields[.cookie] == "a=1; b=2")
      _ = try await rig.ask("GET", "/api/v1/x", [cookie])
      #expect(rig.upstream.requests.last?.fields[.cookie] == nil)
    }
  }
}
