import Testing

@testable import Daemon

@Suite struct UpstreamHealthTests {
  let start = ContinuousClock.now

  @Test func oneDefiniteFailureMeansOffline() {
    var health = UpstreamHealth()
    let changed = health.failed(.definite(cause: "refused"), at: start)
    #expect(changed && health.state == .offline && health.handshakeProves)
    #expect(health.cause == "refused" && health.since == start)
  }

  @Test func oneSoftFailureMeansSuspect() {
    var health = UpstreamHealth()
    health.failed(.soft(cause: "503", silent: false), at: start)
    #expect(health.state == .suspect && health.prefersMirror && !health.handshakeProves)
  }

  @Test(arguments: [(Duration.seconds(30), UpstreamHealth.State.offline), (.milliseconds(30_001), .suspect)])
  func twoSoftFailuresMeanOfflineOnlyWithinTheWindow(apart: Duration, state: UpstreamHealth.State) {
    var health = UpstreamHealth()
    health.failed(.soft(cause: "503", silent: false), at: start)
    health.failed(.soft(cause: "503", silent: false), at: start + apart)
    #expect(health.state == state)
  }

  @Test func theFirstAnswerMeansOnline() {
    var health = UpstreamHealth()
    health.failed(.definite(cause: "dns"), at: start)
    let changed = health.succeeded(at: .now)
    #expect(changed && health.state == .online && health.cause == nil && health.nextProbe == nil)
    let changedAgain = health.succeeded(at: .now)
    #expect(!changedAgain)
  }

  @Test func aSoftFailureDoesNotEndADefiniteOutage() {
    var health = UpstreamHealth()
    health.failed(.definite(cause: "refused"), at: start)
    health.failed(.soft(cause: "headTimeout", silent: true), at: start + .seconds(1))
    // Something accepts connections again, so a handshake proves nothing any more.
    #expect(health.state == .offline && !health.handshakeProves)
  }

  @Test(arguments: [(Duration.milliseconds(10), false), (.seconds(1), true), (.seconds(31), false)])
  func silenceIsConfirmedByASecondOneAtAnotherTime(apart: Duration, isSilent: Bool) {
    var health = UpstreamHealth()
    health.failed(.soft(cause: "slow", silent: true), at: start)
    #expect(!health.isSilent)
    health.failed(.soft(cause: "slow", silent: true), at: start + apart)
    #expect(health.isSilent == isSilent)
  }

  @Test func anAnswerEndsTheSilence() {
    var health = UpstreamHealth()
    health.failed(.soft(cause: "slow", silent: true), at: start)
    health.failed(.soft(cause: "slow", silent: true), at: start + .seconds(2))
    _ = health.succeeded(at: .now)
    #expect(!health.isSilent)
  }

  @Test func probesComeAfterOneSecondAndDoubleToFifteen() {
    var health = UpstreamHealth()
    health.failed(.definite(cause: "refused"), at: start)
    var now = start
    var gaps: [Duration] = []
    for _ in 0..<7 {
      let due = health.nextProbe!
      let (early, inTime) = (health.takeProbe(at: due - .milliseconds(1)), health.takeProbe(at: due))
      #expect(!early && inTime)
      gaps.append(due - now)
      now = due
    }
    #expect(gaps == [1, 2, 4, 8, 15, 15, 15].map { .seconds($0) })
  }

  @Test func repeatedFailuresDoNotPutTheProbeOff() {
    var health = UpstreamHealth()
    health.failed(.definite(cause: "refused"), at: start)
    let due = health.nextProbe
    health.failed(.definite(cause: "refused"), at: start + .milliseconds(500))
    #expect(health.nextProbe == due)
  }
}
