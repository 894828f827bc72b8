import ArgumentParser
import ChatRoutes
import Daemon
import Foundation
import LocalServer
import Logging
import Sandbox

/// The demonstration: real traffic through the daemon, an outage, the same reads again.
struct Demo {
  private let sandbox: Sandbox
  private let folder: String

  init(tokenDelay: Duration) throws {
    var configuration = SandboxConfiguration()
    configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
    configuration.tokenDelay = tokenDelay
    sandbox = Sandbox(configuration: configuration)
    folder = FileManager.default.temporaryDirectory.appending(path: "chatroutesd-demo-\(getpid())").path
  }

  /// - Parameter stays: keep the daemon running, with the sandbox gone, until Ctrl-C.
  func run(stays: Bool) async throws {
    let upstream = Places.url(try sandbox.bind()[0])
    var settings = Settings()
    settings.upstream = upstream
    settings.listen = [.tcp(host: "127.0.0.1", port: 0)]
    settings.listenIsExplicit = true
    let database = folder + "/mirror.sqlite"
    let transport = try ProxyDaemon.upstreamTransport(settings)
    // The demo tells its own story; the daemon's log would tell it twice.
    let logger = Logger(label: "chatroutesd") { _ in SwiftLogNoOpLogHandler() }
    let daemon = try ProxyDaemon(
      settings, database: database, transport: transport, version: Version.text, logger: logger)
    let origin = Places.url(try daemon.bind()[0])
    defer { daemon.close() }
    let story = try Story(origin: origin, upstream: upstream, database: database)
    try await TerminationSignals.run(
      services: daemon.services(),
      while: {
        let sandboxTask = Task { await sandbox.run() }
        try await story.online()
        sandbox.drain(deadline: .seconds(1))
        await sandboxTask.value
        try await story.offline()
        await story.whereToLook(stays: stays)
        return stays
      })
    await transport.shutdown()
    // Only a demonstration that nobody looks at any more leaves nothing behind.
    if stays { try FileManager.default.removeItem(atPath: folder) }
  }
}

/// What the demonstration does and says.
private actor Story {
  private let origin: String
  private let upstream: String
  private let database: String
  private let client: ChatRoutesClient
  private var conversationID = ""
  private var branchID = ""
  private var seenOnline: [String] = []

  init(origin: String, upstream: String, database: String) throws {
    (self.origin, self.upstream, self.database) = (origin, upstream, database)
    client = try ChatRoutesClient(apiKey: APIKey(Sandbox.demoKey), baseURL: origin, retryAttempts: 0)
  }

  func online() async throws {
    Terminal.print("A sandbox of the ChatRoutes API is at \(upstream), the daemon in front of it at \(origin).\n")
    let conversation = try await client.conversations.create(CreateConversationRequest(title: "A train journey"))
    conversationID = conversation.id ?? ""
    say("created", "conversation \(conversationID)")
    let question = "How do mirrors help in a tunnel?"
    let answer = try await client.messages.send(to: conversationID, SendMessageRequest(content: question))
    say("sent", question)
    say("answered", answer.message?.content ?? "")
    try await stream("And when the train comes out again?")
    let messages = try await client.messages.list(in: conversationID)
    let fork = try await client.branches.fork(
      in: conversationID, ForkConversationRequest(forkPointMessageId: messages[1].id ?? "", title: "Another track"))
    branchID = fork.id ?? ""
    say("forked", "branch \(branchID) at message 2")
    _ = try await client.branches.sendMessage(
      to: branchID, in: conversationID, SendMessageRequest(content: "What if there is no train?"))
    seenOnline = try await client.branches.getMessages(branchID, in: conversationID).compactMap(\.content)
    say("read", "\(messages.count) messages on the main branch, \(seenOnline.count) on the other")
  }

  private func stream(_ question: String) async throws {
    say("streaming", question)
    Terminal.write("             ")
    for try await chunk in try await client.messages.stream(to: conversationID, SendMessageRequest(content: question)) {
      Terminal.write(Terminal.harmless(chunk.content ?? ""))
    }
    Terminal.print("\n")
  }

  func offline() async throws {
    Terminal.print("The sandbox is stopped: from here on there is no API. The same reads, answered from the mirror:\n")
    let list = try await client.conversations.list()
    for conversation in list.data { say("conversation", "\(conversation.id ?? "")  \(conversation.title ?? "")") }
    for message in try await client.messages.list(in: conversationID) {
      say(message.role?.rawValue ?? "", message.content ?? "")
    }
    let branch = try await client.branches.getMessages(branchID, in: conversationID).compactMap(\.content)
    guard branch == seenOnline else {
      Terminal.error("the branch reads differently offline. This is a defect: please report it.")
      throw ExitCode(1)
    }
    say("branch", "\(branch.count) messages, the same as online")
    do {
      _ = try await client.messages.send(to: conversationID, SendMessageRequest(content: "Anybody there?"))
    } catch {
      say("a write", "fails at once: \(error)")
    }
  }

  func whereToLook(stays: Bool) {
    Terminal.print("")
    Terminal.print("Where to look (the mirror is \(database)):")
    let command = CommandLine.arguments[0]
    for line in ["list", "search tunnel", "show \(conversationID)", "open"] where stays || line != "open" {
      Terminal.print("  \(command) \(line) --database \(database)")
    }
    if stays { Terminal.print("The daemon keeps running at \(origin). Ctrl-C ends it and removes the demo's mirror.") }
  }

  private nonisolated func say(_ what: String, _ text: String) {
    let label = what.padding(toLength: 12, withPad: " ", startingAt: 0)
    Terminal.print("\(label) \(Terminal.line(text, columns: max(40, Terminal.width - 13)))")
  }
}
