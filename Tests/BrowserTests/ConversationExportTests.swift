import Foundation
import Testing

@testable import Browser

@Suite struct ConversationExportTests {
  private func export(with text: String = "text") -> ConversationExport {
    let message = MessageRow(
      id: "m", role: "user", content: text, earlier: [EarlierRow(content: "earlier \(text)")])
    let own = MessageRow(id: "n", role: "assistant", content: "answer", state: .draft(outcome: "interrupted"))
    return ConversationExport(
      conversation: ConversationRow(id: text, title: text, isComplete: false),
      branches: [
        .init(
          id: "a", title: "", isMain: true, messages: [message],
          checkpoints: [CheckpointRow(id: "k", summary: "in short \(text)", anchorMessageID: "m")]),
        .init(id: "b", title: text, fork: (parent: "Main", message: text), messages: [own]),
      ])
  }

  private var tree: TreeView {
    TreeView(
      conversation: ConversationRow(id: "c", title: "T"),
      branches: [
        TreeBranch(
          id: "a", title: "", isMain: true,
          messages: [TreeMessage(id: "m", role: "user", text: "text", column: 1)]),
        TreeBranch(
          id: "b", title: "B", messages: [TreeMessage(id: "n", role: "assistant", text: "answer", column: 2)],
          fork: .init(row: 0, column: 1, messageID: "m"), depth: 1),
      ])
  }

  /// Nothing from elsewhere, and every link within the file leads to something in it.
  @Test(arguments: HostileTextTests.texts + ["text"]) func theFileNeedsNothingElse(_ text: String) throws {
    let parsed = try ParsedPage(export(with: text).html(tree: tree))
    let ids = Set(parsed.elements.compactMap { $0.attributes["id"] })
    for link in parsed.links where link.hasPrefix("#") { #expect(ids.contains(String(link.dropFirst())), "\(link)") }
    #expect(parsed.links.contains("#message-m") && parsed.links.contains("#branch-2"))
    for link in parsed.links { #expect(link.hasPrefix("#") || link.hasPrefix("http") || link.hasPrefix("mailto:")) }
    for name in ["script", "link", "img", "iframe", "form"] { #expect(parsed.all(name).isEmpty, "\(name)") }
    #expect(parsed.all("style").count == 1 && parsed.all("svg").count == 1)
    #expect(
      parsed.all("meta").contains { $0.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'" })
  }

  /// A page cuts long messages; a file to keep does not.
  @Test func nothingIsCut() throws {
    let long = String(repeating: "word ", count: TextBudget.textBytesMax / 4) + "last"
    let html = String(decoding: export(with: long).html(tree: tree), as: UTF8.self)
    #expect(html.components(separatedBy: "word last").count - 1 >= 2, "the message and its earlier version")
    #expect(!html.contains("more bytes"))
  }

  @Test func everyBranchDraftCheckpointAndVersionIsInIt() throws {
    let parsed = try ParsedPage(export().html(tree: tree))
    for text in ["in short text", "earlier text", "Draft: the connection", "Forks from", "partial copy", "answer"] {
      #expect(parsed.text.contains(text), "\(text)")
    }
    #expect(parsed.all("article").count == 2)
    let markdown = export().markdown
    #expect(markdown.contains("> Checkpoint, everything up to here in short: in short text"))
  }
}
