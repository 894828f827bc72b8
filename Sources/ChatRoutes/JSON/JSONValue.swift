/// Any JSON value, kept so that nothing the server sends is lost.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// A number as it was written: `1.0`, `1e3` and 2^70 survive. Equal when written alike.
  case number(literal: String)
  case string(String)
  case array([JSONValue])
  /// Of fields with the same name the last one counts.
  case object([String: JSONValue])
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = value.json }
  public init(floatLiteral value: Double) { self = value.json }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}

extension JSONValue {
  /// The field of an object; nil: no such field, or no object.
  public subscript(name: String) -> JSONValue? {
    if case .object(let fields) = self { fields[name] } else { nil }
  }

  /// The element of an array; nil: out of bounds, or no array.
  public subscript(index: Int) -> JSONValue? {
    if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
  }

  /// The value as a Swift one; nil when it is of another type.
  public func `as`<Value: JSONConvertible>(_ type: Value.Type = Value.self) -> Value? { Value(json: self) }
}

/// A Swift type that stands for some JSON values.
public protocol JSONConvertible: Sendable {
  /// nil: the value is of another type.
  init?(json: JSONValue)

  /// The JSON value that stands for this one.
  var json: JSONValue { get }
}

extension JSONValue: JSONConvertible {
  public init(json: JSONValue) { self = json }
  public var json: JSONValue { self }
}

extension String: JSONConvertible {
  /// A number is taken as its text: an id that turns into a number is still an id.
  public init?(json: JSONValue) {
    switch json {
    case .string(let text), .number(let text): self = text
    case .null, .bool, .array, .object: return nil
    }
  }
  public var json: JSONValue { .string(self) }
}

extension Int: JSONConvertible {
  /// A number without a fraction, `3.0` included.
  public init?(json: JSONValue) {
    guard case .number(let literal) = json else { return nil }
    guard let value = Int(literal) ?? Double(literal).flatMap(Int.init(exactly:)) else { return nil }
    self = value
  }
  public var json: JSONValue { .number(literal: String(self)) }
}

extension Double: JSONConvertible {
  public init?(json: JSONValue) {
    guard case .number(let literal) = json, let value = Double(literal) else { return nil }
    self = value
  }
  /// JSON has no infinities and no NaN: they become null.
  public var json: JSONValue { isFinite ? .number(literal: String(self)) : .null }
}

extension Bool: JSONConvertible {
  public init?(json: JSONValue) {
    guard case .bool(let value) = json else { return nil }
    self = value
  }
  public var json: JSONValue { .bool(self) }
}

extension Array: JSONConvertible where Element: JSONConvertible {
  /// Elements of another type are left out.
  public init?(json: JSONValue) {
    guard case .array(let elements) = json else { return nil }
    self = elements.compactMap(Element.init(json:))
  }
  public var json: JSONValue { .array(map(\.json)) }
}

extension Dictionary: JSONConvertible where Key == String, Value == JSONValue {
  public init?(json: JSONValue) {
    guard case .object(let fields) = json else { return nil }
    self = fields
  }
  public var json: JSONValue { .object(self) }
}
