internal import Glibc

/// Why the server cannot listen.
public struct ListenError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
  /// The machine lacks the address or its whole family.
  public let isForLackOfAddress: Bool

  init(_ address: some CustomStringConvertible, _ reason: String) {
    self.init(text: "cannot listen on \(address): \(reason)")
  }

  init(_ address: ListenAddress, code: CInt) {
    self.init(
      text: "cannot listen on \(address): \(Self.advice(code))",
      isForLackOfAddress: code == EADDRNOTAVAIL || code == EAFNOSUPPORT)
  }

  init(noEventLoop code: CInt) {
    self.init(text: "cannot make an event loop: \(System.text(code)). Raise the limit of open files (ulimit -n).")
  }

  private init(text: String, isForLackOfAddress: Bool = false) {
    description = text
    self.isForLackOfAddress = isForLackOfAddress
  }

  private static func advice(_ code: CInt) -> String {
    switch code {
    case EADDRINUSE: "address in use. Is another chatroutesd running? See --listen."
    case EACCES, EPERM: "permission denied. Choose a port above 1023, or a directory you may write to. See --listen."
    case EADDRNOTAVAIL: "this machine has no such address. See --listen."
    case ENOENT: "the directory does not exist. Create it, or see --listen."
    case EAFNOSUPPORT: "this machine does not speak this kind of address. See --listen."
    case EMFILE, ENFILE: "too many open files. Raise the limit (ulimit -n)."
    default: "\(System.text(code)). See --listen."
    }
  }
}
