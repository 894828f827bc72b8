import Benchmark
import CDeflate
import WireFormats

/// Unpacking a gzip answer of 1 MiB; the throughput counts the unpacked bytes.
func inflaterBenchmarks() {
  let plainBytes = 1 << 20
  Benchmark("Inflater, 1 MiB of text", configuration: .long(.megabytes)) { benchmark, packed in
    var byteCount = 0
    try benchmark.measure(plainBytes, .megabytes) {
      var inflater = Inflater()
      byteCount += try inflater.inflate(packed, upTo: plainBytes).count
    }
    precondition(byteCount == plainBytes * benchmark.scaledIterations.count)
  } setup: {
    gzip(Prose.text(byteCount: plainBytes))
  }
}

private func gzip(_ plain: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  // 15: a 32 KiB window; 16: with gzip's head and end; 8: zlib's own default for its memory.
  let code = deflateInit2_(
    &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  precondition(code == Z_OK)
  defer { deflateEnd(&stream) }
  var input = plain
  return [UInt8](unsafeUninitializedCapacity: Int(deflateBound(&stream, UInt(plain.count)))) { room, count in
    input.withUnsafeMutableBufferPointer { input in
      (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
      (stream.next_out, stream.avail_out) = (room.baseAddress, UInt32(room.count))
      precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
    }
    count = Int(stream.total_out)
  }
}
