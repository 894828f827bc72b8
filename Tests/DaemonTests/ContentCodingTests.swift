import HTTPTypes
import Testing

@testable import Daemon

@Suite struct ContentCodingTests {
  @Test(arguments: [
    ("gzip", ContentCoding.gzip), ("x-gzip", .gzip), ("deflate", .deflate), ("identity", .identity),
    ("br", .unsupported),
    ("gzip, gzip", .unsupported), ("GZIP", .gzip), ("", .identity),
  ])
  func codingsAreReadFromTheField(value: String, coding: ContentCoding) {
    #expect(ContentCoding([.contentEncoding: value]) == coding)
  }

  @Test func whatCannotBeUnpackedIsNoBody() {
    #expect(ContentCoding.gzip.decode([1, 2, 3], upTo: 100) == nil)
    #expect(ContentCoding.unsupported.decode([1, 2, 3], upTo: 100) == nil)
    #expect(ContentCoding.identity.decode([1, 2, 3], upTo: 100) == [1, 2, 3])
  }
}
