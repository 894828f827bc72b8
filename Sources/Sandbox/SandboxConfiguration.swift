public import LocalServer

/// How a sandbox listens and behaves. Every setting has a default that suits the demo.
public struct SandboxConfiguration: Sendable {
  /// The shape of the answer to a sent message.
  public enum SendShape: Sendable {
    /// `{message, usage, model}`, as today.
    case message
    /// `{userMessage, assistantMessage, usage, model}`, as older servers.
    case userAndAssistant
  }

  /// What surrounds a payload.
  public enum Envelope: Sendable {
    /// `{"success":true,"data":{…}}`.
    case successData
    /// The payload itself.
    case bare
  }

  /// How much the message of a stream's `complete` event tells.
  public enum CompleteMessage: Sendable {
    /// id, role, content, tokenCount and createdAt only, as documented.
    case short
    /// The same object that a list shows.
    case full
  }

  /// Where to listen; port 0 takes any free one, which `bind` tells.
  public var listen: [ListenAddress]
  /// The accepted API keys; each has an account of its own.
  public var apiKeys: [String]
  /// Time between two tokens of a stream; a plain send waits a tenth of it per token, 1 s at most.
  public var tokenDelay: Duration
  /// Calls one account may make in a calendar month (UTC); more are answered 429. Nil: no limit.
  public var callsPerMonth: Int?
  public var sendShape: SendShape
  public var envelope: Envelope
  public var completeMessage: CompleteMessage
  /// Decides identifiers and generated texts: the same calls in the same order get the same ones.
  public var seed: UInt64
  /// Milliseconds since 1970 at which the sandbox's time stands, moving 1 ms with each event. Nil: the real time.
  public var fixedTime: Int64?
  /// Largest accepted body in bytes. 8 MiB is far above any prompt a model would take.
  public var bodyBytesMax: Int
  /// Conversations one account may hold: state is in memory only.
  public var conversationsPerAccountMax: Int
  /// Messages, deleted ones included, that one conversation may hold.
  public var messagesPerConversationMax: Int
  /// Branches one conversation may hold.
  public var branchesPerConversationMax: Int

  public init(
    listen: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0)],
    apiKeys: [String] = [Sandbox.demoKey],
    tokenDelay: Duration = .milliseconds(20),
    callsPerMonth: Int? = nil,
    sendShape: SendShape = .message,
    envelope: Envelope = .successData,
    completeMessage: CompleteMessage = .short,
    seed: UInt64 = 1,
    fixedTime: Int64? = nil,
    bodyBytesMax: Int = 8 << 20,
    conversationsPerAccountMax: Int = 10_000,
    messagesPerConversationMax: Int = 10_000,
    branchesPerConversationMax: Int = 1_000
  ) {
    self.listen = listen
    self.apiKeys = apiKeys
    self.tokenDelay = tokenDelay
    self.callsPerMonth = callsPerMonth
    self.sendShape = sendShape
    self.envelope = envelope
    self.completeMessage = completeMessage
    self.seed = seed
    self.fixedTime = fixedTime
    self.bodyBytesMax = bodyBytesMax
    self.conversationsPerAccountMax = conversationsPerAccountMax
    self.messagesPerConversationMax = messagesPerConversationMax
    self.branchesPerConversationMax = branchesPerConversationMax
  }
}
