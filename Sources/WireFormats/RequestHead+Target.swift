extension RequestHead {
  /// The request target, byte for byte.
  public var target: ArraySlice<UInt8> { bytes[line.target] }

  /// The request target as text; it is ASCII.
  public var targetText: String { String(decoding: target, as: UTF8.self) }

  /// The target in origin-form as an origin server would get it: path and query, byte for byte (RFC 9112 §3.2.1).
  ///
  /// An absolute-form target loses its scheme and authority and, if its path is empty, gains the `/`; `*` stays `*`.
  public var originForm: ArraySlice<UInt8> {
    guard case .absolute(_, let authorityEnd) = line.form else { return target }
    let rest = bytes[Int(authorityEnd)..<line.target.upperBound]
    return rest.first == ASCII.slash ? rest : [ASCII.slash] + rest
  }

  /// The path without the query, byte for byte: neither percent-decoded nor normalised. `*` for an asterisk-form target.
  public var path: ArraySlice<UInt8> {
    let form = originForm
    return form.firstIndex(of: ASCII.question).map { form[..<$0] } ?? form
  }

  /// What follows the first `?`, byte for byte; nil: there is none. May be empty.
  public var query: ArraySlice<UInt8>? {
    let target = target
    return target.firstIndex(of: ASCII.question).map { target[($0 + 1)...] }
  }

  /// The authority that the request is for: an absolute-form target's, else the Host field's value (RFC 9112 §3.2.2).
  ///
  /// Host with an optional port, letter case as received. Empty when the client says that its URI has no authority; nil
  /// only for HTTP/1.0 without a Host field.
  public var host: ArraySlice<UInt8>? {
    guard case .absolute(let start, let end) = line.form else { return first("Host") }
    return bytes[Int(start)..<Int(end)]
  }

  /// ``host`` as text; it is ASCII.
  public var hostText: String? { host.map { String(decoding: $0, as: UTF8.self) } }

  /// Whether the target has an authority of its own, as a client sends it that takes this server for a proxy.
  public var isAbsoluteForm: Bool {
    if case .absolute = line.form { true } else { false }
  }

  /// Refuses what RFC 9112 §3.2 asks to refuse: no Host in HTTP/1.1, several, or one that is not a host with a port.
  func checkHost() throws(HTTPParseError) {
    var hosts = 0
    for range in ranges where bytes.span.matches("Host", in: range.name) {
      hosts += 1
      guard hosts == 1 else { throw .repeatedHost }
      guard range.value.isEmpty || bytes.span.isHostAndPort(range.value) else { throw .invalidHost }
    }
    guard hosts == 1 || version == .http1_0 else { throw .missingHost }
  }
}
