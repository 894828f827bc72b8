import Foundation
import Testing

@testable import Browser

@Suite struct StyleSheetTests {
  private static let sheet = String(decoding: Pages.styleSheet, as: UTF8.self)

  enum Scheme: String, CaseIterable, Sendable {
    case light, dark

    /// The colours that the sheet declares for it, by name.
    var colours: [String: String] {
      let halves = StyleSheetTests.sheet.components(separatedBy: "@media (prefers-color-scheme: dark)")
      let half = self == .light ? halves[0] : halves[1]
      return Dictionary(
        uniqueKeysWithValues: half.matches(of: /--([a-z-]+): (#[0-9a-f]{6});/).map { (String($0.1), String($0.2)) })
    }
  }

  @Test(arguments: Scheme.allCases) func everyInkCanBeReadOnEveryGround(_ scheme: Scheme) throws {
    let inks = scheme.colours.filter { $0.key.hasPrefix("ink") }
    let grounds = scheme.colours.filter { $0.key.hasPrefix("ground") }
    #expect(inks.count == 5 && grounds.count == 4)
    for (ink, inkColour) in inks {
      for (ground, groundColour) in grounds {
        let contrast = try contrast(inkColour, groundColour)
        #expect(contrast >= 4.5, "\(ink) on \(ground): \(contrast)")
      }
    }
  }

  /// WCAG 2.2 §1.4.11: what shows the extent of a control.
  @Test(arguments: Scheme.allCases) func edgesOfControlsCanBeSeen(_ scheme: Scheme) throws {
    let edge = try #require(scheme.colours["edge"])
    for ground in ["ground", "ground-raised"] {
      #expect(try contrast(edge, #require(scheme.colours[ground])) >= 3)
    }
  }

  @Test func bothSchemesDeclareTheSameNames() {
    #expect(Set(Scheme.light.colours.keys) == Set(Scheme.dark.colours.keys))
  }

  @Test func coloursAreDeclaredInOnePlaceOnly() {
    let rules = Self.sheet.components(separatedBy: "*, *::before")[1]
    #expect(rules.matches(of: /#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(/).isEmpty)
    for value in rules.matches(of: /[^-](?:color|background): ([^;]+);/).map(\.1) {
      #expect(["var(--ink", "var(--ground", "currentColor"].contains { value.hasPrefix($0) }, "\(value)")
    }
    for name in rules.matches(of: /var\(--([a-z-]+)\)/).map({ String($0.1) }) {
      #expect(Scheme.light.colours[name] != nil || ["text", "display", "code"].contains(name), "\(name)")
    }
  }

  @Test func nothingIsLoaded() {
    #expect(!Self.sheet.contains("url(") && !Self.sheet.contains("@import"))
  }

  @Test func bracesAreBalanced() {
    var depth = 0
    for character in Self.sheet {
      depth += character == "{" ? 1 : character == "}" ? -1 : 0
      #expect(depth >= 0)
    }
    #expect(depth == 0)
  }

  /// WCAG 2.2: (L1 + 0.05) / (L2 + 0.05).
  private func contrast(_ one: String, _ other: String) throws -> Double {
    let (a, b) = (try luminance(one), try luminance(other))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  private func luminance(_ colour: String) throws -> Double {
    let number = try #require(Int(colour.dropFirst(), radix: 16))
    let weights = [(16, 0.2126), (8, 0.7152), (0, 0.0722)]
    return weights.reduce(0) { sum, weight in
      let part = Double(number >> weight.0 & 255) / 255
      return sum + weight.1 * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4))
    }
  }
}
