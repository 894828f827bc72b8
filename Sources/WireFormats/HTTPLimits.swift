/// How much of a message the parsers accept; whatever goes beyond is refused with the status named beside each limit.
///
/// All counts are bytes unless named otherwise. A limit of n lets n pass and refuses n + 1.
public struct HTTPLimits: Sendable, Equatable {
  /// The longest request target, default 16 KiB (414).
  ///
  /// RFC 9112 §3 asks for at least 8000; ids, filters and page numbers need under 1 KiB, so twice the recommendation
  /// leaves room for search texts.
  public var targetBytesMax = 16 << 10

  /// The longest field line without its line end, default 16 KiB (431).
  ///
  /// A JWT of a user session is 1–4 KiB and browsers cap one cookie at 4 KiB.
  public var fieldBytesMax = 16 << 10

  /// The longest head, request line and final empty line included, default 64 KiB (431).
  ///
  /// Four fields of the greatest length; what an unfinished head can make a connection hold.
  public var headBytesMax = 64 << 10

  /// The greatest number of field lines in a head or in a trailer section, default 128 (431).
  ///
  /// Browsers send about 20. Looking up a field is linear in this number.
  public var fieldCountMax = 128

  /// The longest body, default 64 MiB (413).
  ///
  /// Messages are text, attachments are not part of the API: the largest body seen is a conversation import of a few MiB.
  public var bodyBytesMax: UInt64 = 64 << 20

  /// The longest chunk-size line without its line end, extensions included, default 1 KiB (400).
  ///
  /// Nothing uses extensions (RFC 9112 §7.1.1); 16 digits suffice for any size.
  public var chunkLineBytesMax = 1 << 10

  /// How far the bytes spent on chunk-size lines may run ahead of 16 plus twice the data of each chunk, default 16 KiB (400).
  ///
  /// Without it, one data byte a chunk with a long extension costs a thousand bytes of reading for each byte of body.
  public var chunkOverheadBytesMax = 16 << 10

  /// The longest trailer section, final empty line included, default 8 KiB (431).
  ///
  /// Clients of this API send none; a checksum or a signature fits many times over.
  public var trailerBytesMax = 8 << 10

  /// The longest method, default 64 (501).
  ///
  /// The longest registered method has 17 letters; unknown methods are forwarded, so they get some room.
  public var methodBytesMax = 64

  /// How many empty lines are skipped before a request line, default 4 (400).
  ///
  /// RFC 9112 §2.2 asks for one, which old clients send after a body.
  public var emptyLineCountMax = 4

  /// The defaults of every limit.
  public init() {}
}
