import Testing

@testable import ChatRoutes

@Suite struct ProxyAddressTests {
  @Test(arguments: [
    ("http://proxy.test:3128", "proxy.test", 3128, nil as String?),
    ("http://proxy.test:3128/", "proxy.test", 3128, nil),
    ("proxy.test:3128", "proxy.test", 3128, nil), ("HTTP://10.0.0.1:80", "10.0.0.1", 80, nil),
    ("http://[fe80::1]:8080", "fe80::1", 8080, nil), ("http://n:p@proxy.test:1", "proxy.test", 1, "n p"),
    ("http://n%40corp:p%3A%2F@proxy.test:1", "proxy.test", 1, "n@corp p:/"),
    ("http://n:@proxy.test:1", "proxy.test", 1, "n "), ("http://n@proxy.test:1", "proxy.test", 1, "n "),
    ("http://proxy.test", "proxy.test", 80, nil), ("proxy.test", "proxy.test", 80, nil),
  ])
  func addressesAreRead(text: String, host: String, port: Int, user: String?) throws {
    let address = try ProxyAddress(parsing: text)
    #expect(address.host == host && address.port == port)
    #expect(address.user.map { "\($0.name) \($0.password)" } == user)
  }

  @Test(arguments: [
    "", "http://", "https://proxy.test:1", "socks5://proxy.test:1",
    "http://proxy.test:0",
    "http://proxy.test:1/path", "http://proxy.test:99999", "http://n:%zz@proxy.test:1",
    "http://a b:1",
  ])
  func othersAreRefused(text: String) {
    #expect(throws: ProxyAddressError.self) { try ProxyAddress(parsing: text) }
  }

  @Test func thePasswordIsNeverShown() throws {
    let address = try ProxyAddress(parsing: "http://name:canary@proxy.test:1")
    var dumped = ""
    dump(address, to: &dumped)
    #expect(!"\(address) \(String(reflecting: address)) \(dumped)".contains("canary"))
  }

  /// The origin is https://api.corp.test:8443.
  @Test(arguments: [
    ("", false), ("*", true), ("api.corp.test", true), ("corp.test", true), (".corp.test", true), ("*.corp.test", true),
    ("API.Corp.Test", true), ("other.test, corp.test", true), ("orp.test", false), ("pi.corp.test", false),
    ("api.corp.test:8443", true), ("api.corp.test:443", false), (".corp.test:8443", true), (".", false), (",", false),
    ("test", true), ("[::1]", false), ("fe80::1", false),
  ])
  func namesAreTakenOut(list: String, isTakenOut: Bool) throws {
    #expect(ProxyAddress.isTakenOut(try Origin(parsing: "https://api.corp.test:8443"), by: list) == isTakenOut)
  }

  @Test(arguments: [
    ("https://[fe80::1]", "fe80::1", true), ("https://[fe80::1]", "[fe80::1]", true),
    ("https://[fe80::1]", "[fe80::1]:443", true),
    ("https://[fe80::1]", "[fe80::1]:80", false), ("https://10.0.0.7", "10.0.0.7", true),
    ("https://10.0.0.71", "10.0.0.7", false),
    ("https://localhost:1", "", true), ("https://127.0.0.1:1", "", true), ("https://[::1]", "", true),
  ])
  func addressesAreTakenOut(origin: String, list: String, isTakenOut: Bool) throws {
    #expect(ProxyAddress.isTakenOut(try Origin(parsing: origin), by: list) == isTakenOut)
  }

  @Test func theEnvironmentNamesOne() throws {
    func found(_ environment: [String: String], _ origin: String = "https://a.test") throws -> String? {
      try ProxyAddress(environment: environment, for: origin).map { "\($0)" }
    }
    #expect(try found([:]) == nil && found(["HTTPS_PROXY": ""]) == nil)
    #expect(try found(["https_proxy": "http://p.test:1"]) == "http://p.test:1")
    #expect(try found(["HTTPS_PROXY": "http://p.test:1", "https_proxy": "http://q.test:1"]) == "http://p.test:1")
    #expect(try found(["HTTPS_PROXY": "http://p.test:1", "no_proxy": "a.test"]) == nil)
    #expect(try found(["HTTPS_PROXY": "http://p.test:1"], "http://a.test") == nil)
    #expect(try found(["HTTPS_PROXY": "http://p.test:1"], "unix:/run/x") == nil)
    #expect(throws: ProxyAddressError.self) { try found(["HTTPS_PROXY": "no sense"]) }
  }
}
