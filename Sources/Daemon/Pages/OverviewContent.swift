internal import Browser
internal import Foundation

/// A report in the words of the status page.
enum OverviewContent {
  static func view(of snapshot: Report.Snapshot) -> OverviewView {
    OverviewView(
      alarms: alarms(snapshot), sections: [daemon(snapshot), upstream(snapshot), mirror(snapshot), streams(snapshot)])
  }

  private static func alarms(_ snapshot: Report.Snapshot) -> [String] {
    var alarms: [String] = []
    if let shortcoming = snapshot.mirrorShortcoming {
      alarms.append("Nothing is recorded; the mirror is \(snapshot.mirrorAccess ?? "not there"): \(shortcoming)")
    }
    if let failure = snapshot.lastRecordingFailure {
      alarms.append("Something was not recorded at \(failure.at): \(failure.what): \(failure.cause)")
    }
    if let aside = snapshot.mirror?.setAside { alarms.append("A damaged mirror was set aside: \(aside)") }
    if snapshot.mirror == nil { alarms.append("The mirror cannot be read just now; the log says why.") }
    return alarms
  }

  private static func daemon(_ snapshot: Report.Snapshot) -> OverviewView.Section {
    .init(
      title: "Daemon",
      facts: [
        ("Version", snapshot.version), ("Mode", snapshot.mode), ("Running for", Span.text(snapshot.uptimeSeconds)),
        ("Connections of apps", "\(snapshot.connections)"), ("Requests under way", "\(snapshot.requestsRunning)"),
        ("Requests so far", number(snapshot.counters["requests"])),
        ("Refused by the gate", number(snapshot.counters["refused"])),
      ])
  }

  private static func upstream(_ snapshot: Report.Snapshot) -> OverviewView.Section {
    let upstream = snapshot.upstream
    var facts = [("Address", upstream.origin), ("State", upstream.state)]
    if let cause = upstream.cause { facts.append(("Cause", cause)) }
    if let seconds = upstream.offlineForSeconds { facts.append(("Out for", Span.text(seconds))) }
    if let seconds = upstream.nextProbeInSeconds { facts.append(("Next look in", Span.text(seconds))) }
    facts += [
      ("Calls sent", number(upstream.calls)), ("Calls that failed", number(upstream.failures)),
      ("Calls saved", number(snapshot.callsSaved)),
    ]
    return .init(title: "ChatRoutes", facts: facts)
  }

  private static func mirror(_ snapshot: Report.Snapshot) -> OverviewView.Section {
    var facts: [(String, String)] = []
    if let mirror = snapshot.mirror {
      facts += [
        ("Conversations", "\(mirror.conversations)"), ("Branches", "\(mirror.branches)"),
        ("Messages", "\(mirror.messages)"), ("Checkpoints", "\(mirror.checkpoints)"),
        ("Unfinished answers", "\(mirror.drafts)"), ("Size of the file", size(mirror.bytes)),
        ("of which messages", size(mirror.bytesOf["messages"] ?? 0)),
        ("of which answers as they came", size(mirror.bytesOf["responses"] ?? 0)),
      ]
    }
    facts += [
      ("Can be written", snapshot.mirrorAccess ?? "no"),
      ("Waiting to be written", "\(snapshot.writerQueue.waiting), \(size(snapshot.writerQueue.bytes))"),
      ("Answers in memory", "\(snapshot.memoryCache.entries), \(size(snapshot.memoryCache.bytes))"),
    ]
    return .init(title: "Local copy", facts: facts)
  }

  private static func streams(_ snapshot: Report.Snapshot) -> OverviewView.Section {
    let outcomes = [
      ("Complete", "streamsComplete"), ("Broken off by ChatRoutes", "streamsInterrupted"),
      ("Left by the app", "streamsAbandoned"), ("Longer than is recorded", "streamsTruncated"),
    ]
    return .init(title: "Streams", facts: outcomes.map { ($0, number(snapshot.counters[$1])) })
  }

  private static func number(_ count: UInt64?) -> String { "\(count ?? 0)" }

  private static func size(_ bytes: Int) -> String { ByteSize.text(Int64(bytes)) }
}

/// A span of time in a few characters.
enum Span {
  static func text(_ seconds: Double) -> String {
    let whole = Int(seconds)
    return switch whole {
    case ..<120: "\(whole) s"
    case ..<7200: "\(whole / 60) min"
    case ..<172_800: "\(whole / 3600) h"
    default: "\(whole / 86_400) days"
    }
  }
}
