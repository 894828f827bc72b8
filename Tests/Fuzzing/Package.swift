// swift-tools-version: 6.2
import PackageDescription

// Apart from the package it fuzzes, so that neither building nor testing that one needs libFuzzer: see scripts/fuzz.
let package = Package(
  name: "Fuzzing",
  dependencies: [
    // What WireFormats needs, nothing more.
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0")
  ],
  targets: [
    // The program: libFuzzer's loop around the invariants.
    .executableTarget(name: "fuzz", dependencies: ["Invariants", "CFuzzer"]),
    // What must hold for any bytes. WireFormatsTests compiles the same files for the seeds.
    .target(name: "Invariants", dependencies: ["WireFormats", .httpTypes]),
    // The sources under test, built once more: only they are instrumented, so only they steer the search.
    .target(name: "WireFormats", dependencies: ["CZlib", .httpTypes]),
    // The one function of libFuzzer that is called.
    .systemLibrary(name: "CFuzzer"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  ]
)

extension Target.Dependency {
  static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
}

for target in package.targets where target.type != .system {
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
  ]
  if target.name == "WireFormats" { target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer"])) }
  // The linker that comes with Swift, for gold fails on libFuzzer with AddressSanitizer.
  if target.name == "fuzz" { target.linkerSettings = [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])] }
}
