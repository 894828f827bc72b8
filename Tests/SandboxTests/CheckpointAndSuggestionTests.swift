import Testing

@testable import Sandbox

@Suite struct CheckpointEndpointTests {
  @Test func checkpointLivesFromCreateToDelete() {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    let sent = sandbox.send(id)
    let body = #"{"branchId":"\#(main)","anchorMessageId":"\#(sent[1])"}"#
    let checkpoint = sandbox.call("POST", "/conversations/\(id)/checkpoints", body).data["checkpoint"] ?? .null
    let names = ["anchor_message_id", "branch_id", "conversation_id", "created_at", "id", "summary", "token_count"]
    #expect(checkpoint.names == names)
    #expect(checkpoint["summary"]?.string?.hasPrefix("2 messages (1 from the user)") == true)
    let path = "/conversations/\(id)/checkpoints"
    #expect(sandbox.call("GET", path).data["checkpoints"] == [checkpoint])
    #expect(sandbox.call("GET", path + "?branchId=\(main)").data["checkpoints"] == [checkpoint])
    let other = sandbox.fork(id, at: sent[0])
    #expect(sandbox.call("GET", path + "?branchId=\(other)").data["checkpoints"] == [])
    let checkpointID = checkpoint["id"]?.string ?? ""
    #expect(sandbox.call("DELETE", "/checkpoints/\(checkpointID)").status == 200)
    #expect(sandbox.call("GET", path).data["checkpoints"] == [])
  }

  @Test func recreateSummarisesWhatIsThereNow() {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    let sent = sandbox.send(id)
    let body = #"{"branchId":"\#(main)","anchorMessageId":"\#(sent[1])"}"#
    let old = sandbox.call("POST", "/conversations/\(id)/checkpoints", body).data["checkpoint"] ?? .null
    sandbox.call("PATCH", "/messages/\(sent[0])", #"{"content":"entirely different"}"#)
    let new = sandbox.call("POST", "/checkpoints/\(old["id"]?.string ?? "")/recreate").data["checkpoint"] ?? .null
    #expect(new["id"] == old["id"])
    #expect(new["summary"] != old["summary"])
    #expect(new["created_at"] != old["created_at"])
  }

  @Test func answersSayThatACheckpointWasUsed() {
    var sandbox = WorldUnderTest()
    let (id, main) = sandbox.newConversation()
    let sent = sandbox.send(id)
    let body = #"{"branchId":"\#(main)","anchorMessageId":"\#(sent[1])"}"#
    sandbox.call("POST", "/conversations/\(id)/checkpoints", body)
    let answer = sandbox.call("POST", "/conversations/\(id)/messages", #"{"content":"x"}"#)
    #expect(answer.data["message"]?["metadata"]?["checkpoint_used"] == true)
  }
}

@Suite struct BranchSuggestionTests {
  @Test func offsetsPointAtTheTrigger() {
    var sandbox = WorldUnderTest()
    let text = "Grüße 🌿: we could stay. ALTERNATIVELY, we leave. However: why?"
    let body = #"{"text":"\#(text)","suggestionsCount":2,"hybridDetection":false,"threshold":0.7,"llmApiKey":"k"}"#
    let data = sandbox.call("POST", "/autobranch/suggest-branches", body).data
    let scalars = Array(text.unicodeScalars)
    let suggestions = data["suggestions"]?.array ?? []
    #expect(suggestions.map { $0["triggerText"] } == ["we could", "ALTERNATIVELY"])
    for suggestion in suggestions {
      let start = suggestion["branchPoint"]?["start"]?.int ?? 0
      let end = suggestion["branchPoint"]?["end"]?.int ?? 0
      #expect(String(String.UnicodeScalarView(scalars[start..<end])) == suggestion["triggerText"]?.string)
    }
    #expect(data["metadata"] == ["detectionMethod": "pattern", "modelUsed": nil, "totalBranchPointsFound": 3])
  }

  @Test func thresholdLeavesWeakOnesOut() {
    var sandbox = WorldUnderTest()
    let body = #"{"text":"however, alternatively","threshold":0.9,"hybridDetection":true,"llmModel":"m"}"#
    let data = sandbox.call("POST", "/autobranch/suggest-branches", body).data
    #expect(data["suggestions"]?.array?.map { $0["triggerText"] } == ["alternatively"])
    #expect(data["metadata"]?["detectionMethod"] == "hybrid")
    #expect(data["metadata"]?["modelUsed"] == "m")
  }

  @Test func healthNeedsNoKey() {
    var sandbox = WorldUnderTest()
    let data = sandbox.call("GET", "/autobranch/health", key: nil).data
    #expect(data == ["service": "autobranch", "status": "healthy", "version": "1.0.0"])
  }
}
