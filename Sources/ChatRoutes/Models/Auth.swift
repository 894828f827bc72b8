/// A user of the API.
public struct User: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["id", "email", "name", "plan", "createdAt"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The user's id.
  public var id: String? {
    get { self["id"] }
    set { self["id"] = newValue }
  }

  /// The address the user signs in with.
  public var email: String? {
    get { self["email"] }
    set { self["email"] = newValue }
  }

  /// The name to show.
  public var name: String? {
    get { self["name"] }
    set { self["name"] = newValue }
  }

  /// The plan the user has.
  public var plan: String? {
    get { self["plan"] }
    set { self["plan"] = newValue }
  }

  /// When the user registered, ISO 8601.
  public var createdAt: String? {
    get { self["createdAt"] }
    set { self["createdAt"] = newValue }
  }
}

/// The tokens of a session; no text made from them shows them.
public struct AuthTokens: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["accessToken", "refreshToken", "expiresIn"]
  public static let secretFieldNames: Set<String> = ["accessToken", "refreshToken"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The token that calls carry.
  public var accessToken: String? {
    get { self["accessToken"] }
    set { self["accessToken"] = newValue }
  }

  /// The token that gives new ones.
  public var refreshToken: String? {
    get { self["refreshToken"] }
    set { self["refreshToken"] = newValue }
  }

  /// How long the access token is good for, in seconds.
  public var expiresIn: Int? {
    get { self["expiresIn"] }
    set { self["expiresIn"] = newValue }
  }
}

/// A user who is signed in.
public struct AuthSession: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["user", "tokens"]
  public static let secretFieldNames: Set<String> = ["tokens"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// The user.
  public var user: User? {
    get { self["user"] }
    set { self["user"] = newValue }
  }

  /// The tokens of the session.
  public var tokens: AuthTokens? {
    get { self["tokens"] }
    set { self["tokens"] = newValue }
  }
}

/// A user to register; no text made from it shows the password.
public struct RegisterRequest: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["email", "password", "name"]
  public static let secretFieldNames: Set<String> = ["password"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// A user to register.
  public init(email: String, password: String, name: String? = nil) {
    fields = [:]
    self.email = email
    self.password = password
    self.name = name
  }

  /// The address to sign in with.
  public var email: String? {
    get { self["email"] }
    set { self["email"] = newValue }
  }

  /// The password.
  public var password: String? {
    get { self["password"] }
    set { self["password"] = newValue }
  }

  /// The name to show.
  public var name: String? {
    get { self["name"] }
    set { self["name"] = newValue }
  }
}

/// A user to sign in; no text made from it shows the password.
public struct LoginRequest: JSONModel {
  public var fields: [String: JSONValue]

  public static let fieldNames: Set<String> = ["email", "password"]
  public static let secretFieldNames: Set<String> = ["password"]

  public init(fields: [String: JSONValue]) { self.fields = fields }

  /// A user to sign in.
  public init(email: String, password: String) {
    fields = [:]
    self.email = email
    self.password = password
  }

  /// The address the user signs in with.
  public var email: String? {
    get { self["email"] }
    set { self["email"] = newValue }
  }

  /// The password.
  public var password: String? {
    get { self["password"] }
    set { self["password"] = newValue }
  }
}
