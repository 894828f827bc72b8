internal import HTTPTypes
internal import WireFormats

/// How a body is coded (RFC 9110 §8.4), as far as the mirror's own copy can be unpacked.
enum ContentCoding: Sendable, Equatable {
  case identity
  case gzip
  case deflate
  /// Relayed as it is, not mirrored.
  case unsupported

  init(_ fields: HTTPFields) {
    let codings = fields[values: .contentEncoding].joined(separator: ",").split(separator: ",").map {
      $0.filter { $0 != " " && $0 != "\t" }.lowercased()
    }.filter { $0 != "identity" && !$0.isEmpty }
    switch codings {
    case []: self = .identity
    case ["gzip"], ["x-gzip"]: self = .gzip
    case ["deflate"]: self = .deflate
    default: self = .unsupported
    }
  }

  /// The body without its coding; `nil`: damaged, of another coding, or larger than `bytesMax`.
  func decode(_ body: [UInt8], upTo bytesMax: Int) -> [UInt8]? {
    switch self {
    case .identity: return body
    case .unsupported: return nil
    case .gzip, .deflate:
      var inflater = Inflater()
      guard let bytes = try? inflater.inflate(body, upTo: bytesMax), inflater.isAtEnd else { return nil }
      return bytes
    }
  }
}
