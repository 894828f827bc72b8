import Testing

@testable import Daemon

@Suite struct FailureTests {
  private struct Surprise: Error {
    let secret = "cr_prod_sk_canary"
  }

  /// The client is told to look into the log: so something must be there, and nothing of what the error holds.
  @Test func aSurpriseIsForTheLog() {
    let failure = Failure(Surprise())
    #expect(failure.status == 500 && failure.message.contains("See its log"))
    #expect(failure.unexpected == "Surprise")
    #expect(!failure.message.contains("canary"))
  }

  @Test func goingDownIsNoFault() {
    let failure = Failure(CancellationError())
    #expect(failure.status == 503 && failure.retryAfter == 1 && failure.closesConnection)
    #expect(failure.unexpected == nil)
  }
}
