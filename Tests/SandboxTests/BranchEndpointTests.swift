import Testing

@testable import Sandbox

@Suite struct BranchEndpointTests {
  @Test(arguments: [("FULL", 12), ("PARTIAL", 10), ("MINIMAL", 1)])
  func contextModeDecidesWhatIsInherited(mode: String, inherited: Int) {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let main = (0..<7).flatMap { _ in sandbox.send(id) }
    let branch = sandbox.fork(id, at: main[11], mode: mode)
    let own = sandbox.send(id, branch: branch)
    #expect(sandbox.shown(id, branch) == main[..<12].suffix(inherited) + own)
    #expect(sandbox.shown(id) == main)
  }

  @Test func branchOfABranchInheritsThroughBoth() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let main = sandbox.send(id)
    let child = sandbox.fork(id, at: main[0])
    let middle = sandbox.send(id, branch: child)
    let grandchild = sandbox.fork(id, at: middle[1])
    let own = sandbox.send(id, branch: grandchild)
    #expect(sandbox.shown(id, grandchild) == [main[0]] + middle + own)
  }

  @Test func deletedForkPointStillMarksItsPlace() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let main = sandbox.send(id) + sandbox.send(id)
    let branch = sandbox.fork(id, at: main[1])
    sandbox.call("DELETE", "/messages/\(main[1])")
    #expect(sandbox.shown(id, branch) == [main[0]])
  }

  @Test func createForksAtTheLastMessageUnlessToldOtherwise() {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    let sent = sandbox.send(id)
    let last = sandbox.call("POST", "/conversations/\(id)/branches", #"{"title":"a"}"#).data["branch"] ?? .null
    #expect(last["forkPointMessageId"] == .string(sent[1]))
    #expect(last["parentBranchId"] == .string(main))
    #expect(last["contextMode"] == "FULL")
    let own = sandbox.send(id, branch: last["id"]?.string)
    let body = #"{"title":"b","baseNodeId":"\#(own[0])","description":"d","contextMode":"MINIMAL"}"#
    let based = sandbox.call("POST", "/conversations/\(id)/branches", body).data["branch"] ?? .null
    #expect(based["forkPointMessageId"] == .string(own[0]))
    #expect(based["parentBranchId"] == last["id"])
    #expect(based["description"] == "d")
    #expect(based["messageCount"] == 1)
  }

  @Test func firstMessageOfABranchFollowsTheForkPoint() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let main = sandbox.send(id) + sandbox.send(id)
    let branch = sandbox.fork(id, at: main[0])
    sandbox.send(id, branch: branch)
    let messages = sandbox.call("GET", "/conversations/\(id)/branches/\(branch)/messages").data["messages"]?.array
    #expect(messages?[1]["parentMessageId"] == .string(main[0]))
  }

  @Test func updateRenames() {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    let branch = sandbox.call("PATCH", "/conversations/\(id)/branches/\(main)", #"{"title":"Trunk","isActive":false}"#)
    #expect(branch.data["branch"]?["title"] == "Trunk")
    #expect(branch.data["branch"]?["isActive"] == false)
    #expect(
      sandbox.call("GET", "/conversations/\(id)/branches").data["branches"]?.array?.first == branch.data["branch"])
  }

  @Test func mergeAppendsToTheParentUnderTheSameIdentifiers() {
    var sandbox = WorldUnderTest()
    let id = sandbox.newConversation().id
    let main = sandbox.send(id) + sandbox.send(id)
    let branch = sandbox.fork(id, at: main[0])
    let own = sandbox.send(id, branch: branch)
    let merged = sandbox.call("POST", "/conversations/\(id)/branches/\(branch)/merge").data["branch"] ?? .null
    #expect(merged["isActive"] == false)
    #expect(merged["mergedAt"]?.string != nil)
    #expect(sandbox.shown(id) == main + own)
    #expect(sandbox.shown(id, branch) == [main[0]] + own)
    sandbox.call("POST", "/conversations/\(id)/branches/\(branch)/merge")
    #expect(sandbox.shown(id) == main + own)
  }

  @Test func deletedBranchTakesItsDescendantsButNotWhatWasMerged() {
    var sandbox = WorldUnderTest()
    let (id, trunk) = sandbox.newConversation()
    let main = sandbox.send(id)
    let branch = sandbox.fork(id, at: main[1])
    let own = sandbox.send(id, branch: branch)
    sandbox.call("POST", "/conversations/\(id)/branches/\(branch)/merge")
    let later = sandbox.send(id, branch: branch)
    let child = sandbox.fork(id, at: later[0])
    #expect(sandbox.call("DELETE", "/conversations/\(id)/branches/\(branch)").status == 200)
    #expect(sandbox.call("GET", "/conversations/\(id)/branches").data["branches"]?.ids == [trunk])
    #expect(sandbox.shown(id) == main + own)
    #expect(sandbox.call("GET", "/conversations/\(id)/branches/\(child)/messages").status == 404)
    #expect(sandbox.call("DELETE", "/messages/\(later[0])").status == 404)
    #expect(sandbox.call("DELETE", "/messages/\(own[0])").status == 200)
  }

  @Test func mainBranchCanBeNeitherDeletedNorMerged() {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    #expect(sandbox.call("DELETE", "/conversations/\(id)/branches/\(main)").error == "VALIDATION_ERROR")
    #expect(sandbox.call("POST", "/conversations/\(id)/branches/\(main)/merge").status == 400)
  }
}
