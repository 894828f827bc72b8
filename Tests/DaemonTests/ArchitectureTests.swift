import Foundation
import Testing

/// The arrows between targets, as the architecture has them: who may import whom, and what never appears where.
@Suite struct ArchitectureTests {
  /// Our own targets and the own targets each may import.
  static let arrows: [String: Set<String>] = [
    "chatroutesd": ["Daemon", "Sandbox", "ChatRoutes", "LocalServer"],
    "Daemon": ["ChatRoutes", "MirrorStore", "LocalServer", "Browser", "WireFormats"],
    "Sandbox": ["LocalServer", "WireFormats"],
    "ChatRoutes": ["WireFormats"],
    "LocalServer": ["WireFormats", "CLinux"],
    "WireFormats": ["CZlib"],
    "MirrorStore": [],
    "Browser": ["CMarkGFM"],
    "CommitPlugin": [],
  ]

  /// Targets without Swift.
  static let cTargets: Set<String> = ["CLinux", "CZlib", "CMarkGFM"]

  /// Modules from outside that only these targets may import.
  static let reserved: [String: Set<String>] = [
    "GRDB": ["MirrorStore"], "AsyncHTTPClient": ["ChatRoutes"], "NIOCore": ["ChatRoutes"], "NIOPosix": ["ChatRoutes"],
    "NIOSSL": ["ChatRoutes"], "NIOHTTP1": ["ChatRoutes"], "NIOTLS": ["ChatRoutes"], "NIOExtras": ["ChatRoutes"],
    "Yams": ["Daemon"],
    "ArgumentParser": ["chatroutesd"],
    "Glibc": ["LocalServer", "ChatRoutes", "MirrorStore"], "SQLite3": [],
  ]

  static var root: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }

  @Test(arguments: arrows.keys.sorted())
  func importsFollowTheArrows(target: String) throws {
    let imports = try Self.imports(of: target)
    #expect(!imports.isEmpty, "no source found: the check would pass for nothing")
    for (file, module) in imports {
      if Self.arrows.keys.contains(module) || Self.cTargets.contains(module) {
        #expect(Self.arrows[target]!.contains(module), "\(file) imports \(module)")
      }
      if let allowed = Self.reserved[module] {
        #expect(allowed.contains(target), "\(file) imports \(module)")
      }
    }
  }

  @Test func wireFormatsKnowsNoFoundationAndNoConcurrency() throws {
    for (file, text) in try Self.sources(of: "WireFormats") {
      #expect(!text.contains("import Foundation"), "\(file)")
      #expect(!text.contains(" async "), "\(file)")
    }
  }

  @Test func everyTargetOfTheFolderIsInTheTable() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path)
    #expect(Set(folders) == Set(Self.arrows.keys).union(Self.cTargets))
  }

  private static func sources(of target: String) throws -> [(file: String, text: String)] {
    let folder = root.appending(path: "Sources/\(target)")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    var found: [(String, String)] = []
    for case let file as URL in files! where file.pathExtension == "swift" {
      found.append((file.lastPathComponent, try String(contentsOf: file, encoding: .utf8)))
    }
    #expect(!found.isEmpty)
    return found
  }

  private static func imports(of target: String) throws -> [(file: String, module: String)] {
    let line =
      /^(?:(?:public|internal|package|private|fileprivate|@testable|@preconcurrency) )*import (?:(?:struct|class|enum|func|protocol|var) )?(\w+)/
    return try sources(of: target).flatMap { file, text in
      text.split(separator: "\n").compactMap { text in
        (try? line.firstMatch(in: text)).flatMap { $0 }.map { (file, String($0.output.1)) }
      }
    }
  }
}
