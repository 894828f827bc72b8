import Testing

@testable import Browser

@Suite struct MessageTextTests {
  typealias Block = MessageText.Block

  @Test(
    arguments: [
      ("plain", [.text("plain")]),
      ("", []),
      (" \n\r\n ", []),
      ("\n\n  kept indent\n\n", [.text("  kept indent")]),
      ("```\na\n```", [.code(language: "", "a")]),
      (
        "before\n```swift title=x\nlet a\n\nlet b\n```\nafter",
        [
          .text("before"), .code(language: "swift", "let a\n\nlet b"), .text("after"),
        ]
      ),
      ("````\n```\ninner\n```\n````", [.code(language: "", "```\ninner\n```")]),
      ("~~~\n```\n~~~", [.code(language: "", "```")]),
      ("```\nnever closed\n", [.code(language: "", "never closed")]),
      ("```", [.code(language: "", "")]),
      ("```js\r\na\r\n```\r\nb", [.code(language: "js", "a\r"), .text("b")]),
      ("    ```\nnot a fence", [.text("    ```\nnot a fence")]),
      ("```inline``` code", [.text("```inline``` code")]),
      ("```\na\n``` not a close\nb\n```", [.code(language: "", "a\n``` not a close\nb")]),
    ] as [(String, [Block])]) func fencesSplitText(_ text: String, _ blocks: [Block])
  {
    #expect(MessageText.blocks(of: text[...]) == blocks)
  }

  @Test(arguments: [
    (0, ""), (1, "a"), (2, "a"), (3, "aé"), (4, "aé"), (6, "aé"), (7, "aé👍"), (8, "aé👍b"), (99, "aé👍b"),
  ])
  func longTextIsCutBetweenScalars(_ bytesMax: Int, _ shown: String) {
    let html = String(decoding: MessageText.html("aé👍b", shownBytesMax: bytesMax).bytes, as: UTF8.self)
    let hidden = "aé👍b".utf8.count - shown.utf8.count
    #expect(shown.isEmpty || html.contains(">\(shown)</div>"))
    #expect(html.contains("\(hidden) more byte") == (hidden > 0))
  }

  @Test func blocksLoseNoText() {
    let text = "one\n```c\ntwo\n```\nthree"
    let html = String(decoding: MessageText.html(text).bytes, as: UTF8.self)
    for word in ["one", "two", "three", "<figcaption><bdi>c</bdi></figcaption>"] { #expect(html.contains(word)) }
  }
}
