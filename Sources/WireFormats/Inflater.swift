internal import CZlib

/// Unpacks gzip (RFC 1952) and zlib (RFC 1950) data in the pieces in which it comes.
public struct Inflater: ~Copyable {
  /// The data is damaged, or unpacks to more than the caller allows.
  public enum InflateError: Error, Equatable {
    case damaged
    case tooLong
  }

  /// Whether the end of the packed data was reached.
  public private(set) var isAtEnd = false
  private var stream: UnsafeMutablePointer<z_stream>
  private var produced = 0

  /// 15: a 32 KiB window; 32: let zlib see by the first bytes which of the two formats it is.
  private static let windowAndDetection: Int32 = 15 + 32
  private static let outputBytes = 32 << 10

  public init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let code = inflateInit2_(stream, Self.windowAndDetection, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(code == Z_OK, "zlib refuses to start: \(code)")
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Unpacks the next piece.
  /// - Parameter bytesMax: bound for all that this inflater gives, since a small input can unpack to very much.
  public mutating func inflate(_ piece: [UInt8], upTo bytesMax: Int) throws(InflateError) -> [UInt8] {
    var output: [UInt8] = []
    var room = [UInt8](repeating: 0, count: Self.outputBytes)
    var input = piece
    let code = input.withUnsafeMutableBufferPointer { input -> Int32 in
      stream.pointee.next_in = input.baseAddress
      stream.pointee.avail_in = UInt32(input.count)
      var code = Z_OK
      repeat {
        code = room.withUnsafeMutableBufferPointer { room -> Int32 in
          stream.pointee.next_out = room.baseAddress
          stream.pointee.avail_out = UInt32(room.count)
          return CZlib.inflate(stream, Z_NO_FLUSH)
        }
        output += room.prefix(Self.outputBytes - Int(stream.pointee.avail_out))
      } while code == Z_OK && (stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0)
        && produced + output.count <= bytesMax
      stream.pointee.next_in = nil
      return code
    }
    produced += output.count
    guard produced <= bytesMax else { throw .tooLong }
    // Z_BUF_ERROR only says that more input is needed.
    guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(code) else { throw .damaged }
    if code == Z_STREAM_END { isAtEnd = true }
    return output
  }
}
