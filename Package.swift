// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "chatroutesd",
  products: [
  ],
  dependencies: [
    // The ecosystem's words for requests, responses and fields.
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
  ],
  targets: [
    // Bytes <-> HTTP/1.1 and SSE values.
    .target(name: "WireFormats", dependencies: ["CZlib", .httpTypes]),
    // Debian's zlib: the mirror's copy of a gzip answer is unpacked with it.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    .testTarget(name: "WireFormatsTests", dependencies: ["WireFormats", .httpTypes]),
  ]
)

extension Target.Dependency {
  static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
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
