internal import GRDB

/// What the API showed or did at one moment, while it is folded into the mirror.
struct Observation {
  let part: Partition
  let at: UnixTime
  /// What turned out to differ from what was known.
  var changes = Changes()
  /// Whether the answer shows something that was deleted after it was given: it must not be given again as it is.
  private(set) var showsWhatIsGone = false

  var now: Int64 { at.milliseconds }

  /// An answer differs from what was known since `knownAt`: other answers that show the same are out of date.
  ///
  /// Not so when a write through here came later than that knowledge. Then the write explains the difference, and it made
  /// stale what was fetched before it; what was fetched after it shows its effect already.
  mutating func noteChange(_ facet: Changes.Facet, in ref: ConversationRef, knownAt: Int64) throws {
    let writtenAt: Int64? = try part.first("SELECT written_at FROM conversation WHERE id = ?", [ref.row])?[0]
    if knownAt > writtenAt ?? 0 { changes.note(facet, of: ref.cid) }
  }

  /// A write to the conversation went through here.
  func markWritten(_ ref: ConversationRef?) throws {
    guard let ref else { return }
    try part.run("UPDATE conversation SET written_at = max(written_at, ?) WHERE id = ?", [now, ref.row])
  }

  /// May something that went at `goneAt` be shown again? Only by an observation that is newer: what was deleted does not
  /// come back through a list that was fetched before.
  mutating func mayShow(goneAt: Int64?) -> Bool {
    guard let goneAt, goneAt >= now else { return true }
    showsWhatIsGone = true
    return false
  }
}

/// Which facets of which conversations an observation changed.
struct Changes {
  enum Facet { case conversation, messages, branches, checkpoints }

  private(set) var facets: [String: Set<Facet>] = [:]
  var listOfConversations = false

  mutating func note(_ facet: Facet, of conversation: String) {
    facets[conversation, default: []].insert(facet)
  }
}

/// A conversation's two names: the mirror's row and the API's id.
struct ConversationRef: Hashable {
  let row: Int64
  let cid: String
}

/// An entity as an answer shows it.
struct Sighting {
  let id: String
  let object: JSONObject

  /// nil: not an object with an id.
  init?(_ json: JSONText) {
    guard let object = json.object, let id = object["id"]?.identifier else { return nil }
    self.init(id: id, object: object)
  }

  init(id: String, object: JSONObject) {
    self.id = id
    self.object = object
  }
}

/// How much of an entity an answer shows.
enum Extent {
  /// All of it: the text replaces the one before.
  case whole
  /// Perhaps less than is known: members that it lacks are kept.
  case partial
}
