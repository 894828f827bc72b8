internal import Synchronization

/// Counts of a server since it was made.
public struct ServerStatistics: Sendable, Hashable {
  public var openConnections = 0
  public var acceptedConnections = 0
  /// Requests whose head was complete.
  public var requests = 0
  /// Requests refused because their bytes were no acceptable HTTP.
  public var parseErrors = 0

  public init() {}
}

/// The counts of one loop: separate, so that loops do not fight over one cache line at every request.
final class LoopStatistics: Sendable {
  let openConnections = Atomic<Int>(0)
  let acceptedConnections = Atomic<Int>(0)
  let requests = Atomic<Int>(0)
  let parseErrors = Atomic<Int>(0)
  /// Turns that were asked for, and made.
  let turns = Atomic<Int>(0)

  func add(to total: inout ServerStatistics) {
    total.openConnections += openConnections.load(ordering: .relaxed)
    total.acceptedConnections += acceptedConnections.load(ordering: .relaxed)
    total.requests += requests.load(ordering: .relaxed)
    total.parseErrors += parseErrors.load(ordering: .relaxed)
  }
}
