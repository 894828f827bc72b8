import Testing

@testable import Sandbox

@Suite struct TreeTests {
  /// Nodes as `id(child,child)`, with identifiers replaced by the names that the test gave them.
  static func outline(_ node: JSON, _ names: [String: String]) -> String {
    let id = node["id"]?.string ?? "?"
    let children = (node["children"]?.array ?? []).map { outline($0, names) }
    return (names[id] ?? id) + (children.isEmpty ? "" : "(" + children.joined(separator: ",") + ")")
  }

  @Test func emptyConversationHasNoRoot() {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    let data = sandbox.call("GET", "/conversations/\(id)/tree").data
    #expect(data["tree"] == .null)
    #expect(data["metadata"] == ["maxDepth": 0, "totalBranches": 1, "totalNodes": 0])
    #expect(data["mainBranch"]?["id"] == .string(main))
  }

  @Test func childrenAreTheNextMessageThenForksInOrderOfCreation() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let main = sandbox.send(id) + sandbox.send(id)
    let b = sandbox.fork(id, at: main[1], title: "B")
    let c = sandbox.fork(id, at: main[1], mode: "MINIMAL", title: "C")
    let ownC = sandbox.send(id, branch: c)
    let ownB = sandbox.send(id, branch: b)
    let d = sandbox.fork(id, at: ownB[0])
    let ownD = sandbox.send(id, branch: d)
    let data = sandbox.call("GET", "/conversations/\(id)/tree").data
    let names = Dictionary(
      uniqueKeysWithValues: zip(
        main + ownB + ownC + ownD, ["m1", "m2", "m3", "m4", "b1", "b2", "c1", "c2", "d1", "d2"]))
    let tree = data["tree"] ?? .null
    #expect(Self.outline(tree, names) == "m1(m2(m3(m4),b1(b2,d1(d2)),c1(c2)))")
    #expect(data["metadata"] == ["maxDepth": 5, "totalBranches": 4, "totalNodes": 10])
    #expect(tree["branchInfo"]?["isMain"] == true)
    let forks = tree["children"]?.array?.first?["children"]?.array ?? []
    #expect(forks.map { $0["branchInfo"]?["title"] } == [nil, "B", "C"])
    #expect(forks.first?["branchInfo"] == .null)
    #expect(tree.names == ["branchInfo", "children", "content", "id", "role"])
  }

  @Test func mergedMessagesStandOnceInTheParentsChain() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let main = sandbox.send(id) + sandbox.send(id)
    let b = sandbox.fork(id, at: main[0])
    let merged = sandbox.send(id, branch: b)
    sandbox.call("POST", "/conversations/\(id)/branches/\(b)/merge")
    let later = sandbox.send(id, branch: b)
    let names = Dictionary(
      uniqueKeysWithValues: zip(main + merged + later, ["m1", "m2", "m3", "m4", "b1", "b2", "b3", "b4"]))
    let data = sandbox.call("GET", "/conversations/\(id)/tree").data
    #expect(Self.outline(data["tree"] ?? .null, names) == "m1(m2(m3(m4(b1(b2(b3(b4)))))))")
    #expect(data["metadata"]?["totalNodes"] == 8)
  }

  @Test func branchOfADeletedMessageHangsBelowTheOneBefore() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let main = sandbox.send(id) + sandbox.send(id)
    let b = sandbox.fork(id, at: main[1])
    let own = sandbox.send(id, branch: b)
    sandbox.call("DELETE", "/messages/\(main[1])")
    let names = Dictionary(uniqueKeysWithValues: zip(main + own, ["m1", "m2", "m3", "m4", "b1", "b2"]))
    let tree = sandbox.call("GET", "/conversations/\(id)/tree").data["tree"] ?? .null
    #expect(Self.outline(tree, names) == "m1(m3(m4),b1(b2))")
  }

  @Test func longChainOverflowsNothing() {
    var conversation = Conversation(
      id: "conv_1", userID: "user_1", title: "T", model: "gpt-5", mainID: "branch_1", at: Timestamp(milliseconds: 0))
    for number in 0..<10_000 {
      conversation.append(
        Message(
          id: "msg_\(number)", conversationID: "conv_1", branchID: "branch_1", parentID: nil, role: "user",
          content: "x", model: nil, metadata: nil, createdAt: Timestamp(milliseconds: Int64(number))))
    }
    let json = ConversationTree(of: conversation).json
    #expect(json["metadata"]?["maxDepth"] == 10_000)
    #expect(json.bytes.filter { $0 == UInt8(ascii: "{") }.count > 10_000)
  }
}
