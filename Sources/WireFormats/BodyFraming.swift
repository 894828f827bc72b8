/// How the body of a request ends.
public enum BodyFraming: Sendable, Equatable {
  /// There is no body.
  case none
  /// The body has exactly this many bytes.
  case length(UInt64)
  /// The body ends with the chunk of size zero and its trailers (RFC 9112 §7.1).
  case chunked

  /// Decides how the body of a request ends (RFC 9112 §6.3).
  /// - Throws: `.conflictingFraming` when fields disagree or repeat each other and `.invalidTransferEncoding` when the
  ///   end cannot be known: guessing would invite request smuggling. `.invalidContentLength`,
  ///   `.unsupportedTransferEncoding`.
  public init(of head: RequestHead) throws(HTTPParseError) {
    let lengthCount = head.count("Content-Length")
    if head.count("Transfer-Encoding") > 0 {
      guard lengthCount == 0 else { throw .conflictingFraming }
      guard head.version == .http1_1 else { throw .invalidTransferEncoding }
      var codings = 0
      var chunkedCount = 0
      var chunkedIsLast = false
      head.forEachMember(of: "Transfer-Encoding") { bytes, coding in
        chunkedIsLast = bytes.matches("chunked", in: coding)
        codings += 1
        if chunkedIsLast { chunkedCount += 1 }
      }
      guard chunkedIsLast, chunkedCount == 1 else { throw .invalidTransferEncoding }
      guard codings == 1 else { throw .unsupportedTransferEncoding }
      self = .chunked
    } else if lengthCount > 0 {
      guard lengthCount == 1, let text = head.first("Content-Length"), !text.contains(ASCII.comma) else {
        throw .conflictingFraming
      }
      guard let length = UInt64(decimal: text) else { throw .invalidContentLength }
      self = .length(length)
    } else {
      self = .none
    }
  }
}

extension UInt64 {
  /// The number that one or more decimal digits stand for; nil: anything else, a sign or whitespace too, or an overflow.
  init?(decimal digits: ArraySlice<UInt8>) {
    guard !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard digit.isDigit else { return nil }
      let (product, productOverflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, sumOverflows) = product.addingReportingOverflow(UInt64(digit &- 0x30))
      guard !productOverflows, !sumOverflows else { return nil }
      value = sum
    }
    self = value
  }
}
