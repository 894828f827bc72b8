import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1

extension HTTPClientRequest {
  /// The request as AsyncHTTPClient wants it, for `/`: the true target is set by `ConnectionWatch`.
  /// - Throws: `.badRequest` for what would not be one well-formed request on the wire.
  init(_ request: TransportRequest, to origin: Origin) throws(TransportError) {
    try Self.check(request)
    self.init(url: origin.rootURL)
    method = HTTPMethod(rawValue: request.method)
    headers = HTTPHeaders([("Host", origin.authority)])
    for field in request.fields where !Self.isOwn(field.name) {
      headers.add(name: field.name.rawName, value: field.value)
    }
    switch request.body {
    case .none: body = nil
    case .bytes(let bytes): body = .bytes(ByteBuffer(bytes: bytes))
    case .stream(let length, let pieces):
      body = .stream(RequestBodyBuffers(pieces), length: length.map { .known($0) } ?? .unknown)
    }
  }

  private static func isOwn(_ name: HTTPField.Name) -> Bool {
    name == .contentLength || name == .transferEncoding || name.canonicalName == "host"
      || name.canonicalName == Attempts.fieldName
  }

  private static func check(_ request: TransportRequest) throws(TransportError) {
    let target = request.target.utf8
    guard target.first == UInt8(ascii: "/") || request.target == "*", target.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
    else {
      throw TransportError(.badRequest, "its target is not in origin form", requestMayHaveTakenEffect: false)
    }
    // A field name is a token, and so is a method.
    guard HTTPField.Name(request.method) != nil, request.method != "CONNECT" else {
      throw TransportError(.badRequest, "its method is not usable", requestMayHaveTakenEffect: false)
    }
    if case .stream(let length?, _) = request.body, length < 0 {
      throw TransportError(.badRequest, "its length is negative", requestMayHaveTakenEffect: false)
    }
  }
}

extension TransportRequest {
  /// Whether the request may go out twice, and still can: a stream is used up.
  var canBeSentAgain: Bool {
    if case .stream = body { false } else { isSafe }
  }
}

/// A request body as AsyncHTTPClient reads it; gives the errors of the pieces their kind.
private struct RequestBodyBuffers: AsyncSequence, Sendable {
  typealias Element = ByteBuffer

  private let pieces: any AsyncSequence<[UInt8], any Error> & Sendable

  init(_ pieces: any AsyncSequence<[UInt8], any Error> & Sendable) {
    self.pieces = pieces
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pieces: pieces.makeAsyncIterator()) }

  struct AsyncIterator: AsyncIteratorProtocol {
    var pieces: any AsyncIteratorProtocol<[UInt8], any Error>

    mutating func next() async throws -> ByteBuffer? {
      do {
        return try await pieces.next(isolation: nil).map { ByteBuffer(bytes: $0) }
      } catch {
        throw TransportError(.requestBody, "\(type(of: error))", requestMayHaveTakenEffect: true)
      }
    }
  }
}

extension TransportResponse {
  init(_ response: HTTPClientResponse, to attempt: Attempt) {
    var fields = HTTPFields()
    for (name, value) in response.headers {
      // The decoder below lets only tokens through as names; a name that is none cannot be relayed.
      guard let name = HTTPField.Name(name) else { continue }
      fields.append(HTTPField(name: name, lenientValue: value.utf8))
    }
    self.init(
      status: Int(response.status.code), fields: fields, body: TransportBody(upstream: response.body, of: attempt))
  }
}
