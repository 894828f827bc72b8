internal import Foundation

/// A conversation with all its branches, for people to keep and read: as one Markdown text or one HTML file.
public struct ConversationExport: Sendable {
  /// A branch with its own messages: those that it inherits stand where they were written.
  public struct Branch: Sendable {
    public var id: String
    public var title: String
    public var isMain: Bool
    /// The title of the branch that it forks from, and the beginning of the message that it leaves behind.
    public var fork: (parent: String, message: String)?
    public var messages: [MessageRow]
    /// Those whose anchor is among the messages.
    public var checkpoints: [CheckpointRow]

    public init(
      id: String, title: String, isMain: Bool = false, fork: (parent: String, message: String)? = nil,
      messages: [MessageRow], checkpoints: [CheckpointRow] = []
    ) {
      (self.id, self.title, self.isMain, self.fork) = (id, title, isMain, fork)
      (self.messages, self.checkpoints) = (messages, checkpoints)
    }
  }

  public var conversation: ConversationRow
  public var branches: [Branch]

  public init(conversation: ConversationRow, branches: [Branch]) {
    (self.conversation, self.branches) = (conversation, branches)
  }

  /// As Markdown, with a line end at its end. Messages stand in it as they are: they are Markdown themselves.
  public var markdown: String {
    var facts = ["Conversation `\(conversation.id)`"]
    if let model = conversation.model { facts.append(model) }
    if let time = conversation.lastActivity { facts.append(time.formatted(.iso8601)) }
    var parts = ["# \(Self.line(conversation.title))", facts.joined(separator: " · ")]
    if !conversation.isComplete {
      parts.append("> In part: only what apps have read through chatroutesd is here.")
    }
    return (parts + branches.flatMap(Self.parts)).joined(separator: "\n\n") + "\n"
  }

  private static func parts(_ branch: Branch) -> [String] {
    var parts = ["## \(line(Wording.branch(branch.title, isMain: branch.isMain)))"]
    if let fork = branch.fork {
      parts.append("_Forks from \(line(fork.parent)), behind:_ \(line(Wording.clipped(fork.message, to: 120)))")
    }
    let checkpoints = Dictionary(grouping: branch.checkpoints) { $0.anchorMessageID ?? "" }
    for message in branch.messages {
      parts += [heading(of: message), message.content]
      for checkpoint in checkpoints[message.id] ?? [] {
        parts.append("> Checkpoint, everything up to here in short: \(line(checkpoint.summary))")
      }
    }
    return parts
  }

  private static func heading(of message: MessageRow) -> String {
    var facts = [Wording.role(message.role)]
    if let model = message.model { facts.append(model) }
    if let time = message.createdAt { facts.append(time.formatted(.iso8601)) }
    if case .draft(let outcome) = message.state { facts.append("draft: \(outcome)") }
    return "### " + facts.map(line).joined(separator: " · ")
  }

  /// On one line, whatever the title holds.
  private static func line(_ text: String) -> String {
    let line = text.split { $0.isNewline || $0 == "\t" }.joined(separator: " ").trimmingCharacters(in: .whitespaces)
    return line.isEmpty ? "Untitled" : line
  }
}
