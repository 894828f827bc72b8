internal import ChatRoutes
internal import LocalServer

/// Who may use how many of the process's descriptors. A daemon that has none left cannot look names up, open its files or
/// start threads, so clients and upstream leave some.
struct DescriptorShare: Equatable {
  /// Connections to upstream: an eighth of all.
  let upstreamConnections: Int
  /// What clients leave free: upstream's share, and what is opened beside both.
  let reserved: Int

  /// Files of the mirror, the control socket and its clients, wake-ups of the loops, look-ups, probes.
  static let ownDescriptors = 96

  init(limit: Int) {
    upstreamConnections = min(max(limit / 8, 8), HTTPTransport.connectionsMaxDefault)
    reserved = upstreamConnections + Self.ownDescriptors
  }

  /// By the limit in force now.
  static var current: DescriptorShare { DescriptorShare(limit: DescriptorLimit.current) }
}
