/// A client of the ChatRoutes API.
///
///     let client = try ChatRoutesClient(apiKey: APIKey(key))
///     let conversation = try await client.conversations.create(.init(title: "Notes"))
///
/// It may be used from any number of tasks at once; its connections close when the last copy goes away, or at ``shutdown()``.
public struct ChatRoutesClient: Sendable {
  /// The public API.
  public static let defaultBaseURL = "https://api.chatroutes.com/api/v1"

  let caller: APICaller
  private let ownTransport: HTTPTransport?

  /// A client for programs, which hold an API key. Connects to nothing yet.
  /// - Parameters:
  ///   - baseURL: with or without `/api/v1` at its end.
  ///   - timeout: for the silence before and within an answer.
  ///   - retryAttempts: how often a call is repeated at most; see ``RetryPolicy``.
  ///   - retryDelay: the pause before the first repetition; it doubles from one to the next.
  /// - Throws: the base URL is not one.
  public init(
    apiKey: APIKey, baseURL: String = defaultBaseURL, timeout: Duration = .seconds(30), retryAttempts: Int = 3,
    retryDelay: Duration = .seconds(1)
  ) throws(OriginError) {
    try self.init(
      credential: .apiKey(apiKey), baseURL: baseURL, timeout: timeout,
      retry: RetryPolicy(attempts: retryAttempts, firstDelay: retryDelay))
  }

  /// A client with any credential.
  /// - Parameters:
  ///   - streamIdleTimeout: for the silence within a stream, longer than `timeout`: models stop to think.
  ///   - retry: when failed calls are repeated.
  public init(
    credential: Credential, baseURL: String = defaultBaseURL, timeout: Duration = .seconds(30),
    streamIdleTimeout: Duration = .seconds(120), retry: RetryPolicy = RetryPolicy()
  ) throws(OriginError) {
    let base = try BaseURL(parsing: baseURL)
    let transport = try HTTPTransport(origin: base.origin)
    caller = APICaller(
      transport: transport, basePath: base.path, credential: credential, timeout: timeout,
      streamIdleTimeout: streamIdleTimeout, retry: retry, clock: ContinuousClock())
    ownTransport = transport
  }

  /// A client on a transport of the caller's, who also shuts it down.
  /// - Parameters:
  ///   - basePath: the path of the API at the transport's origin.
  ///   - clock: measures the pauses before repetitions.
  public init(
    transport: any Transport, credential: Credential, basePath: String = "/api/v1", timeout: Duration = .seconds(30),
    streamIdleTimeout: Duration = .seconds(120), retry: RetryPolicy = RetryPolicy(),
    clock: some Clock<Duration> = ContinuousClock()
  ) {
    caller = APICaller(
      transport: transport, basePath: basePath, credential: credential, timeout: timeout,
      streamIdleTimeout: streamIdleTimeout, retry: retry, clock: clock)
    ownTransport = nil
  }

  /// Conversations and their trees.
  public var conversations: ConversationsResource { ConversationsResource(caller: caller) }
  /// Messages, sent whole or streamed.
  public var messages: MessagesResource { MessagesResource(caller: caller) }
  /// Branches of conversations.
  public var branches: BranchesResource { BranchesResource(caller: caller) }
  /// Checkpoints of branches.
  public var checkpoints: CheckpointsResource { CheckpointsResource(caller: caller) }
  /// Suggestions for branches.
  public var autobranch: AutoBranchResource { AutoBranchResource(caller: caller) }
  /// Users and their sessions.
  public var auth: AuthResource { AuthResource(caller: caller) }

  /// Closes the client's connections; later calls fail. Does nothing to a transport that was passed in.
  public func shutdown() async { await ownTransport?.shutdown() }
}

/// A base URL, taken apart.
struct BaseURL: Sendable, Equatable {
  var origin: String
  /// Ends in `/api/v1`.
  var path: String

  /// Reads `https://host`, `https://host/api/v1` and either with a path before, such as that of a gateway.
  init(parsing text: String) throws(OriginError) {
    guard !text.contains(where: { $0 == "?" || $0 == "#" || $0.isWhitespace || !$0.isASCII }),
      let scheme = text.firstRange(of: "://")
    else { throw OriginError() }
    let slash = text[scheme.upperBound...].firstIndex(of: "/") ?? text.endIndex
    origin = String(text[..<slash])
    _ = try Origin(parsing: origin)
    var path = text[slash...]
    while path.last == "/" { path.removeLast() }
    self.path = path.hasSuffix("/api/v1") ? String(path) : path + "/api/v1"
  }
}
