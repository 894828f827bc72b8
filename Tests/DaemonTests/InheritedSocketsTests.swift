import Testing

@testable import Daemon

@Suite struct InheritedSocketsTests {
  @Test(
    arguments: [
      ([:], [], nil), (["LISTEN_PID": "7", "LISTEN_FDS": "2"], [3, 4], nil),
      (["LISTEN_PID": "8", "LISTEN_FDS": "2"], [], nil), (["LISTEN_FDS": "2"], [], nil),
      (["LISTEN_PID": "7", "LISTEN_FDS": "0"], [], nil), (["LISTEN_PID": "7", "LISTEN_FDS": "65"], [], nil),
      (["LISTEN_PID": "7", "LISTEN_FDS": "x"], [], nil), (["LISTEN_PID": "7", "LISTEN_FDS": "-1"], [], nil),
      (["LISTEN_PID": "7", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "http:control:http"], [3, 5], 4),
      (["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "control"], [3, 4], nil),
      (["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "control:control"], [4], 3),
    ] as [([String: String], [CInt], CInt?)])
  func whatTheEnvironmentTellsOf(_ environment: [String: String], _ apps: [CInt], _ control: CInt?) {
    let sockets = InheritedSockets(environment: environment, pid: 7)
    #expect(sockets.apps == apps && sockets.control == control)
  }
}
