import HTTPTypes

/// One call of the API.
struct Call: Sendable {
  var method: String
  /// Path segments below `/api/v1`, not encoded.
  var path: [String]
  var query: [(String, String)] = []
  /// nil: no body at all.
  var body: JSONValue?
  /// nil: the client's own.
  var credential: Credential?

  static func get(_ path: String..., query: [(String, String)] = []) -> Call {
    Call(method: "GET", path: path, query: query)
  }
  static func post(_ path: String..., body: (some JSONConvertible)? = JSONValue?.none) -> Call {
    Call(method: "POST", path: path, body: body?.json)
  }
  static func patch(_ path: String..., body: some JSONConvertible) -> Call {
    Call(method: "PATCH", path: path, body: body.json)
  }
  static func delete(_ path: String...) -> Call { Call(method: "DELETE", path: path) }
}

/// Makes calls: adds the credential, repeats what may be repeated, turns answers into values or errors.
struct APICaller: Sendable {
  /// Bound for an answer that is not a stream.
  static let bodyBytesMax = 256 << 20
  /// Bound for the part of an error's body that is looked at.
  static let errorBytesMax = 64 << 10

  var transport: any Transport
  /// Without a slash at the end.
  var basePath: String
  var credential: Credential
  var timeout: Duration
  var streamIdleTimeout: Duration
  var retry: RetryPolicy
  var clock: any Clock<Duration>
  /// 0...1
  var jitter: @Sendable () -> Double = { .random(in: 0...1) }

  /// Makes a call and reads the payload of its answer.
  func answer(to call: Call) async throws(ChatRoutesError) -> Answer {
    let request = try request(call)
    return try await repeating(request) { () async throws(ChatRoutesError) in
      let response = try await send(request, call)
      let body: [UInt8]
      do throws(TransportError) {
        body = try await response.body.collect(upTo: Self.bodyBytesMax)
      } catch {
        throw ChatRoutesError(error)
      }
      return try Answer(
        status: response.status, fields: response.fields, body: body, credential: call.credential ?? credential)
    }
  }

  /// Makes a call whose answer tells nothing: whatever a success says is ignored, also that it says nothing (204).
  func perform(_ call: Call) async throws(ChatRoutesError) {
    let request = try request(call)
    try await repeating(request) { () async throws(ChatRoutesError) in
      let response = try await send(request, call)
      // The status has told what matters; what is left is only read so that the connection can be used again.
      _ = try? await response.body.collect(upTo: Self.errorBytesMax)
    }
  }

  /// Makes a call whose answer is read as it comes. Repeated at most until the answer begins.
  func stream(_ call: Call) async throws(ChatRoutesError) -> TransportBody {
    var request = try request(call)
    request.fields[.accept] = "text/event-stream"
    request.bodyIdleTimeout = streamIdleTimeout
    let prepared = request
    return try await repeating(prepared) { () async throws(ChatRoutesError) in try await send(prepared, call).body }
  }

  private func repeating<Result: Sendable>(
    _ request: TransportRequest, _ attempt: () async throws(ChatRoutesError) -> Result
  ) async throws(ChatRoutesError) -> Result {
    var number = 0
    while true {
      let failure: ChatRoutesError
      do { return try await attempt() } catch { failure = error }
      guard let delay = retry.delay(before: number, after: failure, isSafe: request.isSafe, jitter: jitter()) else {
        throw failure
      }
      // Sleeping only fails when the task is cancelled; what went wrong before says more.
      do { try await clock.sleep(for: delay) } catch { throw failure }
      number += 1
    }
  }

  private func send(_ request: TransportRequest, _ call: Call) async throws(ChatRoutesError) -> TransportResponse {
    let response: TransportResponse
    do { response = try await transport.send(request) } catch { throw ChatRoutesError(error) }
    guard (200...299).contains(response.status) else {
      // An error whose explanation is cut off is still that error.
      let body = (try? await response.body.collect(upTo: Self.errorBytesMax)) ?? []
      throw ChatRoutesError(
        status: response.status, fields: response.fields, body: body, credential: call.credential ?? credential)
    }
    return response
  }

  private func request(_ call: Call) throws(ChatRoutesError) -> TransportRequest {
    var target = basePath
    for segment in call.path {
      // An empty id would turn one call into another, and servers resolve dots even when they are encoded.
      guard !segment.isEmpty, segment != ".", segment != ".." else {
        throw .invalidRequest("An id of the call is empty or a dot: pass the id the API gave.")
      }
      target += "/" + PercentEncoding.encode(segment)
    }
    let query = call.query.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
    if !query.isEmpty { target += "?" + query }

    var fields: HTTPFields = [.accept: "application/json"]
    if let authorization = (call.credential ?? credential).authorization { fields[.authorization] = authorization }
    if call.body != nil { fields[.contentType] = "application/json" }
    return TransportRequest(
      method: call.method, target: target, fields: fields, body: call.body.map { .bytes($0.bytes) } ?? .none,
      connectTimeout: min(timeout, .seconds(10)), headTimeout: timeout, bodyIdleTimeout: timeout)
  }
}

/// Percent-encoding of everything but unreserved characters (RFC 3986 §2.3).
enum PercentEncoding {
  static func encode(_ text: String) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.append(byte)
      default:
        let digits = Array("0123456789ABCDEF".utf8)
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
