public import Logging
public import WireFormats

/// Everything about a server that can be chosen. Each bound has its argument beside it.
public struct ServerConfiguration: Sendable {
  /// What the loops' threads are called, as in `http-loop-0`; 8 bytes at most show.
  public var name = "http"

  /// Sizes of heads and bodies.
  public var limits = HTTPLimits()

  /// Event loops, each one thread. nil: half as many as there are active cores, from 1 to 4.
  ///
  /// The clients of a local server run on the same machine and need the other half. Fewer loops also find more events at
  /// each wait: on two cores, one loop served more requests than two, and for less CPU time each.
  public var loops: Int?

  /// From the first byte of a head to its last: a head is a few hundred bytes, and a slower client is broken or hostile.
  /// Then 408.
  public var headTimeout = Duration.seconds(15)

  /// The longest pause within a body that is being read; long enough for a laptop to change networks.
  public var bodyProgressTimeout = Duration.seconds(30)

  /// The longest time a client may take nothing of an answer: a paused terminal, but not a forgotten one.
  public var writeStallTimeout = Duration.seconds(60)

  /// How long a connection may wait for its next request, then it is closed silently. Above the 60 s after which common
  /// clients drop pooled connections themselves, so that requests rarely meet a closing one.
  public var keepAliveIdle = Duration.seconds(75)

  /// After the last answer of a connection: how long to wait for the client to close, so that it can read that answer.
  public var lingerTimeout = Duration.seconds(2)

  /// Requests on one connection before it is closed; makes clients spread over the loops again.
  public var requestsPerConnectionMax = 100_000

  /// Open connections; beyond, 503. Far above what local programs open, and 2–4 KiB each while idle.
  public var connectionsMax = 16_384

  /// Descriptors that connections leave free, but never more than a quarter of the process's limit: clients then wait in the
  /// kernel's queue. A process without a single one fails where nobody expects it (a name cannot be resolved, a database
  /// file not opened, Dispatch traps).
  public var descriptorsReserved = 64

  /// How much of a body that the handler left unread is thrown away to keep a connection, instead of closing it: about
  /// what a loopback socket holds in flight.
  public var drainBytesMax = 256 << 10

  /// Connections waiting to be accepted. The kernel turns away who comes to a full queue, and such a client tries again after a
  /// second: too few cost the clients of a machine that wakes up more than the kernel's memory for many. The kernel caps it at
  /// `net.core.somaxconn`, 4096 by default.
  public var listenBacklog: Int32 = 4096

  /// Makes every answer that the server itself must give.
  public var serverFailure: @Sendable (ServerFailure) -> Response = ServerFailure.plainAnswer

  public var logger = Logger(label: "LocalServer")

  public init() {}
}
