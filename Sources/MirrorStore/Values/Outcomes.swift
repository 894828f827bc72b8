/// What became of an observation that was offered to the mirror.
public enum SaveOutcome: Sendable, Equatable {
  case stored
  /// Nothing of the answer was kept. The reason holds no part of it.
  case notMirrored(reason: String)
}

/// What the mirror can say to a read.
public enum MirrorAnswer: Sendable, Equatable {
  /// The API's own answer; nothing it shows has changed since.
  case verbatim(StoredResponse)
  /// An answer put together from what is known.
  /// - `asOf`: the oldest observation it rests on. `complete`: nothing is missing as far as the mirror knows.
  case composed(json: [UInt8], asOf: UnixTime, complete: Bool)
  /// Known not to exist: a 404 would be true.
  case absent
  /// The mirror cannot say.
  case unknown
}

/// How a stream ended that did not bring its `complete` event.
public enum StreamOutcome: String, Sendable, CaseIterable {
  /// Upstream died.
  case interrupted
  /// The client left and reading was stopped.
  case abandoned
  /// More came than is captured.
  case truncated
}

/// What the store has done since it was opened.
public struct WorkCounters: Sendable, Equatable {
  /// Calls that looked into SQLite to answer something.
  public var storeReads: UInt64
  /// Transactions that wrote.
  public var storeWrites: UInt64
  /// JSON documents that were scanned.
  public var documentsScanned: UInt64
}
