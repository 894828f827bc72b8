import Benchmark
import Glibc
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

  let short = KeptMirror.short.map(\.messagesRead)
  let writer = BusyWriter()
  Benchmark("Answer, 100 messages, writer busy", configuration: .mirror) { (benchmark, mirror: OpenMirror) in
    // A client's reads come one by one. The pause matters: without it p99 was 11 ms (see README.md).
    usleep(1000)
    benchmark.startMeasurement()
    try mirror.compose(short[benchmark.currentIteration % short.count])
    benchmark.stopMeasurement()
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

/// Saves new messages without a pause between them.
private final class BusyWriter: Sendable {
  private let work = Mutex<Task<Int, any Error>?>(nil)

  func start(_ mirror: OpenMirror) {
    let task = Task.detached {
      var saved = 0
      while !Task.isCancelled {
        let talk = Talk.new(saved)
        try await mirror.save(talk.messagesAnswer(), to: talk.messagesRead)
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
