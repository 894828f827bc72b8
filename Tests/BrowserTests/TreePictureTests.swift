import Foundation
import Testing

@testable import Browser

@Suite struct TreePictureTests {
  private static func messages(_ columns: ClosedRange<Int>, _ prefix: String) -> [TreeMessage] {
    columns.map {
      TreeMessage(id: "\(prefix)\($0)", role: $0 % 2 == 1 ? "user" : "assistant", text: "t\($0)", column: $0)
    }
  }

  /// A main branch of ten messages, and `count` branches that fork behind its fourth message, each from the one before.
  private static func view(branches count: Int, messages: Int = 10, current: String? = nil) -> TreeView {
    var branches = [TreeBranch(id: "main", title: "", isMain: true, messages: Self.messages(1...messages, "m"))]
    for number in 1...count {
      let fork: TreeBranch.Fork =
        number == 1
        ? .init(row: 0, column: 4, messageID: "m4")
        : .init(row: number - 1, column: number + 4, messageID: "b\(number - 1)-\(number + 4)")
      branches.append(
        TreeBranch(
          id: "b\(number)", title: "Branch \(number)",
          messages: Self.messages(fork.column + 1...fork.column + 2, "b\(number)-"),
          fork: fork, depth: number))
    }
    return TreeView(conversation: ConversationRow(id: "c", title: "T"), branches: branches, currentBranchID: current)
  }

  private func parsed(_ view: TreeView) throws -> ParsedPage {
    try ParsedPage(Pages.tree(view, frame: PageFrame(title: "T")))
  }

  @Test(arguments: [3, 300]) func everyBranchAndMessageIsALinkAndNothingIsOutsideThePicture(_ count: Int) throws {
    let view = Self.view(branches: count)
    let page = try parsed(view)
    let svg = try #require(page.all("svg").first)
    let (width, height) = (
      try #require(svg.attributes["width"].flatMap(Int.init)), svg.attributes["height"].flatMap(Int.init)
    )
    let circles = page.all("circle")
    #expect(circles.count == 10 + 2 * count)
    for circle in circles {
      let (x, y) = (circle.attributes["cx"].flatMap(Int.init) ?? -1, circle.attributes["cy"].flatMap(Int.init) ?? -1)
      #expect((0...width).contains(x) && (0...(height ?? 0)).contains(y))
    }
    // No two branches share a row.
    let names = page.all("text").compactMap { $0.attributes["y"] }
    #expect(names.count == count + 1 && Set(names).count == count + 1)
    #expect(page.links.contains("/conversations/c?branch=b\(count)"))
    #expect(page.links.contains("/conversations/c?message=m4#message-m4"))
    #expect(page.links.contains("/conversations/c?branch=b1&message=b1-5#message-b1-5"))
  }

  @Test func theWayToTheRootIsMarkedUpToEachFork() throws {
    let page = try parsed(Self.view(branches: 3, current: "b2"))
    let current = page.all("path").filter { $0.attributes["class"] == "line current" }
    let course = try #require(current.first?.attributes["d"])
    #expect(current.count == 1 && course.split(separator: "M").count == 3, "\(course)")
    // The main branch's part ends where the first branch leaves it.
    let fork = try #require(page.all("circle")[3].attributes["cx"])
    #expect(course.hasSuffix("H\(fork)"), "\(course)")
    #expect(
      page.all("a").contains {
        $0.attributes["aria-current"] == "true" && $0.attributes["href"] == "/conversations/c?branch=b2"
      })
  }

  @Test func aMergedBranchLeadsBackToItsParent() throws {
    var view = Self.view(branches: 2)
    view.branches[1].isMerged = true
    let page = try parsed(view)
    let merges = page.all("path").filter { $0.attributes["class"] == "line merge" }
    let parentRow = try #require(page.all("circle").first?.attributes["cy"])
    #expect(merges.count == 1 && merges[0].attributes["d"]?.contains("V\(parentRow)H") == true)
    #expect(page.text.contains("Merged into Main"))
  }

  @Test func aLongConversationShowsWhatBeginsEndsAndForksOnly() throws {
    let page = try parsed(Self.view(branches: 3, messages: TreePicture.dotsMax + 1))
    #expect(page.all("circle").count == 3 + 3 * 2)
    let width = try #require(page.all("svg").first?.attributes["width"].flatMap(Int.init))
    #expect(width < 6000)
  }

  /// Forks that lead forward, or to themselves, are not followed: a picture always comes to an end.
  @Test(arguments: [1, 2, 7]) func aForkThatIsNoneIsDrawnWithoutOne(_ row: Int) throws {
    var view = Self.view(branches: 2, current: "b1")
    view.branches[1].fork = .init(row: row, column: 4, messageID: "m4")
    #expect(try parsed(view).all("circle").count == 14)
  }
}
