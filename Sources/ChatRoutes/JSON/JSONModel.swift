/// An object of the API: a typed view of JSON fields.
///
/// Reading is tolerant: a field that is missing, null or of another type is nil. Nothing is lost: fields this library does
/// not know stay in ``fields``, and an object that was read and is written again says all it said.
public protocol JSONModel: JSONConvertible, Hashable, Codable, CustomStringConvertible, CustomReflectable {
  /// Every field, known or not.
  var fields: [String: JSONValue] { get set }

  /// The names this library has a property for.
  static var fieldNames: Set<String> { get }

  /// The names whose values no text made from this object may show.
  static var secretFieldNames: Set<String> { get }

  /// An object with these fields.
  init(fields: [String: JSONValue])
}

extension JSONModel {
  public static var secretFieldNames: Set<String> { [] }

  public init?(json: JSONValue) {
    guard case .object(let fields) = json else { return nil }
    self.init(fields: fields)
  }

  public var json: JSONValue { .object(fields) }

  /// The fields this library has no property for.
  public var additionalFields: [String: JSONValue] { fields.filter { !Self.fieldNames.contains($0.key) } }

  /// A field by its name on the wire; set to nil, it is left out.
  public subscript<Value: JSONConvertible>(name: String) -> Value? {
    get { fields[name].flatMap(Value.init(json:)) }
    set { fields[name] = newValue?.json }
  }

  public init(from decoder: any Decoder) throws {
    self.init(fields: try [String: JSONValue](from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    try fields.encode(to: encoder)
  }

  /// The type and its fields; secrets are left out.
  public var description: String { "\(Self.self)\(JSONValue.object(shownFields))" }

  /// The fields; secrets are left out.
  public var customMirror: Mirror { Mirror(self, children: shownFields.map { ($0.key, $0.value) }) }

  private var shownFields: [String: JSONValue] {
    fields.reduce(into: [:]) { shown, field in
      shown[field.key] = Self.secretFieldNames.contains(field.key) ? "redacted" : field.value
    }
  }
}

/// A word of the API from a set that may grow: every value is kept, known or not.
public protocol OpenValue: RawRepresentable<String>, JSONConvertible, Hashable, Codable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  /// The values this library knows.
  static var known: [Self] { get }

  init(rawValue: String)
}

extension OpenValue {
  public init(stringLiteral value: String) { self.init(rawValue: value) }

  public init?(json: JSONValue) {
    guard case .string(let text) = json else { return nil }
    self.init(rawValue: text)
  }

  public var json: JSONValue { .string(rawValue) }

  /// Whether this library knows the value.
  public var isKnown: Bool { Self.known.contains(self) }

  /// The word as it is on the wire.
  public var description: String { rawValue }
}
