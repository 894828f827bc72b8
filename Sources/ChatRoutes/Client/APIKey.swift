/// A credential's text. Every text made from it (`print`, `dump`, a debugger's summary, a log) shows a placeholder.
public struct APIKey: Sendable, Hashable, ExpressibleByStringLiteral {
  private let text: String

  /// A key; surrounding whitespace, such as the line end of a key file, is not part of it.
  public init(_ text: some StringProtocol) {
    let isInside: (Character) -> Bool = { !$0.isWhitespace }
    let start = text.firstIndex(where: isInside) ?? text.endIndex
    let end = text.lastIndex(where: isInside).map(text.index(after:)) ?? text.endIndex
    self.text = String(text[start..<end])
  }

  public init(stringLiteral value: String) { self.init(value) }

  /// The key itself: for the request that needs it, and for nothing else.
  public var revealed: String { text }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "APIKey(redacted)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// How a call says on whose behalf it is made.
public enum Credential: Sendable, Hashable {
  /// `Authorization: ApiKey …`, for programs.
  case apiKey(APIKey)
  /// `Authorization: Bearer …`, for users who are signed in; the token is held like a key.
  case accessToken(APIKey)
  /// Nothing is said; for registering and signing in.
  case none

  /// The value of `Authorization`.
  var authorization: String? {
    switch self {
    case .apiKey(let key): "ApiKey \(key.revealed)"
    case .accessToken(let token): "Bearer \(token.revealed)"
    case .none: nil
    }
  }

  private var secret: String? {
    switch self {
    case .apiKey(let key), .accessToken(let key): key.revealed.isEmpty ? nil : key.revealed
    case .none: nil
    }
  }

  /// The text without this credential and without anything that looks like an API key: servers quote them in errors.
  func scrubbing(_ text: String) -> String {
    let known = secret.map { Self.replace($0, in: text) } ?? text
    return Self.replaceKeys(in: known)
  }

  private static func replace(_ secret: String, in text: String) -> String {
    text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "redacted")
  }

  /// Replaces words such as `cr_prod_sk_0123…`.
  private static func replaceKeys(in text: String) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "cr_")?.lowerBound {
      let word = rest[start...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      result += rest[..<start] + (word.count >= 16 ? "redacted" : word)
      rest = rest[word.endIndex...]
    }
    return result + rest
  }

  func scrubbing(_ value: JSONValue) -> JSONValue {
    switch value {
    case .null, .bool, .number: value
    case .string(let text): .string(scrubbing(text))
    case .array(let elements): .array(elements.map(scrubbing))
    case .object(let fields):
      .object(Dictionary(fields.map { (scrubbing($0.key), scrubbing($0.value)) }) { _, last in last })
    }
  }
}
