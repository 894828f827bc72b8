import AsyncHTTPClient
import Glibc
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import NIOSSL

extension TransportError {
  /// Gives an error of the layers below its kind. Their texts are not taken over: some of them quote field values.
  init(classifying error: any Error, requestMayHaveTakenEffect: Bool) {
    let (kind, reason) = Self.classify(error)
    self.init(kind, reason, requestMayHaveTakenEffect: requestMayHaveTakenEffect)
  }

  private static func classify(_ error: any Error) -> (Kind, String) {
    switch error {
    case let error as TransportError: (error.kind, error.reason)
    case let error as ConnectionWatchError: (error.kind, "")
    case let error as HTTPClientError: classify(error)
    case let error as NIOConnectionError: classify(error)
    case let error as IOError: classify(errno: error.errnoCode)
    case let error as ChannelError: classify(error)
    case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: (.tls, "\(type(of: error))")
    case HTTPParserError.invalidEOFState: (.connectionLost, "")
    case is HTTPParserError, is NIOHTTPDecoderError: (.badResponse, "it breaks HTTP/1.1")
    case is SocketAddressError: (.dns, "")
    case is NIOHTTP1ProxyConnectHandler.Error: (.proxy, "")
    case is CancellationError: (.cancelled, "")
    default: (.connectionLost, "\(type(of: error))")
    }
  }

  private static func classify(_ error: HTTPClientError) -> (Kind, String) {
    switch error {
    case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout: (.connectTimeout, "")
    case .proxyAuthenticationRequired: (.proxy, "it asks for a name and a password")
    case .invalidProxyResponse, .httpProxyHandshakeTimeout: (.proxy, "it does not connect to the origin")
    case .deadlineExceeded, .readTimeout, .writeTimeout: (.headTimeout, "")
    case .cancelled: (.cancelled, "")
    case .alreadyShutdown: (.cancelled, "the transport was shut down")
    case .bodyLengthMismatch: (.requestBody, "its length differs from the announced one")
    case .remoteConnectionClosed, .uncleanShutdown, .requestStreamCancelled: (.connectionLost, "")
    case .traceRequestWithBody, .invalidURL, .emptyHost, .emptyScheme: (.badRequest, error.shortDescription)
    default: classifyByName(error)
    }
  }

  /// Errors with associated values can only be told apart by their short description.
  private static func classifyByName(_ error: HTTPClientError) -> (Kind, String) {
    let name = error.shortDescription
    let isAboutFields = name.hasPrefix("Invalid header field")
    return (isAboutFields ? .badRequest : .connectionLost, name)
  }

  private static func classify(_ error: NIOConnectionError) -> (Kind, String) {
    guard !error.connectionErrors.isEmpty else { return (.dns, "") }
    // The most telling attempt: over IPv6 a host without a route says "unreachable" while IPv4 was refused.
    let attempts = error.connectionErrors.map { classify($0.error) }
    let byWeight: [Kind] = [.exhausted, .tls, .refused, .connectTimeout, .connectionLost, .unreachable]
    for kind in byWeight {
      if let attempt = attempts.first(where: { $0.0 == kind }) { return attempt }
    }
    return attempts[0]
  }

  private static func classify(_ error: ChannelError) -> (Kind, String) {
    if case .connectTimeout = error { return (.connectTimeout, "") }
    return (.connectionLost, "")
  }

  private static func classify(errno code: CInt) -> (Kind, String) {
    let name = String(cString: strerror(code))
    return switch code {
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: (.exhausted, name)
    case ECONNREFUSED, ENOENT: (.refused, name)
    case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL, EACCES, EPERM: (.unreachable, name)
    case ETIMEDOUT: (.connectTimeout, name)
    default: (.connectionLost, name)
    }
  }
}
