import Foundation
import HTTPTypes
import Testing

@testable import ChatRoutes

struct ErrorTests {
  static let key = ChatRoutesClient.testKey.revealed

  struct Row: Sendable {
    var status: Int
    var body: String
    var kind: ChatRoutesError.Kind
    var code: String
    var message: String
    var fields: HTTPFields = [:]
  }

  static let rows = [
    Row(
      status: 400, body: #"{"error":"E","message":"M","details":{"a":1}}"#, kind: .validation, code: "VALIDATION_ERROR",
      message: "M"),
    Row(status: 401, body: #"{"error":"E"}"#, kind: .authentication, code: "AUTHENTICATION_ERROR", message: "E"),
    Row(status: 404, body: #"{"error":{"message":"M"}}"#, kind: .notFound, code: "NOT_FOUND", message: "M"),
    Row(
      status: 429, body: #"{"message":"M","retryAfter":90}"#, kind: .rateLimit(retryAfter: .seconds(90)),
      code: "RATE_LIMIT_EXCEEDED", message: "M", fields: [.retryAfter: "7"]),
    Row(
      status: 429, body: "{}", kind: .rateLimit(retryAfter: .seconds(90)), code: "RATE_LIMIT_EXCEEDED",
      message: "The server answered 429 without saying why.", fields: [.retryAfter: "90"]),
    Row(
      status: 429, body: "slow down", kind: .rateLimit(retryAfter: .zero), code: "RATE_LIMIT_EXCEEDED",
      message: "The server answered 429 without saying why.", fields: [.retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT"]),
    Row(
      status: 429, body: "", kind: .rateLimit(retryAfter: nil), code: "RATE_LIMIT_EXCEEDED",
      message: "The server answered 429 without saying why.", fields: [.retryAfter: "soon"]),
    Row(
      status: 500, body: "<html>", kind: .server, code: "SERVER_ERROR",
      message: "The server answered 500 without saying why."),
    Row(status: 503, body: #"{"message":"M"}"#, kind: .server, code: "SERVER_ERROR", message: "M"),
    Row(status: 403, body: #"{"error":"FORBIDDEN","message":"M"}"#, kind: .other, code: "FORBIDDEN", message: "M"),
    Row(status: 302, body: "", kind: .other, code: "HTTP_302", message: "The server answered 302 without saying why."),
    Row(
      status: 200, body: "not JSON", kind: .other, code: "INVALID_RESPONSE", message: "The server's answer is not JSON."
    ),
    Row(
      status: 200, body: "{}", kind: .other, code: "INVALID_RESPONSE",
      message: "The server's answer holds no conversation."),
    Row(status: 200, body: #"{"success":false,"error":"X","message":"M"}"#, kind: .other, code: "X", message: "M"),
  ]

  @Test(arguments: rows)
  func answerBecomesAnError(row: Row) async throws {
    let transport = ScriptedTransport([.json(row.body, status: row.status, fields: row.fields)])
    let error = try await failure(of: transport)
    #expect(error.kind == row.kind)
    #expect(error.status == row.status)
    #expect(error.code == row.code)
    #expect(error.message == row.message)
    #expect(error.details == (row.body.contains("details") ? ["a": 1] : nil))
  }

  @Test func dateOfRetryAfterCountsFromNow() async throws {
    // RFC 9110's own example is 784111777 seconds after 1970.
    let error = ChatRoutesError(
      status: 429, fields: [.retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT"], body: [], credential: .none, now: 784_111_700
    )
    #expect(error.kind == .rateLimit(retryAfter: .seconds(77)))
  }

  @Test(arguments: TransportError.Kind.allCases)
  func transportFailureIsANetworkError(kind: TransportError.Kind) async throws {
    let error = try await failure(of: ScriptedTransport([.failure(kind)]))
    #expect(error.kind == .network(kind))
    #expect(error.status == 0 && error.code == "NETWORK_ERROR")
    #expect(!error.message.isEmpty)
  }

  @Test func bodyThatIsCutIsANetworkError() async throws {
    let cut = Pieces([#"{"data":"#], then: TransportError(.connectionLost, requestMayHaveTakenEffect: true))
    let error = try await failure(of: ScriptedTransport([.stream(cut)]))
    #expect(error.kind == .network(.connectionLost))
    #expect(error.requestMayHaveTakenEffect)
  }

  @Test func errorsNeverShowACredential() async throws {
    let other = "cr_test_sk_ffeeddccbbaa99887766"
    let body =
      #"{"error":"bad \#(Self.key)","message":"key \#(Self.key) or \#(other)!","details":{"\#(Self.key)":["x\#(Self.key)"]}}"#
    for status in [400, 401, 403, 500] {
      let error = try await failure(of: ScriptedTransport([.json(body, status: status)]))
      var dumped = ""
      dump(error, to: &dumped)
      for text in ["\(error)", dumped, error.localizedDescription, String(reflecting: error)] {
        #expect(!text.contains(Self.key))
        #expect(!text.contains(other))
      }
      #expect(error.message == "key redacted or redacted!")
    }
  }

  private func failure(of transport: ScriptedTransport) async throws -> ChatRoutesError {
    let client = ChatRoutesClient(scripted: transport, retry: RetryPolicy(attempts: 0))
    let error = await #expect(throws: ChatRoutesError.self) { try await client.conversations.get("c1") }
    return try #require(error)
  }
}

struct APIKeyTests {
  @Test func secretsDoNotShow() {
    let key: APIKey = "cr_prod_sk_secret"
    let values: [Any] = [
      key, [key], Optional(key) as Any, ["k": key], Credential.apiKey(key), Credential.accessToken(key),
      LoginRequest(email: "e", password: key.revealed), RegisterRequest(email: "e", password: key.revealed),
      AuthTokens(fields: ["accessToken": .string(key.revealed), "refreshToken": .string(key.revealed)]),
      AuthSession(fields: ["tokens": ["accessToken": .string(key.revealed)]]),
      SuggestBranchesRequest(text: "", llmApiKey: key),
      ChatRoutesClient(transport: ScriptedTransport([]), credential: .apiKey(key)),
    ]
    for value in values {
      var dumped = ""
      dump(value, to: &dumped)
      for text in [dumped, "\(value)", String(reflecting: value), String(describing: value)] {
        #expect(!text.contains("secret"), "\(type(of: value))")
      }
    }
  }

  @Test(arguments: ["k", " k", "k\n", "\r\n k \t"])
  func surroundingSpaceIsNoPartOfAKey(text: String) {
    #expect(APIKey(text).revealed == "k")
  }
}
