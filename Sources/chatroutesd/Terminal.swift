import Foundation

/// What people see: answers on standard output, everything else on standard error.
enum Terminal {
  static func print(_ text: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))  // nobody is left to tell
  }

  static func write(_ text: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))  // nobody is left to tell
  }

  static func error(_ text: String) {
    note("chatroutesd: \(text)")
  }

  static func note(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))  // nobody is left to tell
  }

  /// One line that is written over, on a terminal only.
  static func progress(_ text: String, isLast: Bool) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    let line = "\r\u{1B}[K\(text)\(isLast ? "\n" : "")"
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))  // nobody is left to tell
  }

  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Columns of the terminal; 100 where there is none.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
    return Int(size.ws_col)
  }

  /// Text on one line without control characters (a title may hold escape sequences), cut to `columns`.
  static func line(_ text: String, columns: Int) -> String {
    let plain = harmless(text.replacing("\n", with: " "))
    guard plain.count > columns else { return plain }
    return plain.prefix(max(0, columns - 1)) + "…"
  }

  /// Text whose control characters and bidirectional overrides cannot act on the terminal; line ends and tabs stay.
  static func harmless(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          let isControl = scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
          let isOverride = ("\u{202A}"..."\u{202E}").contains(scalar) || ("\u{2066}"..."\u{2069}").contains(scalar)
          return isControl || isOverride ? "\u{FFFD}" : scalar
        }))
  }
}
