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

  /// A question, without an end of line.
  static func prompt(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))  // nobody is left to ask
  }

  /// One line that is written over, on a terminal only.
  static func progress(_ text: String, isLast: Bool) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    let line = "\r\u{1B}[K\(text)\(isLast ? "\n" : "")"
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))  // nobody is left to tell
  }

  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether text may be styled: on a terminal that can, unless the user says no (https://no-color.org).
  static var isStyled: Bool {
    let environment = ProcessInfo.processInfo.environment
    return outputIsTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }

  static func bold(_ text: String) -> String { isStyled ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

  static func dim(_ text: String) -> String { isStyled ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

  /// Prints text that may be longer than the terminal is high: then through `$PAGER`, or `less` when it says nothing.
  static func page(_ text: String) {
    let height = rows
    guard outputIsTerminal, height > 0, text.utf8.count(where: { $0 == 0x0A }) >= height, showInPager(text) else {
      return print(text)
    }
  }

  /// - Returns: false: there is no pager.
  private static func showInPager(_ text: String) -> Bool {
    var environment = ProcessInfo.processInfo.environment
    let pager = environment["PAGER"] ?? "less"
    guard !pager.isEmpty, pager != "cat" else { return false }
    // Styles as they are, and no screen of its own for what fits.
    environment["LESS"] = environment["LESS"] ?? "FRX"
    guard let (process, input) = start(pager, environment) else { return false }
    // A reader who leaves early ends the writing, not this program.
    signal(SIGPIPE, SIG_IGN)
    try? input.write(contentsOf: Data((text + "\n").utf8))  // the reader has left
    try? input.close()  // as above
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    // The shell's word for a command that it did not find.
    return status >> 8 & 0xFF != 127
  }

  /// In this process's group, so that it may read the terminal: `Process` would give it one of its own, and it would stop.
  private static func start(_ pager: String, _ environment: [String: String]) -> (pid_t, FileHandle)? {
    var ends: [CInt] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    for end in ends { posix_spawn_file_actions_addclose(&actions, end) }
    let arguments: [UnsafeMutablePointer<CChar>?] = ["sh", "-c", pager].map { (text: String) in strdup(text) } + [nil]
    let variables: [UnsafeMutablePointer<CChar>?] =
      environment.map { name, value in strdup("\(name)=\(value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var process = pid_t()
    guard posix_spawn(&process, "/bin/sh", &actions, nil, arguments, variables) == 0 else {
      close(ends[1])
      return nil
    }
    return (process, FileHandle(fileDescriptor: ends[1], closeOnDealloc: false))
  }

  /// Lines of the terminal; 0 where there is none.
  private static var rows: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_row) : 0
  }

  /// Columns of the terminal; 100 where there is none.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
    return Int(size.ws_col)
  }

  /// Text on one line without control characters (a title may hold escape sequences), cut to `columns`.
  static func line(_ text: String, columns: Int) -> String {
    let plain = harmless(String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }))
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
