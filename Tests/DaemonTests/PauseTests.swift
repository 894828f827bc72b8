import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct PauseTests {
  @Test(arguments: [Duration.zero, .milliseconds(20), .milliseconds(2100)])
  func aPauseLastsAsLongAsItShould(span: Duration) async {
    let began = ContinuousClock.now
    await Pause.sleep(for: span)
    #expect(began.duration(to: .now) >= span)
  }

  @Test func aCancelledPauseEnds() async {
    let pause = Task { await Pause.sleep(for: .seconds(3600)) }
    pause.cancel()
    await pause.value
  }
}
