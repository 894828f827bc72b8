import Crypto
import Foundation

/// One user with what is theirs.
struct Account: Sendable {
  let id: String
  let email: String
  let name: String?
  /// SHA-256 of the password; nil for the account of an API key, which nobody can log in to.
  let passwordDigest: [UInt8]?
  let createdAt: Timestamp
  var conversations: [String: Conversation] = [:]
  /// Conversation by message, deleted messages included.
  var homeOfMessage: [String: String] = [:]
  var homeOfCheckpoint: [String: String] = [:]
  var countedMonth: Int64 = 0
  var callsThisMonth = 0

  var userJSON: JSON {
    [
      "id": .string(id), "email": .string(email), "name": JSON(name), "plan": "free",
      "createdAt": .string(createdAt.text),
    ]
  }

  mutating func forget(messages: some Sequence<String>, checkpoints: [Checkpoint]) {
    for id in messages { homeOfMessage[id] = nil }
    for checkpoint in checkpoints { homeOfCheckpoint[checkpoint.id] = nil }
  }
}

/// A pair of tokens from one login.
struct Session: Sendable {
  let accountID: String
  let accessToken: String
  let refreshToken: String
  let expiresAt: Timestamp

  /// How long an access token is good for, in seconds; a refresh token lives with its sandbox.
  static let lifetime = 3_600
}

extension World {
  /// Accounts and sessions that can exist at once: state is in memory only.
  private static let accountsMax = 1_000
  private static let sessionsMax = 10_000

  /// The account whose key or token the call carries, whatever the scheme.
  func account(of call: Call) throws(Problem) -> String {
    guard let credential = call.credential, !credential.isEmpty else {
      throw .authentication("no API key: send Authorization: ApiKey cr_…, X-API-Key or Authorization: Bearer")
    }
    if let account = accountByKey[credential] { return account }
    guard let session = sessions.values.first(where: { $0.accessToken == credential }) else {
      throw .authentication("the API key or token is not valid")
    }
    guard clock.now < session.expiresAt else { throw .authentication("the token has expired: refresh it") }
    return session.accountID
  }

  /// Counts one call against the monthly limit.
  mutating func countCall(of account: String) throws(Problem) {
    let month = clock.now.month
    if accounts[account]!.countedMonth != month {
      accounts[account]!.countedMonth = month
      accounts[account]!.callsThisMonth = 0
    }
    if let limit = configuration.callsPerMonth, accounts[account]!.callsThisMonth >= limit {
      throw .rateLimit(limit: limit, retryAfter: clock.now.secondsToNextMonth)
    }
    accounts[account]!.callsThisMonth += 1
  }

  mutating func newAccount(email: String, name: String?, password: String?) -> String {
    let account = Account(
      id: random.identifier("user"), email: email, name: name, passwordDigest: password.map(World.digest),
      createdAt: clock.tick())
    accounts[account.id] = account
    accountByEmail[email] = account.id
    return account.id
  }

  mutating func register(_ call: Call) throws(Problem) -> Reply {
    let body = try call.object()
    let email = try body.requiredText("email").lowercased()
    let password = try body.requiredText("password")
    guard email.contains("@") else { throw .validation("email is not an address", field: "email") }
    guard password.count >= 8 else { throw .validation("password needs 8 characters at least", field: "password") }
    guard accountByEmail[email] == nil else { throw .validation("email is already registered", field: "email") }
    guard accounts.count < World.accountsMax else { throw .validation("the sandbox has no room for more accounts") }
    let account = newAccount(email: email, name: try body.optionalText("name"), password: password)
    return payload(["user": accounts[account]!.userJSON, "tokens": try openSession(for: account)], status: 201)
  }

  mutating func logIn(_ call: Call) throws(Problem) -> Reply {
    let body = try call.object()
    let email = try body.requiredText("email").lowercased()
    let password = try body.requiredText("password")
    guard let id = accountByEmail[email], let account = accounts[id], account.passwordDigest == World.digest(password)
    else { throw .authentication("email or password is wrong") }
    return payload(["user": account.userJSON, "tokens": try openSession(for: id)])
  }

  /// Trades a refresh token, which then ends, for a new pair.
  mutating func refresh(_ call: Call) throws(Problem) -> Reply {
    let token = try call.object().requiredText("refreshToken")
    guard let session = sessions.removeValue(forKey: token) else {
      throw .authentication("the refresh token is not valid: log in again")
    }
    return payload(try openSession(for: session.accountID))
  }

  mutating func logOut(_ call: Call) -> Reply {
    if let session = sessions.values.first(where: { $0.accessToken == call.credential }) {
      sessions[session.refreshToken] = nil
    }
    return payload(.object([]))
  }

  private mutating func openSession(for account: String) throws(Problem) -> JSON {
    guard sessions.count < World.sessionsMax else { throw .validation("the sandbox has no room for more sessions") }
    let session = Session(
      accountID: account, accessToken: token(for: account), refreshToken: random.identifier("refresh"),
      expiresAt: Timestamp(milliseconds: clock.now.milliseconds + Int64(Session.lifetime) * 1_000))
    sessions[session.refreshToken] = session
    return [
      "accessToken": .string(session.accessToken), "refreshToken": .string(session.refreshToken),
      "expiresIn": .int(Session.lifetime),
    ]
  }

  /// A JSON Web Token (RFC 7519) signed with a key that only this seed knows.
  private mutating func token(for account: String) -> String {
    let issued = Int(clock.now.milliseconds / 1_000)
    let claims: JSON = [
      "sub": .string(account), "iat": .int(issued), "exp": .int(issued + Session.lifetime),
      "jti": .string(random.identifier("jti")),
    ]
    let header: JSON = ["alg": "HS256", "typ": "JWT"]
    let signed = World.base64URL(header.bytes) + "." + World.base64URL(claims.bytes)
    let key = SymmetricKey(data: SHA256.hash(data: Data("sandbox-\(configuration.seed)".utf8)))
    let signature = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)
    return signed + "." + World.base64URL(Array(signature))
  }

  private static func base64URL(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private static func digest(_ password: String) -> [UInt8] { Array(SHA256.hash(data: Data(password.utf8))) }
}
