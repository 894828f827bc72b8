import ChatRoutes
import Foundation
import Testing

struct ModelTests {
  /// A model with every field the API documents: all of them must be known.
  static let documented: [(any JSONModel.Type, String)] = [
    (Conversation.self, "id userId title model createdAt updatedAt messages branches"),
    (
      Branch.self,
      "id conversationId parentBranchId forkPointMessageId title contextMode isMain isActive createdAt updatedAt messageCount"
    ),
    (
      Message.self,
      "id conversationId branchId parentMessageId role content tokenCount tokens contentHash createdAt metadata deletedAt"
    ),
    (
      MessageMetadata.self,
      """
      model temperature maxTokens responseTime finishReason cost context_truncated checkpoint_used prompt_tokens \
      context_message_count
      """
    ),
    (Checkpoint.self, "id conversation_id branch_id anchor_message_id summary token_count created_at"),
    (TreeNode.self, "id content role children branchInfo"),
    (
      BranchSuggestion.self,
      "id title description triggerText branchPoint confidence reasoning estimatedDivergence"
    ),
    (SuggestionMetadata.self, "detectionMethod totalBranchPointsFound modelUsed"),
    (StreamChunk.self, "type content model message created usage"),
    (Usage.self, "promptTokens completionTokens totalTokens"),
    (User.self, "id email plan createdAt name"), (AuthTokens.self, "accessToken refreshToken expiresIn"),
    (HealthResponse.self, "status version service"),
  ]

  @Test(arguments: documented.indices)
  func documentedFieldsAreKnownAndOthersKept(index: Int) {
    let (type, names) = Self.documented[index]
    let documented = names.split(separator: " ").map(String.init)
    #expect(type.fieldNames.isSuperset(of: documented))
    let fields = Dictionary(uniqueKeysWithValues: (documented + ["brandNew"]).map { ($0, JSONValue.null) })
    #expect(type.init(fields: fields).additionalFields == ["brandNew": nil])
  }

  @Test func messageIsReadWithAllItsFields() throws {
    let message = try model(
      Message.self,
      #"""
      {"id":"m1","conversationId":"c1","branchId":null,"parentMessageId":"m0","role":"assistant","content":"Hé \ud83d\ude00",
       "tokenCount":12,"contentHash":"ab","createdAt":"2025-10-01T00:00:00Z","shiny":{"deep":[1.50,1e400]},
       "metadata":{"model":"gpt-5","temperature":0.7,"maxTokens":100,"responseTime":1.5,"finishReason":"stop","cost":0.01,
       "context_truncated":true,"checkpoint_used":false,"prompt_tokens":8,"context_message_count":3,"extra":1}}
      """#)
    #expect(message.id == "m1")
    #expect(message.branchId == nil)
    #expect(message.role == .assistant)
    #expect(message.content == "Hé 😀")
    #expect(message.tokenCount == 12)
    let metadata = try #require(message.metadata)
    #expect(metadata.temperature == 0.7 && metadata.responseTime == 1.5 && metadata.cost == 0.01)
    #expect(metadata.contextTruncated == true && metadata.checkpointUsed == false)
    #expect(metadata.promptTokens == 8 && metadata.contextMessageCount == 3)
    #expect(metadata.additionalFields == ["extra": 1])
    #expect(message.additionalFields["shiny"]?.description == #"{"deep":[1.50,1e400]}"#)
  }

  @Test func whatIsMissingOrOfAnotherTypeIsNil() throws {
    let message = try model(Message.self, #"{"id":7,"role":{"a":1},"content":null,"tokenCount":"many","metadata":[]}"#)
    #expect(message.id == "7")
    #expect(message.role == nil && message.content == nil && message.tokenCount == nil && message.metadata == nil)
    #expect(message.fields["role"] == ["a": 1])
  }

  @Test(arguments: [
    (#"{"tokens":5}"#, 5), (#"{"tokenCount":5}"#, 5), (#"{"tokenCount":5,"tokens":6}"#, 5), (#"{"tokens":5.0}"#, 5),
  ])
  func tokensHaveTwoNames(json: String, count: Int) throws {
    #expect(try model(Message.self, json).tokenCount == count)
  }

  @Test func unknownWordsAreKept() throws {
    let branch = try model(Branch.self, #"{"contextMode":"HUGE"}"#)
    #expect(branch.contextMode?.rawValue == "HUGE")
    #expect(branch.contextMode?.isKnown == false)
    #expect(ContextMode.partial.isKnown)
    #expect(try model(Message.self, #"{"role":"tool"}"#).role == "tool")
  }

  @Test func checkpointIsInSnakeCase() throws {
    let checkpoint = try model(
      Checkpoint.self,
      #"{"id":"k","conversation_id":"c","branch_id":"b","anchor_message_id":"m","summary":"s","token_count":3,"created_at":"t"}"#
    )
    #expect(checkpoint.conversationId == "c" && checkpoint.branchId == "b" && checkpoint.anchorMessageId == "m")
    #expect(checkpoint.summary == "s" && checkpoint.tokenCount == 3 && checkpoint.createdAt == "t")
    #expect(checkpoint.additionalFields.isEmpty)
  }

  @Test func changedModelKeepsWhatItDoesNotKnow() throws {
    var conversation = try model(Conversation.self, #"{"id":"c","title":"old","x":1.0}"#)
    conversation.title = "new"
    conversation.model = nil
    #expect(conversation.json.description == #"{"id":"c","title":"new","x":1.0}"#)
  }

  @Test func requestsTakeFieldsThisLibraryDoesNotKnow() {
    var request = UpdateConversationRequest()
    request.fields["archived"] = true
    #expect(request.json.description == #"{"archived":true}"#)
  }

  @Test func modelsGoThroughFoundationsCoders() throws {
    let text = #"{"id":"c","messages":[{"id":"m","n":[null,true,1,2.5,"x"]}]}"#
    let conversation = try JSONDecoder().decode(Conversation.self, from: Data(text.utf8))
    #expect(conversation.messages?.first?.additionalFields["n"] == [nil, true, 1, 2.5, "x"])
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(conversation), as: UTF8.self) == text)
  }

  private func model<Model: JSONModel>(_ type: Model.Type, _ text: String) throws -> Model {
    try #require(Model(json: try JSONValue(parsing: text.utf8)))
  }
}
