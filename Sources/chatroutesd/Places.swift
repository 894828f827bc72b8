import LocalServer

/// Addresses as people use them.
enum Places {
  /// What a client connects to: a URL, or the socket's path.
  static func url(_ address: ListenAddress) -> String {
    switch address {
    case .tcp: "http://\(address)"
    case .unix: "\(address)"
    }
  }
}
