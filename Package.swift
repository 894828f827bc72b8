// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "chatroutesd",
  products: [
  ],
  dependencies: [
    // The ecosystem's words for requests, responses and fields.
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    // Logging front end; the journald handler behind it is ours.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // Listen, accept, speak HTTP/1.1 to a handler.
    .target(name: "LocalServer", dependencies: ["WireFormats", "CLinux", .httpTypes, .logging]),
    // Bytes <-> HTTP/1.1 and SSE values.
    .target(name: "WireFormats", dependencies: ["CZlib", .httpTypes]),
    // epoll, eventfd, accept4: what the Glibc module lacks.
    .target(name: "CLinux"),
    // Debian's zlib: the mirror's copy of a gzip answer is unpacked with it.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    .testTarget(name: "WireFormatsTests", dependencies: ["WireFormats", .httpTypes]),
    .testTarget(
      name: "LocalServerTests", dependencies: ["LocalServer", "WireFormats", "CLinux", .httpTypes, .logging]),
  ]
)

extension Target.Dependency {
  static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
  static let logging = product(name: "Logging", package: "swift-log")
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
