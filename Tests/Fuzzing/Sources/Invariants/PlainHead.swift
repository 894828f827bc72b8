import WireFormats

/// A request's head as its parts, with all that is derived from them, comparable.
struct HeadParts: Equatable {
  let method: [UInt8]
  let target: [UInt8]
  let version: HTTPVersion
  let fields: [PlainField]
  let isAbsoluteForm: Bool
  let originForm: [UInt8]
  let path: [UInt8]
  let query: [UInt8]?
  let host: [UInt8]?
  let keepsAlive: Bool
  let expectsContinue: Bool

  /// The parts that the parser found.
  init(_ head: RequestHead) {
    (method, target, version) = (Array(head.method.utf8), Array(head.target), head.version)
    fields = head.fields.map { PlainField($0) }
    (isAbsoluteForm, originForm) = (head.isAbsoluteForm, Array(head.originForm))
    (path, query) = (Array(head.path), head.query.map { Array($0) })
    (host, keepsAlive, expectsContinue) = (head.host.map { Array($0) }, head.keepsAlive, head.expectsContinue)
  }

  fileprivate init(
    method: [UInt8], target: [UInt8], version: HTTPVersion, fields: [PlainField], authority: (Int, Int)?
  ) {
    (self.method, self.target, self.version, self.fields) = (method, target, version, fields)
    isAbsoluteForm = authority != nil
    let rest = authority.map { Array(target[$0.1...]) } ?? target
    originForm = isAbsoluteForm && rest.first != UInt8(ascii: "/") ? [UInt8(ascii: "/")] + rest : rest
    let parts = originForm.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    (path, query) = (Array(parts[0]), parts.count == 2 ? Array(parts[1]) : nil)
    host = authority.map { Array(target[$0.0..<$0.1]) } ?? fields.values(of: "host").first
    keepsAlive =
      !fields.hasMember("close", of: "connection")
      && (version == .http1_1 || fields.hasMember("keep-alive", of: "connection"))
    expectsContinue = version == .http1_1 && fields.hasMember("100-continue", of: "expect")
  }

  /// The head written anew, without the whitespace around values.
  var encoded: [UInt8] {
    var bytes = method + [0x20] + target + Array(version == .http1_1 ? " HTTP/1.1\r\n".utf8 : " HTTP/1.0\r\n".utf8)
    for field in fields { bytes += field.name + [UInt8(ascii: ":")] + field.value + [0x0D, 0x0A] }
    return bytes + [0x0D, 0x0A]
  }
}

/// A head read from the grammar of RFC 9112, line by line and with none of the parser's code.
struct PlainHead {
  let parts: HeadParts
  let framing: BodyFraming
  /// Behind the empty line.
  let end: Int
  private let byteCount: Int
  private let longestFieldLine: Int

  /// - Returns: nil: `bytes` do not begin with a whole head that may be accepted.
  init?(reading bytes: ArraySlice<UInt8>) {
    guard let section = PlainBytes.section(at: bytes.startIndex, of: bytes), let line = section.lines.first else {
      return nil
    }
    let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(PlainBytes.isToken),
      !["CONNECT", "TRACE"].contains(where: { words[0].elementsEqual($0.utf8) }),
      let version = Self.version(words[2])
    else { return nil }
    var fields: [PlainField] = []
    for line in section.lines.dropFirst() {
      guard let field = PlainField(readingPlainly: line) else { return nil }
      fields.append(field)
    }
    let (method, target) = (Array(words[0]), Array(words[1]))
    guard let form = Form(of: target, method: method), let framing = Self.framing(of: fields, version) else {
      return nil
    }
    let hosts = fields.values(of: "host")
    guard hosts.count == 1 || (hosts.isEmpty && version == .http1_0), hosts.allSatisfy(Self.mayBeHost) else {
      return nil
    }
    parts = HeadParts(method: method, target: target, version: version, fields: fields, authority: form.authority)
    (self.framing, end, byteCount) = (framing, section.end, section.end - bytes.startIndex)
    longestFieldLine = section.lines.dropFirst().map(\.count).max() ?? 0
  }

  /// Whether nothing in this head goes beyond a limit.
  func keeps(_ limits: HTTPLimits) -> Bool {
    if case .length(let length) = framing, length > limits.bodyBytesMax { return false }
    return parts.method.count <= limits.methodBytesMax && parts.target.count <= limits.targetBytesMax
      && byteCount <= limits.headBytesMax && longestFieldLine <= limits.fieldBytesMax
      && parts.fields.count <= limits.fieldCountMax
  }

  /// Whether no reading of the grammar refuses this head: hosts are names or dotted numbers.
  var isUndisputed: Bool {
    ([parts.host].compactMap { $0 } + parts.fields.values(of: "host")).allSatisfy { host in
      let words = host.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard words.count <= 2 else { return false }
      let isName = words[0].allSatisfy { $0 == 0x2D || $0 == 0x2E || PlainBytes.isDigit($0) || Self.isLetter($0) }
      return host.isEmpty || (!words[0].isEmpty && isName && words.dropFirst().joined().allSatisfy(PlainBytes.isDigit))
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

  /// A minor version above 1 counts as 1 (RFC 9110 §2.5).
  private static func version(_ word: ArraySlice<UInt8>) -> HTTPVersion? {
    guard word.count == 8, word.starts(with: "HTTP/1.".utf8), let minor = word.last, PlainBytes.isDigit(minor) else {
      return nil
    }
    return minor == UInt8(ascii: "0") ? .http1_0 : .http1_1
  }

  private static func mayBeHost(_ host: [UInt8]) -> Bool {
    host.allSatisfy { isLetter($0) || PlainBytes.isDigit($0) || "-._~!$&'()*+,;=%:[]".utf8.contains($0) }
  }

  /// How the target names its resource.
  private enum Form {
    case noAuthority
    case authority(Int, Int)

    var authority: (Int, Int)? {
      if case .authority(let start, let end) = self { (start, end) } else { nil }
    }

    init?(of target: [UInt8], method: [UInt8]) {
      guard !target.isEmpty, target.allSatisfy(PlainBytes.isVisible) else { return nil }
      let lowercased = PlainBytes.lowercased(target)
      if target.first == UInt8(ascii: "/") {
        self = .noAuthority
      } else if target.elementsEqual("*".utf8) {
        guard method.elementsEqual("OPTIONS".utf8) else { return nil }
        self = .noAuthority
      } else if let scheme = ["http://", "https://"].first(where: { lowercased.starts(with: $0.utf8) }) {
        let start = scheme.utf8.count
        let end = target[start...].firstIndex { "/?#".utf8.contains($0) } ?? target.count
        guard start < end, PlainHead.mayBeHost(Array(target[start..<end])) else { return nil }
        self = .authority(start, end)
      } else {
        return nil
      }
    }
  }

  /// How the body ends (RFC 9112 §6.3); nil: not known for certain.
  private static func framing(of fields: [PlainField], _ version: HTTPVersion) -> BodyFraming? {
    let lengths = fields.values(of: "content-length")
    if !fields.values(of: "transfer-encoding").isEmpty {
      let codings = fields.members(of: "transfer-encoding")
      return version == .http1_1 && lengths.isEmpty && codings == [Array("chunked".utf8)] ? .chunked : nil
    }
    guard let length = lengths.first else { return BodyFraming.none }
    guard lengths.count == 1, let number = PlainBytes.number(length[...], radix: 10) else { return nil }
    return .length(number)
  }
}
