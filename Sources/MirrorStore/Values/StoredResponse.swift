/// A whole answer of the API as it is kept for verbatim replay.
public struct StoredResponse: Sendable, Equatable {
  /// One end-to-end field line, as received.
  public struct Field: Sendable, Equatable {
    public let name: String
    public let value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  public var status: Int
  public var fields: [Field]
  /// After transfer and content decoding were undone by the caller, or exactly as received when `fields` say so.
  public var body: [UInt8]
  /// When upstream answered.
  public var fetchedAt: UnixTime

  public init(status: Int, fields: [Field], body: [UInt8], fetchedAt: UnixTime) {
    self.status = status
    self.fields = fields
    self.body = body
    self.fetchedAt = fetchedAt
  }
}

extension StoredResponse {
  /// This answer after a 304 (RFC 9111 §4.3.4): fields of the 304 replace those of the same name.
  public func renewed(by fields: [Field], at time: UnixTime) -> StoredResponse {
    let names = Set(fields.map { $0.name.lowercased() })
    var renewed = self
    renewed.fields = self.fields.filter { !names.contains($0.name.lowercased()) } + fields
    renewed.fetchedAt = time
    return renewed
  }

  /// The field lines as one blob: name, LF, value, LF. HTTP allows no LF inside of either (RFC 9110 §5.5).
  var fieldBlob: [UInt8] {
    fields.reduce(into: []) { blob, field in
      precondition(!field.name.utf8.contains(10) && !field.value.utf8.contains(10), "a field line holds a line feed")
      blob += field.name.utf8
      blob.append(10)
      blob += field.value.utf8
      blob.append(10)
    }
  }

  static func fields(fromBlob blob: some Sequence<UInt8>) -> [Field] {
    let lines = String(decoding: Array(blob), as: UTF8.self).utf8.split(separator: 10, omittingEmptySubsequences: false)
    return stride(from: 0, to: lines.count - 1, by: 2).map { index in
      Field(name: String(lines[index]) ?? "", value: String(lines[index + 1]) ?? "")
    }
  }
}
