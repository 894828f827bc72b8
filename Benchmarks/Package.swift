// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Benchmarks",
  dependencies: [
    // What is measured.
    .package(name: "chatroutesd", path: ".."),
    // Statistics over many runs and comparison with baselines. Without its traits it needs no allocator of its own.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    // The heads that are encoded.
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
  ],
  targets: [
    // Bytes <-> HTTP/1.1 and SSE values.
    .executableTarget(
      name: "WireFormatsBenchmarks", dependencies: [.wireFormats, .httpTypes, "CDeflate", .benchmark]),
    // What the server does for an answer apart from system calls.
    .executableTarget(name: "LocalServerBenchmarks", dependencies: [.localServer, .httpTypes, .benchmark]),
    // Reads, search and ingest on a file with 1,000,000 messages.
    .executableTarget(name: "MirrorStoreBenchmarks", dependencies: [.mirrorStore, .benchmark]),
    // The half of zlib that packs what the Inflater unpacks.
    .systemLibrary(name: "CDeflate", path: "CDeflate", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  ]
)

extension Target.Dependency {
  static let wireFormats = product(name: "WireFormats", package: "chatroutesd")
  static let localServer = product(name: "LocalServer", package: "chatroutesd")
  static let mirrorStore = product(name: "MirrorStore", package: "chatroutesd")
  static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
  static let benchmark = product(name: "Benchmark", package: "benchmark")
}

// One loop: what makes a target a benchmark, and the Swift settings of the package that is measured.
for target in package.targets where target.type == .executable {
  target.path = target.name
  target.plugins = [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
  ]
}
