import Testing

@testable import Sandbox

@Suite struct AccountTests {
  static let credentials = #"{"email":"Ada@example.org","password":"correct horse","name":"Ada"}"#

  private func tokens(_ answer: WorldUnderTest.Answer) -> (access: String, refresh: String) {
    let tokens = answer.data["tokens"] ?? answer.data
    return (tokens["accessToken"]?.string ?? "", tokens["refreshToken"]?.string ?? "")
  }

  @Test func registeredUserWorksWithTheirToken() {
    var sandbox = WorldUnderTest()
    let answer = sandbox.call("POST", "/auth/register", Self.credentials, key: nil)
    let access = tokens(answer).access
    #expect(answer.status == 201)
    #expect(access.split(separator: ".").count == 3)
    #expect(sandbox.call("GET", "/auth/me", key: access).data == answer.data["user"])
    #expect(sandbox.call("GET", "/auth/me", key: access).data["email"] == "ada@example.org")
    #expect(sandbox.call("GET", "/conversations", key: access).json["total"] == 0)
    #expect(sandbox.call("POST", "/auth/register", Self.credentials, key: nil).status == 400)
  }

  @Test func loginOpensTheSameAccountAndWrongPasswordDoesNot() {
    var sandbox = WorldUnderTest()
    let user = sandbox.call("POST", "/auth/register", Self.credentials, key: nil).data["user"]
    #expect(sandbox.call("POST", "/auth/login", Self.credentials, key: nil).data["user"] == user)
    let wrong = #"{"email":"ada@example.org","password":"wrong horse"}"#
    #expect(sandbox.call("POST", "/auth/login", wrong, key: nil).status == 401)
  }

  @Test func refreshTokenWorksOnceAndItsAccessTokenEnds() {
    var sandbox = WorldUnderTest()
    let old = tokens(sandbox.call("POST", "/auth/register", Self.credentials, key: nil))
    let body = #"{"refreshToken":"\#(old.refresh)"}"#
    let new = tokens(sandbox.call("POST", "/auth/refresh", body, key: nil))
    #expect(sandbox.call("GET", "/auth/me", key: new.access).status == 200)
    #expect(sandbox.call("GET", "/auth/me", key: old.access).status == 401)
    #expect(sandbox.call("POST", "/auth/refresh", body, key: nil).status == 401)
  }

  @Test func logoutEndsTheSession() {
    var sandbox = WorldUnderTest()
    let access = tokens(sandbox.call("POST", "/auth/register", Self.credentials, key: nil)).access
    #expect(sandbox.call("POST", "/auth/logout", key: access).status == 200)
    #expect(sandbox.call("GET", "/auth/me", key: access).status == 401)
  }

  @Test func tokensExpire() {
    var sandbox = WorldUnderTest()
    let access = tokens(sandbox.call("POST", "/auth/register", Self.credentials, key: nil)).access
    sandbox.now = Timestamp(milliseconds: WorldUnderTest.start + 3_700_000)
    #expect(sandbox.call("GET", "/auth/me", key: access).status == 401)
  }

  @Test(arguments: ["ApiKey", "apikey", "Bearer", "BEARER"])
  func credentialIsTakenFromEitherScheme(scheme: String) {
    let call = Call(method: "GET", target: "/", authorization: scheme + " key", apiKey: "other")
    #expect(call.credential == "key")
  }

  @Test func otherSchemesFallBackToTheKeyField() {
    #expect(Call(method: "GET", target: "/", authorization: "Basic abc", apiKey: "key").credential == "key")
    #expect(Call(method: "GET", target: "/", authorization: "ApiKey", apiKey: nil).credential == nil)
  }
}
