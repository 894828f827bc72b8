/// The calls about users and their sessions.
///
/// Registering, signing in and refreshing carry no credential; the others carry the client's, or an access token.
public struct AuthResource: Sendable {
  let caller: APICaller

  /// Registers a user and signs in.
  public func register(_ request: RegisterRequest) async throws(ChatRoutesError) -> AuthSession {
    try await caller.answer(to: withoutCredential(.post("auth", "register", body: request))).payload()
  }

  /// Signs a user in.
  public func login(_ request: LoginRequest) async throws(ChatRoutesError) -> AuthSession {
    try await caller.answer(to: withoutCredential(.post("auth", "login", body: request))).payload()
  }

  /// New tokens for those of a session.
  public func refresh(_ refreshToken: APIKey) async throws(ChatRoutesError) -> AuthTokens {
    let body = ["refreshToken": refreshToken.revealed.json]
    let answer = try await caller.answer(to: withoutCredential(.post("auth", "refresh", body: body)))
    // Servers give the tokens by themselves or as part of a session.
    let session: AuthSession = try answer.payload()
    return session.tokens ?? AuthTokens(fields: session.fields)
  }

  /// The user on whose behalf calls are made.
  /// - Parameter accessToken: the token of a session; nil: the client's own credential.
  public func me(accessToken: APIKey? = nil) async throws(ChatRoutesError) -> User {
    try await caller.answer(to: with(accessToken, .get("auth", "me"))).object("user")
  }

  /// Ends a session.
  /// - Parameter accessToken: the token of the session; nil: the client's own credential.
  public func logout(accessToken: APIKey? = nil) async throws(ChatRoutesError) {
    try await caller.perform(with(accessToken, .post("auth", "logout")))
  }

  private func withoutCredential(_ call: Call) -> Call {
    var call = call
    call.credential = Credential.none
    return call
  }

  private func with(_ accessToken: APIKey?, _ call: Call) -> Call {
    var call = call
    call.credential = accessToken.map(Credential.accessToken)
    return call
  }
}
