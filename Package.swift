// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "chatroutesd",
  products: [
    .executable(name: "chatroutesd", targets: ["chatroutesd"]),
    // The SDK core stands alone: an app that needs no daemon depends on this product only.
    .library(name: "ChatRoutes", targets: ["ChatRoutes"]),
    // The server and its parsers know nothing of ChatRoutes: others may take them out.
    .library(name: "LocalServer", targets: ["LocalServer"]),
    .library(name: "WireFormats", targets: ["WireFormats"]),
    // For Benchmarks/ only: nested packages see nothing but products.
    .library(name: "MirrorStore", targets: ["MirrorStore"]),
  ],
  dependencies: [
    // Upstream HTTP and TLS: back-pressure, no process-wide state, measured 8x cheaper than URLSession on Linux.
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    // Named by us (AsyncHTTPClient brings it): header types, and one handler that sends targets byte for byte.
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    // Named by us (AsyncHTTPClient brings it): the TLS handshake that tells whether upstream is back.
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    // Named by us (AsyncHTTPClient brings it): the CONNECT of a probe that goes through a proxy.
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    // SQLite with migrations, a writer and parallel readers; costs ~1 % over raw C.
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    // The ecosystem's words for requests, responses and fields.
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    // Command line: parsing, help, completions.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Logging front end; the journald handler behind it is ours.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    // Ordered start and the SIGTERM drain.
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    // Configuration file with positions for errors.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // HMAC of credentials, content hashes.
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    // The command: argument parsing, then one call.
    .executableTarget(
      name: "chatroutesd", dependencies: ["Daemon", "Sandbox", "ChatRoutes", .argumentParser], plugins: ["CommitPlugin"]
    ),
    // `--version` names the commit.
    .plugin(name: "CommitPlugin", capability: .buildTool(), path: "Sources/CommitPlugin"),
    // The decisions: gate, routes, read policy, relay, offline detection, settings.
    .target(
      name: "Daemon",
      dependencies: [
        "ChatRoutes", "MirrorStore", "LocalServer", "Browser", "WireFormats",
        .httpTypes, .logging, .serviceLifecycle, .unixSignals, .yams, .crypto,
      ]),
    // A faithful local ChatRoutes API for the demo and the tests.
    .target(name: "Sandbox", dependencies: ["LocalServer", "WireFormats", .httpTypes, .crypto]),
    // The API as Swift types; publishable alone.
    .target(
      name: "ChatRoutes",
      dependencies: [
        "WireFormats", .asyncHTTPClient, .nioCore, .nioPosix, .nioHTTP1, .nioSSL, .nioTLS, .nioExtras, .httpTypes,
      ]),
    // The local copy: schema, named reads and writes.
    .target(name: "MirrorStore", dependencies: [.grdb]),
    // Listen, accept, speak HTTP/1.1 to a handler.
    .target(name: "LocalServer", dependencies: ["WireFormats", "CLinux", .httpTypes, .logging]),
    // Pages and pictures from values.
    .target(name: "Browser", dependencies: ["CMarkGFM"]),
    // Bytes <-> HTTP/1.1 and SSE values.
    .target(name: "WireFormats", dependencies: ["CZlib", .httpTypes]),
    // epoll, eventfd, accept4: what the Glibc module lacks.
    .target(name: "CLinux"),
    // Debian's zlib: the mirror's copy of a gzip answer is unpacked with it.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // Debian's cmark-gfm: it finds the structure of messages, which are Markdown.
    .systemLibrary(
      name: "CMarkGFM", pkgConfig: "libcmark-gfm",
      providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),

    .testTarget(name: "WireFormatsTests", dependencies: ["WireFormats", .httpTypes]),
    .testTarget(
      name: "LocalServerTests", dependencies: ["LocalServer", "WireFormats", "CLinux", .httpTypes, .logging]),
    .testTarget(
      name: "ChatRoutesTests",
      dependencies: [
        "ChatRoutes", "WireFormats", .asyncHTTPClient, .httpTypes, .nioCore, .nioPosix, .nioHTTP1, .nioSSL, .nioTLS,
      ]),
    .testTarget(name: "MirrorStoreTests", dependencies: ["MirrorStore", .grdb]),
    .testTarget(name: "BrowserTests", dependencies: ["Browser", .crypto]),
    .testTarget(name: "SandboxTests", dependencies: ["Sandbox", "LocalServer", "WireFormats", .httpTypes]),
    .testTarget(
      name: "DaemonTests",
      dependencies: [
        "Daemon", "ChatRoutes", "MirrorStore", "LocalServer", "Sandbox", "WireFormats", .httpTypes, .logging,
        .serviceLifecycle, .crypto, .grdb,
      ]),
    // The promises, against the running binary.
    .testTarget(name: "EndToEndTests", dependencies: ["chatroutesd"], exclude: ["clients"]),
  ]
)

extension Target.Dependency {
  static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
  static let nioCore = product(name: "NIOCore", package: "swift-nio")
  static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
  static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
  static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
  static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
  static let nioExtras = product(name: "NIOExtras", package: "swift-nio-extras")
  static let grdb = product(name: "GRDB", package: "GRDB.swift")
  static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
  static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
  static let logging = product(name: "Logging", package: "swift-log")
  static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
  static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
  static let yams = product(name: "Yams", package: "Yams")
  static let crypto = product(name: "Crypto", package: "swift-crypto")
}

// One loop: the same language mode, upcoming features and "warnings are errors" for every Swift target of ours.
for target in package.targets where ![.system, .plugin, .binary].contains(target.type) && target.name != "CLinux" {
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
  ]
}
