import Foundation

/// Small pieces of text that several pages share.
enum Wording {
  /// Longer titles are cut: a list stays a list whatever was sent as a title.
  static let titleScalarsMax = 300
  /// A browser's tab shows fewer still.
  static let tabTitleScalarsMax = 120

  /// The text itself, or its first `scalarsMax` Unicode scalars and an ellipsis.
  static func clipped(_ text: String, to scalarsMax: Int) -> String {
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: scalarsMax, limitedBy: scalars.endIndex),
      end < scalars.endIndex
    else { return text }
    return String(scalars[..<end]) + "…"
  }

  /// The name of a branch; the main one needs no title.
  static func branch(_ title: String, isMain: Bool) -> String {
    let isBlank = !title.contains { !$0.isWhitespace }
    return isBlank ? isMain ? "Main" : "Untitled" : title
  }

  /// A title to show, isolated from the direction of the text around it.
  static func title(_ text: String) -> HTML {
    guard text.contains(where: { !$0.isWhitespace }) else { return "<bdi class=\"untitled\">Untitled</bdi>" }
    return "<bdi>\(clipped(text, to: titleScalarsMax))</bdi>"
  }

  /// As `title`, in an element that has a direction of its own: it takes the text's.
  static func heading(_ text: String) -> HTML {
    guard text.contains(where: { !$0.isWhitespace }) else { return "<span class=\"untitled\">Untitled</span>" }
    return "\(clipped(text, to: titleScalarsMax))"
  }

  /// What a message begins with, on one line and without its most common marks of Markdown: to know it again by.
  static func gist(_ text: String, to scalarsMax: Int) -> String {
    let line = clipped(text, to: 4 * scalarsMax)
      .split(whereSeparator: { $0.isWhitespace || $0.isNewline }).filter { !$0.allSatisfy("#>-*+=|`".contains) }
      .joined(separator: " ")
    return clipped(line.replacing("**", with: "").replacing("__", with: "").replacing("`", with: ""), to: scalarsMax)
  }

  /// A title where no element can isolate it: the marks that turn the direction of text are left out.
  static func tabTitle(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    for scalar in clipped(text, to: tabTitleScalarsMax).unicodeScalars where !isDirectionMark(scalar) {
      plain.append(scalar)
    }
    return String(plain)
  }

  private static func isDirectionMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  static func role(_ role: String) -> String {
    switch role {
    case "user": "You"
    case "assistant": "Assistant"
    case "system": "System"
    default: clipped(role, to: 40)
    }
  }

  /// `1 message`, `1,204 messages`.
  static func count(_ number: Int, _ singular: String, _ plural: String) -> String {
    "\(grouped(number)) \(number == 1 ? singular : plural)"
  }

  /// `1,204`.
  static func grouped(_ number: Int) -> String {
    var text = ""
    let digits = String(number.magnitude)
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return number < 0 ? "-" + text : text
  }

  /// `$0.0123`: four places, since an answer costs little; what is no number of a sensible size is not shown as one.
  static func dollars(_ amount: Double) -> String {
    guard amount.isFinite, abs(amount) < 1e12 else { return "?" }
    let places = Int((abs(amount) * 10_000).rounded())
    let fraction = String(places % 10_000)
    let sign = amount < 0 && places > 0 ? "-" : ""
    return "\(sign)$\(grouped(places / 10_000)).\(String(repeating: "0", count: 4 - fraction.count))\(fraction)"
  }

  /// A moment as people and machines read it, in UTC; nil: outside the years 1 to 9999, so not a date anyone meant.
  static func time(_ date: Date?) -> HTML? {
    guard let date, let utc = CalendarTime(date) else { return nil }
    return "<time datetime=\"\(utc.machineText)\">\(utc.humanText)</time>"
  }

  /// Facts that are there, with a dot between them.
  static func facts(_ facts: [HTML?]) -> HTML {
    var html = HTML()
    for fact in facts.compactMap(\.self) { html += "<li>\(fact)</li>" }
    return "<ul class=\"facts\">\(html)</ul>"
  }
}
