import Benchmark
import MirrorStore

/// Answers composed from entities: no answer to these very reads is stored, and none is cached in memory.
func answeringBenchmarks() {
  let short = KeptMirror.short.map(\.messagesRead)
  answering("100 messages") { short[$0 % short.count] }
  answering("page of 20 conversations") { .conversations(page: 1 + $0 % 10, limit: 20, filter: nil) }
  let long = KeptMirror.long[KeptMirror.outdated].id
  answering("conversation of 1,000 messages") { _ in .conversation(long) }
  answering("tree of 1,000 messages") { _ in .tree(long) }
}

/// - Parameter read: for the number of an iteration.
private func answering(_ name: String, _ read: @escaping (Int) -> MirrorRead) {
  Benchmark("Answer, \(name)", configuration: .mirror) { benchmark, mirror in
    try mirror.compose(read(benchmark.currentIteration))
  } setup: {
    try await OpenMirror(path: KeptMirror.path())
  }
}

extension OpenMirror {
  @inline(__always)
  func compose(_ read: MirrorRead) throws {
    guard case .composed(let json, _, complete: true) = try store.answer(read, account: account) else {
      preconditionFailure("the kept mirror does not hold everything that is read")
    }
    blackHole(json)
  }
}
