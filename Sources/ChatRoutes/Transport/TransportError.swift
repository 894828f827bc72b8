/// Why no (complete) response was had. Holds no credential, target, field value or body text.
public struct TransportError: Error, Sendable, Equatable {
  /// What went wrong.
  public enum Kind: String, Sendable, CaseIterable {
    /// Nobody listens at the origin's address.
    case refused
    /// There is no route to the origin, or the local network is down.
    case unreachable
    /// The origin's name has no address, or no name server answered.
    case dns
    /// The TLS handshake failed: certificate, protocol version, or no TLS at all.
    case tls
    /// The proxy does not let the connection through, or asks for credentials.
    case proxy
    /// No connection within `connectTimeout`.
    case connectTimeout
    /// No response head within `headTimeout`.
    case headTimeout
    /// The response body fell silent for `bodyIdleTimeout`.
    case bodyIdle
    /// The connection ended before the response was complete.
    case connectionLost
    /// This side has nothing left to connect with: descriptors, ports, memory, or all connections of the transport are in
    /// use. Says nothing about the origin. Nothing was sent.
    case exhausted
    /// The current task was cancelled, or the transport was shut down.
    case cancelled
    /// The request cannot be sent as it is (method, target or a field breaks the syntax). Nothing was sent.
    case badRequest
    /// The sequence that delivers the request body threw or delivered a wrong number of bytes.
    case requestBody
    /// The origin's answer breaks HTTP or a limit.
    case badResponse
  }

  /// What went wrong.
  public var kind: Kind

  /// False only when it is certain that no byte of the request was written: then any method may be sent again.
  public var requestMayHaveTakenEffect: Bool

  /// The cause in words, for logs.
  public var reason: String

  /// An error; `reason` must not hold secrets or message text.
  public init(_ kind: Kind, _ reason: String = "", requestMayHaveTakenEffect: Bool) {
    self.kind = kind
    self.reason = reason
    self.requestMayHaveTakenEffect = requestMayHaveTakenEffect
  }

  /// Whether this alone proves that the origin cannot be used now. Time-outs and lost connections do not.
  public var isDefiniteOutage: Bool {
    switch kind {
    case .refused, .unreachable, .dns, .tls, .proxy: true
    case .connectTimeout, .headTimeout, .bodyIdle, .connectionLost, .exhausted, .cancelled, .badRequest, .requestBody,
      .badResponse:
      false
    }
  }
}

extension TransportError: CustomStringConvertible {
  /// What failed and what to look at.
  public var description: String { reason.isEmpty ? kind.sentence : "\(kind.sentence) (\(reason))" }
}

extension TransportError.Kind {
  fileprivate var sentence: String {
    switch self {
    case .refused: "the origin refused the connection"
    case .unreachable: "the origin is unreachable: check the network"
    case .dns: "the origin's name cannot be resolved: check the network and the name"
    case .tls: "the TLS handshake with the origin failed"
    case .proxy: "the proxy does not let the connection through: check HTTPS_PROXY"
    case .connectTimeout: "no connection to the origin in time"
    case .headTimeout: "the origin did not answer in time"
    case .bodyIdle: "the origin stopped sending in the middle of its answer"
    case .connectionLost: "the connection to the origin was lost before the answer was complete"
    case .exhausted: "no connection can be opened here: too many are in use, or a limit of this process is reached"
    case .cancelled: "the request was cancelled"
    case .badRequest: "the request cannot be sent as it is"
    case .requestBody: "the request body could not be read to its end"
    case .badResponse: "the origin's answer is not usable"
    }
  }
}
