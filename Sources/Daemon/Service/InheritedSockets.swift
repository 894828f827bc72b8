internal import Foundation

/// Listening sockets that the service manager opened before it started the daemon (sd_listen_fds(3)).
public struct InheritedSockets: Sendable {
  /// Those that apps connect to.
  let apps: [CInt]
  /// The one called `control` in its unit (`FileDescriptorName=`), where the mode is switched.
  let control: CInt?

  /// None.
  public init() { self.init([], names: nil) }

  /// Those that `$LISTEN_FDS` tells of, if they are meant for this process.
  public init(environment: [String: String]) { self.init(environment: environment, pid: getpid()) }

  init(environment: [String: String], pid: Int32) {
    guard environment["LISTEN_PID"] == "\(pid)", let count = environment["LISTEN_FDS"].flatMap({ CInt($0) }),
      (1...Self.countMax).contains(count)
    else {
      self.init([], names: nil)
      return
    }
    let names = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    self.init(Array(Self.first..<Self.first + count), names: names)
  }

  /// Names that are not one for each socket name none.
  private init(_ descriptors: [CInt], names: [String]?) {
    let named = names.flatMap { $0.count == descriptors.count ? $0.firstIndex(of: Self.controlName) : nil }
    let control = named.map { descriptors[$0] }
    (apps, self.control) = (descriptors.filter { $0 != control }, control)
  }

  private static let controlName = "control"
  /// After standard input, output and error.
  private static let first: CInt = 3
  /// More than anybody needs.
  private static let countMax: CInt = 64
}
