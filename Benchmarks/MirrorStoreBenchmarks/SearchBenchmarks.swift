import Benchmark
import MirrorStore

/// The newest 31 hits, as the page of hits asks for them.
func searchBenchmarks() {
  searching("common word", Vocabulary.word(1))
  searching("rare word", Vocabulary.word(20_000))
  searching("two words", "\(Vocabulary.word(50)) \(Vocabulary.word(60))")
  searching("first letter of a word", String(Vocabulary.word(1).prefix(1)))
}

private func searching(_ name: String, _ words: String) {
  Benchmark("Search, \(name)", configuration: .mirror) { _, mirror in
    let hits = try mirror.store.search(words, limit: 31)
    precondition(!hits.isEmpty, "the kept mirror has no such words")
  } setup: {
    try await OpenMirror(path: KeptMirror.path())
  }
}
