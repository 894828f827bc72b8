import Benchmark
import WireFormats

/// Taking the chunked coding off 1 MiB of body. The data is not looked at, so what counts are the chunks.
func chunkedDecoderBenchmarks() {
  benchmarkDecoder("1 MiB in 16 KiB chunks", chunks: 64, chunkBytes: 16 << 10, .short(.chunks))
  benchmarkDecoder("1 MiB in 16-byte chunks", chunks: 64 << 10, chunkBytes: 16, .long(.chunks))
}

private func benchmarkDecoder(
  _ name: String, chunks: Int, chunkBytes: Int, _ configuration: Benchmark.Configuration
) {
  Benchmark("ChunkedDecoder, \(name)", configuration: configuration) { benchmark, coded in
    var byteCount = 0
    try benchmark.measure(chunks, .chunks) {
      var decoder = ChunkedDecoder()
      var input = coded[...]
      while case .body(let bytes)? = try decoder.nextEvent(from: &input) { byteCount += bytes.count }
    }
    precondition(byteCount == chunks * chunkBytes * benchmark.scaledIterations.count)
  } setup: {
    chunkedBody(chunks: chunks, chunkBytes: chunkBytes)
  }
}

private func chunkedBody(chunks: Int, chunkBytes: Int) -> [UInt8] {
  let data = [UInt8](repeating: UInt8(ascii: "x"), count: chunkBytes)
  var coded: [UInt8] = []
  for _ in 0..<chunks { ResponseEncoder.appendChunk(data, to: &coded) }
  ResponseEncoder.appendLastChunk(to: &coded)
  return coded
}
