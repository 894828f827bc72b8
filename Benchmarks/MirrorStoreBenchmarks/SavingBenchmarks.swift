import Benchmark
import MirrorStore
import Synchronization

func savingBenchmarks() {
  Benchmark("Save, 100 new messages", configuration: .mirror) { benchmark, mirror in
    let talk = Talk.new(benchmark.currentIteration)
    let answer = talk.messagesAnswer()
    benchmark.startMeasurement()
    try await mirror.save(answer, to: talk.messagesRead)
    benchmark.stopMeasurement()
  } setup: {
    try await OpenMirror(path: KeptMirror.copy())
  } teardown: {
    try KeptMirror.removeCopy()
  }

  Benchmark("Index, 100 new messages", configuration: .mirror) { benchmark, mirror in
    let talk = Talk.new(benchmark.currentIteration)
    try await mirror.save(talk.messagesAnswer(), to: talk.messagesRead)
    benchmark.startMeasurement()
    try await mirror.store.index()
    benchmark.stopMeasurement()
  } setup: {
    try await OpenMirror(path: KeptMirror.copy())
  } teardown: {
    try KeptMirror.removeCopy()
  }

  let short = KeptMirror.short.map(\.messagesRead)
  let writer = BusyWriter()
  Benchmark("Answer, 100 messages, writer busy", configuration: .mirror) { (benchmark, mirror: OpenMirror) in
    try mirror.compose(short[benchmark.currentIteration % short.count])
  } setup: {
    let mirror = try await OpenMirror(path: KeptMirror.copy())
    writer.start(mirror)
    return mirror
  } teardown: {
    try await writer.end()
    try KeptMirror.removeCopy()
  }
}

extension Talk {
  /// One that the kept mirror does not have: 100 messages of about 1 KB.
  static func new(_ number: Int) -> Talk {
    Talk(number: 1_000_000 + number, messageCount: 100, wordsPerMessage: 165)
  }
}

/// Saves and indexes new messages without a pause between them.
private final class BusyWriter: Sendable {
  private let work = Mutex<Task<Int, any Error>?>(nil)

  func start(_ mirror: OpenMirror) {
    let task = Task.detached {
      var saved = 0
      while !Task.isCancelled {
        let talk = Talk.new(saved)
        try await mirror.save(talk.messagesAnswer(), to: talk.messagesRead)
        try await mirror.store.index()
        saved += 1
      }
      return saved
    }
    work.withLock { $0 = task }
  }

  /// - Throws: what kept it from writing.
  func end() async throws {
    let task = work.withLock { $0 }
    task?.cancel()
    let saved = try await task?.value ?? 0
    precondition(saved > 0, "the writer was not busy")
  }
}
