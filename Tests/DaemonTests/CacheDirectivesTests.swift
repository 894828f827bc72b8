import HTTPTypes
import Testing

@testable import Daemon

@Suite struct CacheDirectivesTests {
  @Test func directivesAreReadFromEveryLine() {
    let directives = CacheDirectives(
      of: RequestGateTests.head(
        "Host: x", "Cache-Control: max-age=5, No-Store", "cache-control: min-fresh=\"3\",max-stale"))
    #expect(directives.maxAge == 5 && directives.noStore && directives.minFresh == 3 && directives.maxStale == .max)
    #expect(!directives.noCache && !directives.onlyIfCached)
  }

  @Test func pragmaCountsOnlyWithoutCacheControl() {
    #expect(CacheDirectives(of: RequestGateTests.head("Host: x", "Pragma: no-cache")).noCache)
    #expect(
      !CacheDirectives(of: RequestGateTests.head("Host: x", "Pragma: no-cache", "Cache-Control: max-age=1")).noCache)
  }

  @Test func anAgeThatIsNoNumberMeansStale() {
    #expect(CacheDirectives(of: HTTPFields([.init(name: .cacheControl, value: "max-age=soon")])).maxAge == 0)
  }
}
