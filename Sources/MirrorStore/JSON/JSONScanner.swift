/// Why bytes are not one JSON text, and where that showed.
struct JSONFault: Error, Equatable {
  enum Reason: Equatable {
    case notUTF8, endsEarly, tooDeep, unexpectedByte, badEscape, badNumber, controlCharacter, trailingBytes
  }

  let reason: Reason
  /// Bytes before the place where it showed.
  let offset: Int
}

/// Checks that bytes are exactly one JSON text (RFC 8259), without building anything and without recursion.
struct JSONScanner {
  /// Levels of nesting that are followed: a tree answer nests two levels a message, and a level costs one byte here.
  static let depthMax = 200_000

  static func check(_ bytes: [UInt8], depthMax: Int = depthMax) throws(JSONFault) {
    let span = bytes.span
    do {
      _ = try UTF8Span(validating: span)
    } catch {
      throw JSONFault(reason: .notUTF8, offset: error.byteOffsets.lowerBound)
    }
    var scanner = JSONScanner(depthMax: depthMax)
    try scanner.scanDocument(span)
  }

  private enum Expectation { case value, valueOrEnd, name, nameOrEnd, commaOrEnd }

  private let depthMax: Int
  private var at = 0
  /// The closing byte of every container that is open.
  private var closers: [UInt8] = []

  private init(depthMax: Int) {
    self.depthMax = depthMax
  }

  private mutating func scanDocument(_ text: borrowing Span<UInt8>) throws(JSONFault) {
    var expected = Expectation.value
    repeat {
      skipWhitespace(text)
      guard at < text.count else { throw fault(.endsEarly) }
      let byte = text[at]
      switch expected {
      case .valueOrEnd where byte == closers.last, .nameOrEnd where byte == closers.last:
        close()
        expected = .commaOrEnd
      case .value, .valueOrEnd:
        expected = try scanValue(text, byte)
      case .name, .nameOrEnd:
        guard byte == UInt8(ascii: "\"") else { throw fault(.unexpectedByte) }
        try scanString(text)
        try scanColon(text)
        expected = .value
      case .commaOrEnd:
        if byte == closers.last {
          close()
        } else {
          guard byte == UInt8(ascii: ",") else { throw fault(.unexpectedByte) }
          at += 1
          expected = closers.last == UInt8(ascii: "}") ? .name : .value
        }
      }
    } while !closers.isEmpty
    skipWhitespace(text)
    guard at == text.count else { throw fault(.trailingBytes) }
  }

  private mutating func scanValue(_ text: borrowing Span<UInt8>, _ byte: UInt8) throws(JSONFault) -> Expectation {
    switch byte {
    case UInt8(ascii: "{"):
      try open(UInt8(ascii: "}"))
      return .nameOrEnd
    case UInt8(ascii: "["):
      try open(UInt8(ascii: "]"))
      return .valueOrEnd
    case UInt8(ascii: "\""): try scanString(text)
    case UInt8(ascii: "t"): try scanWord("true", text)
    case UInt8(ascii: "f"): try scanWord("false", text)
    case UInt8(ascii: "n"): try scanWord("null", text)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumber(text)
    default: throw fault(.unexpectedByte)
    }
    return .commaOrEnd
  }

  private mutating func open(_ closer: UInt8) throws(JSONFault) {
    guard closers.count < depthMax else { throw fault(.tooDeep) }
    closers.append(closer)
    at += 1
  }

  private mutating func close() {
    closers.removeLast()
    at += 1
  }

  private mutating func scanColon(_ text: borrowing Span<UInt8>) throws(JSONFault) {
    skipWhitespace(text)
    guard at < text.count else { throw fault(.endsEarly) }
    guard text[at] == UInt8(ascii: ":") else { throw fault(.unexpectedByte) }
    at += 1
  }

  private mutating func scanString(_ text: borrowing Span<UInt8>) throws(JSONFault) {
    at += 1
    while at < text.count {
      let byte = text[at]
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return
      case UInt8(ascii: "\\"): try scanEscape(text)
      case 0..<0x20: throw fault(.controlCharacter)
      default: at += 1
      }
    }
    throw fault(.endsEarly)
  }

  private mutating func scanEscape(_ text: borrowing Span<UInt8>) throws(JSONFault) {
    at += 1
    guard at < text.count else { throw fault(.endsEarly) }
    switch text[at] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      at += 1
    case UInt8(ascii: "u"):
      at += 1
      for _ in 0..<4 {
        guard at < text.count else { throw fault(.endsEarly) }
        guard hexValue(text[at]) != nil else { throw fault(.badEscape) }
        at += 1
      }
    default: throw fault(.badEscape)
    }
  }

  private mutating func scanWord(_ word: StaticString, _ text: borrowing Span<UInt8>) throws(JSONFault) {
    for index in 0..<word.utf8CodeUnitCount {
      guard at < text.count else { throw fault(.endsEarly) }
      guard text[at] == word.utf8Start[index] else { throw fault(.unexpectedByte) }
      at += 1
    }
  }

  private mutating func scanNumber(_ text: borrowing Span<UInt8>) throws(JSONFault) {
    if text[at] == UInt8(ascii: "-") { at += 1 }
    if at < text.count, text[at] == UInt8(ascii: "0") {
      at += 1
      if at < text.count, isDigit(text[at]) { throw fault(.badNumber) }
    } else {
      try scanDigits(text)
    }
    if at < text.count, text[at] == UInt8(ascii: ".") {
      at += 1
      try scanDigits(text)
    }
    if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
      try scanDigits(text)
    }
  }

  private mutating func scanDigits(_ text: borrowing Span<UInt8>) throws(JSONFault) {
    guard at < text.count else { throw fault(.endsEarly) }
    guard isDigit(text[at]) else { throw fault(.badNumber) }
    while at < text.count, isDigit(text[at]) { at += 1 }
  }

  private mutating func skipWhitespace(_ text: borrowing Span<UInt8>) {
    while at < text.count, isWhitespace(text[at]) { at += 1 }
  }

  private func fault(_ reason: JSONFault.Reason) -> JSONFault {
    JSONFault(reason: reason, offset: at)
  }
}

func isWhitespace(_ byte: UInt8) -> Bool {
  byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
}

func isDigit(_ byte: UInt8) -> Bool {
  byte &- UInt8(ascii: "0") < 10
}

func hexValue(_ byte: UInt8) -> UInt32? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
  default: nil
  }
}
