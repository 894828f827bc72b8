extension JSONValue: Codable {
  /// Reads any value. Numbers go through `Int` or `Double` here; ``init(parsing:)`` keeps them as written.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // Each attempt fails when the value is of another type: the next one tells.
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = value.json
    } else if let value = try? container.decode(Double.self) {
      self = value.json
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// Writes the value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .number(let literal):
      if let value = Int(literal) { try container.encode(value) } else { try container.encode(Double(literal)) }
    case .string(let value): try container.encode(value)
    case .array(let elements): try container.encode(elements)
    case .object(let fields): try container.encode(fields)
    }
  }
}
